import type { Db } from '../db/client.ts'
import { type Findable, indexPosts } from './index-posts.ts'

/** Told what a step of a long piece of work came to; answers whether it goes on. */
export type Between = (done: number) => Promise<boolean>

/**
 * Writes the index of all posts that have none, or one of another language, as after an upgrade or a change of
 * SEARCH_LANGUAGE. Returns how many there were.
 */
export const indexMissing = async (
  db: Db,
  language: string,
  between: Between = async () => true,
): Promise<number> => {
  let count = 0
  for (let ids = await indexSome(db, language, ''); ids.length > 0; ) {
    count += ids.length
    if (!(await between(ids.length))) break
    ids = await indexSome(db, language, ids.at(-1) ?? '')
  }
  return count
}

// About a megabyte of text: a step of a second at most.
const postsAtOnce = 200

/**
 * The next posts by id: to look for them from the start each time would read all that are done, again and again. They are
 * locked, so that what somebody saves meanwhile is not overwritten with what it was.
 */
const indexSome = (db: Db, language: string, after: string): Promise<string[]> =>
  db.$transaction(async (tx) => {
    const posts = await tx.$queryRaw<Findable[]>`
      SELECT posts.id, title, excerpt_text AS "excerptText", content_text AS "contentText"
      FROM posts LEFT JOIN post_search ON post_search.post_id = posts.id
      WHERE posts.id > ${after} AND post_search.language IS DISTINCT FROM ${language}
      ORDER BY posts.id LIMIT ${postsAtOnce} FOR UPDATE OF posts`
    await indexPosts(tx, language, posts)
    return posts.map(({ id }) => id)
  })
