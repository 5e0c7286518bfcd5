import { Prisma } from '../db/generated/client.ts'
import { RequestError } from '../errors.ts'
import { type SoughtWord, soughtWords } from '../search-words.ts'

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

/** A query in SQL that all words match; of none that nothing does. */
export const matchingAll = (words: SoughtWord[], language: string): Prisma.Sql =>
  joined(words, language, ' && ')

/** A query in SQL that any of the words matches. */
export const matchingAny = (words: SoughtWord[], language: string): Prisma.Sql =>
  joined(words, language, ' || ')

/** A word that is complete is sought by its stem, one that may go on by its beginning as well. */
const joined = (words: SoughtWord[], language: string, operator: string): Prisma.Sql => {
  if (words.length === 0) return Prisma.sql`''::tsquery`
  const each = words.map(({ word, isPrefix }) => {
    // Words hold letters and digits alone: the quotes are for those that are operators of PostgreSQL.
    const exact = Prisma.sql`to_tsquery('simple', ${`'${word}'${isPrefix ? ':*' : ''}`})`
    if (language === 'simple') return exact
    const stem = Prisma.sql`to_tsquery(${language}::text::regconfig, ${`'${word}'`})`
    return isPrefix ? Prisma.sql`(${stem} || ${exact})` : stem
  })
  return Prisma.join(each, operator, '(', ')')
}
