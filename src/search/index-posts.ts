import type { Tx } from '../db/client.ts'
import { Prisma } from '../db/generated/client.ts'
import { kindNames, kinds } from '../taxonomy/kinds.ts'
import type { Write } from '../write/write.ts'
import { indexableWords } from './words.ts'

/** A post with the texts that it is found by. */
export type Findable = { id: string; title: string; excerptText: string; contentText: string }

/** Writes what posts are found by, the names of their terms included, in the transaction that saves them. */
export const indexPosts = async (tx: Tx, language: string, posts: Findable[]): Promise<void> => {
  if (posts.length === 0) return
  const ids = posts.map((post) => post.id)
  const names = await namesOf(tx, ids)
  const words = (textOf: (post: Findable) => string) => posts.map((post) => indexableWords(textOf(post)))
  await tx.$executeRaw`
    INSERT INTO post_search (post_id, language, words)
    SELECT id, ${language}::text,
      ${vectorOf(language, 'title', 'A')} || ${vectorOf(language, 'names', 'B')} ||
      ${vectorOf(language, 'excerpt', 'C')} || ${vectorOf(language, 'body', 'D')}
    FROM unnest(
      ${ids}::text[], ${words((post) => post.title)}::text[], ${ids.map((id) => names.get(id) ?? '')}::text[],
      ${words((post) => post.excerptText)}::text[], ${words((post) => post.contentText)}::text[]
    ) AS found(id, title, names, excerpt, body)
    ON CONFLICT (post_id) DO UPDATE SET language = EXCLUDED.language, words = EXCLUDED.words`
}

/** Writes the names anew by which posts are found, after one of their terms was renamed or taken off. */
export const indexNames = async ({ tx, site }: Pick<Write, 'tx' | 'site'>, ids: string[]): Promise<void> => {
  const inOrder = ids.toSorted()
  for (let start = 0; start < inOrder.length; start += postsAtOnce) {
    const some = inOrder.slice(start, start + postsAtOnce)
    const names = await namesOf(tx, some)
    await tx.$executeRaw`
      UPDATE post_search
      SET words = ts_filter(words, '{a,c,d}') || ${vectorOf(site.searchLanguage, 'names', 'B')}
      FROM unnest(${some}::text[], ${some.map((id) => names.get(id) ?? '')}::text[]) AS found(id, names)
      WHERE post_search.post_id = found.id`
  }
}

// About 100 KB of names.
const postsAtOnce = 1_000

/**
 * The words of a column with their weight, in SQL. In a language with stems both the stem and the word itself are there:
 * the beginning of a word need not be the beginning of its stem.
 */
const vectorOf = (language: string, column: string, weight: 'A' | 'B' | 'C' | 'D'): Prisma.Sql => {
  const text = Prisma.raw(`found.${column}`)
  const exact = Prisma.sql`to_tsvector('simple', ${text})`
  const both = Prisma.sql`${exact} || to_tsvector(${language}::text::regconfig, ${text})`
  return Prisma.sql`setweight(${language === 'simple' ? exact : both}, ${Prisma.raw(`'${weight}'`)})`
}

/**
 * The names of the terms of each post, in the written order: how near words are to each other counts in
 * a rank, and the same post has the same one whenever it is saved. They are locked, or a rename that is under way would
 * be missed: it looks for its posts when it has the lock.
 */
const namesOf = async (tx: Tx, ids: string[]): Promise<Map<string, string>> => {
  const ofEach = kindNames.map((kind) => {
    const { plural, links, idColumn } = kinds[kind]
    const [terms, links_, id] = [plural, links, idColumn].map((name) => Prisma.raw(name))
    return Prisma.sql`SELECT * FROM (
      SELECT link.post_id AS id, name FROM ${links_} link JOIN ${terms} named ON named.id = link.${id}
      WHERE link.post_id = ANY(${ids}::text[]) ORDER BY link.position FOR SHARE OF named
    ) ${terms}`
  })
  const rows = await tx.$queryRaw<{ id: string; name: string }[]>(Prisma.join(ofEach, ' UNION ALL '))
  const byPost = Map.groupBy(rows, (row) => row.id)
  return new Map([...byPost].map(([id, some]) => [id, indexableWords(some.map((row) => row.name).join(' '))]))
}
