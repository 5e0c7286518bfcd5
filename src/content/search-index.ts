import type { Db } from '../db/client.ts'
import { type Findable, indexPosts } from '../shelves/search-index.ts'

/**
 * Writes the index of all posts that have none, or one of another language, as after an upgrade or a change of
 * SEARCH_LANGUAGE. Returns how many there were.
 */
export const indexMissing = async (db: Db, language: string): Promise<number> => {
  let count = 0
  for (let found = await indexSome(db, language); found > 0; found = await indexSome(db, language))
    count += found
  return count
}

// About a megabyte of text: a step of a second at most.
const postsAtOnce = 200

/** The posts are locked, so that what somebody saves meanwhile is not overwritten with what it was. */
const indexSome = (db: Db, language: string): Promise<number> =>
  db.$transaction(async (tx) => {
    const posts = await tx.$queryRaw<Findable[]>`
      SELECT posts.id, title, excerpt_text AS "excerptText", content_text AS "contentText"
      FROM posts LEFT JOIN post_search ON post_search.post_id = posts.id
      WHERE post_search.language IS DISTINCT FROM ${language}
      ORDER BY posts.id LIMIT ${postsAtOnce} FOR UPDATE OF posts`
    await indexPosts(tx, language, posts)
    return posts.length
  })
