import { createHash } from 'node:crypto'
import { Prisma } from '../../db/generated/client.ts'
import { type Ordering, type Page, pageSql } from '../../db/page.ts'
import { isFound, type SearchCondition } from '../../search/query.ts'
import type { SoughtWord } from '../../search/words.ts'
import type { PostSet } from './post-query.ts'

/** Best first. A rank says something for one search alone, and so does its cursor. */
export const searchOrdering = (words: SoughtWord[]): Ordering => ({
  name: `search/${createHash('sha256').update(JSON.stringify(words)).digest('base64url').slice(0, 12)}`,
  field: 'rank',
  direction: 'desc',
  kind: 'float',
})

// A reader looks at a page or two. Ranking reads every word of every hit: this many take a tenth of a second.
const maxRanked = 10_000

/**
 * A page of hits in SQL, best first. Of more than 10,000 the newest 10,000 are ranked and the others are on no page. The page
 * is cut before its columns are read: joined first, PostgreSQL reads all posts for them.
 *
 * @param any matches where any of the words is. With a query that all match, PostgreSQL ranks by how near they are to each
 * other: it compares each place of each word with each of the others', which takes a millisecond for a long post.
 * @param title matches titles that have all the words. They come before all else, which is ranked below 1: a beginning that a
 * body has in twenty words would outweigh the one word of a title.
 * @param columns in SQL, of the table `posts`, the id among them.
 */
export const pageOfHits = (
  set: PostSet,
  { found, any, title }: { found: SearchCondition; any: Prisma.Sql; title: Prisma.Sql },
  page: Page,
  columns: Prisma.Sql,
): Prisma.Sql => {
  const { where, orderBy } = pageSql(page, 'ranked')
  return Prisma.sql`
    SELECT ranked.rank, ${columns} FROM (
      SELECT ranked.id, ranked.rank FROM (
        SELECT hit.id, ts_rank(hit.words, ${any})::float8 + (hit.words @@ ${title})::int AS rank FROM (
          SELECT posts.id, found.words FROM post_search found JOIN posts ON posts.id = found.post_id
          WHERE ${isFound(found, Prisma.sql`found.post_id`, Prisma.sql`found.words`)} AND ${set.where()}
          ORDER BY posts.sort_date DESC, posts.id DESC LIMIT ${maxRanked}
        ) hit
      ) ranked WHERE ${where} ORDER BY ${orderBy} LIMIT ${page.limit + 1}
    ) ranked JOIN posts ON posts.id = ranked.id
    ORDER BY ${orderBy}`
}
