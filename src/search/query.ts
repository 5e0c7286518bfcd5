import type { Tx } from '../db/client.ts'
import { Prisma } from '../db/generated/client.ts'
import { RequestError } from '../lib/errors.ts'
import { type SoughtWord, soughtWords } from './words.ts'

// A sentence or two: nobody searches for more, and each word is a look-up.
const maxLength = 500

/**
 * What a caller searches for, as words alone: operators and signs are no part of it.
 *
 * @param argument the name of the argument, for the complaint.
 * @throws RequestError BAD_USER_INPUT when it is too long.
 */
export const readSearch = (text: string, argument: string): SoughtWord[] => {
  if (text.length > maxLength) {
    const message = `"${argument}" is ${text.length} characters long; at most ${maxLength} are allowed.`
    throw new RequestError('BAD_USER_INPUT', message)
  }
  return soughtWords(text)
}

/** What words find: the ids of the posts where they are few, else the words. */
export type SearchCondition = { few: string[] } | { query: Prisma.Sql }

/**
 * Looks words up, all searches in one statement. PostgreSQL takes every word that it has no statistics of for one that
 * half a percent of the posts have, and would read the newest posts until it has a page of a word that three have.
 */
export const lookUp = async (
  db: Tx,
  searches: SoughtWord[][],
  language: string,
): Promise<SearchCondition[]> => {
  if (searches.length === 0) return []
  const queries = searches.map((words) => matchingAll(words, language))
  const each = queries.map(
    (query, index) => Prisma.sql`
      (SELECT ${index}::int AS search, post_id AS id FROM post_search WHERE words @@ ${query} LIMIT ${maxFew + 1})`,
  )
  const rows = await db.$queryRaw<{ search: number; id: string }[]>(Prisma.join(each, ' UNION ALL '))
  const found = Map.groupBy(rows, (row) => row.search)
  return queries.map((query, index) => {
    const some = found.get(index) ?? []
    return some.length > maxFew ? { query } : { few: some.map(({ id }) => id) }
  })
}

/** The condition that a post is among what was found, on a table with an id and, for many, one of words. */
export const isFound = (found: SearchCondition, id: Prisma.Sql, words: Prisma.Sql): Prisma.Sql =>
  'few' in found ? Prisma.sql`${id} = ANY(${found.few}::text[])` : Prisma.sql`${words} @@ ${found.query}`

// Half a percent of 200,000 posts: more are met soon enough on the way through the newest.
const maxFew = 1_000

/** A query in SQL that all words match; of none one that nothing matches. */
export const matchingAll = (words: SoughtWord[], language: string): Prisma.Sql =>
  joined(words, language, ' && ')

/** A query in SQL that any of the words matches. */
export const matchingAny = (words: SoughtWord[], language: string): Prisma.Sql =>
  joined(words, language, ' || ')

/** A query in SQL that all words match within titles alone; of none one that nothing matches. */
export const matchingTitles = (words: SoughtWord[], language: string): Prisma.Sql =>
  joined(words, language, ' && ', 'A')

/** A word that is complete is sought by its stem, one that may go on by its beginning as well. */
const joined = (words: SoughtWord[], language: string, operator: string, weight = ''): Prisma.Sql => {
  if (words.length === 0) return Prisma.sql`''::tsquery`
  const each = words.map(({ word, isPrefix }) => {
    // Words hold letters and digits alone: the quotes are for those that are operators of PostgreSQL.
    const exact = Prisma.sql`to_tsquery('simple', ${`'${word}'${isPrefix || weight ? ':' : ''}${isPrefix ? '*' : ''}${weight}`})`
    if (language === 'simple') return exact
    const stem = Prisma.sql`to_tsquery(${language}::text::regconfig, ${`'${word}'${weight && `:${weight}`}`})`
    return isPrefix ? Prisma.sql`(${stem} || ${exact})` : stem
  })
  return Prisma.join(each, operator, '(', ')')
}
