import { Prisma } from '../../db/generated/client.ts'
import { NotFoundError } from '../../lib/errors.ts'
import { indexNames } from '../../search/index-posts.ts'
import type { Write } from '../../write/write.ts'
import type { Shelf } from './locks.ts'

/** Takes some of its posts off an author or a term, and returns how many. The caller has reserved the shelves. */
export const takeSomeOff = async (w: Write, shelf: Shelf, id: string, limit: number): Promise<number> => {
  const { table, key } = sqlOf(shelf)
  const posts = await postsUnder(w, shelf, [id], limit)
  await w.tx.$executeRaw`DELETE FROM ${table} WHERE ${key} = ${id} AND post_id = ANY(${posts}::text[])`
  await indexNames(w, posts)
  return posts.length
}

/** Refuses to go on without what posts are to be filed under: it may have been deleted since the last step. */
export const requireShelf = async ({ tx }: Write, shelf: Shelf, id: string): Promise<void> => {
  const table = Prisma.raw({ author: 'authors', category: 'categories', tag: 'tags' }[shelf])
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM ${table} WHERE id = ${id}`
  if (rows.length === 0) throw new NotFoundError(`There is no ${shelf} with the id "${id}" any longer.`)
}

/** Files some of the posts of `from` under `to` instead, and returns how many. The caller has reserved the shelves. */
export const refileSome = async (
  w: Write,
  shelf: Shelf,
  from: string[],
  to: string,
  limit: number,
): Promise<number> => {
  const { table, key } = sqlOf(shelf)
  const posts = await postsUnder(w, shelf, from, limit)
  await w.tx.$executeRaw`
    INSERT INTO ${table} (post_id, status, sort_date, ${key}, position)
    SELECT post_id, status, sort_date, ${to}::text, min(position) FROM ${table}
    WHERE post_id = ANY(${posts}::text[]) AND ${key} = ANY(${[...from, to]})
    GROUP BY post_id, status, sort_date HAVING bool_or(${key} <> ${to})
    ON CONFLICT (post_id, ${key}) DO UPDATE SET position = EXCLUDED.position`
  await w.tx.$executeRaw`
    DELETE FROM ${table} WHERE ${key} = ANY(${from}) AND post_id = ANY(${posts}::text[])`
  await indexNames(w, posts)
  return posts.length
}

/** Lets the next posts after a cursor be found by new names. Returns their ids, in order; none when all are done. */
export const renameSome = async (
  w: Write,
  shelf: Shelf,
  id: string,
  after: string,
  limit: number,
): Promise<string[]> => {
  const { table, key } = sqlOf(shelf)
  const rows = await w.tx.$queryRaw<{ id: string }[]>`
    SELECT post_id AS id FROM ${table} WHERE ${key} = ${id} AND post_id > ${after} ORDER BY post_id LIMIT ${limit}`
  const posts = rows.map((row) => row.id)
  await indexNames(w, posts)
  return posts
}

/** The pending edits that name any of these. */
export const pendingWith = (shelf: Shelf, ids: string[]): Prisma.Sql => Prisma.sql`
  SELECT revisions.id, revisions.post_id FROM posts JOIN post_revisions revisions ON revisions.id = posts.draft_id
  WHERE (revisions.snapshot -> ${shelves[shelf].written}::text)::jsonb ?| ${ids}::text[]`

/**
 * Puts `to`, or nothing, in the place of `from` in pending edits, and returns in how many. One at a time: what was written
 * may be megabytes, and JSON in SQL would not keep its keys in order.
 */
export const rewritePending = async (
  w: Write,
  shelf: Shelf,
  from: string[],
  to: string | null,
  limit: number,
): Promise<number> => {
  const { written } = shelves[shelf]
  const pending = await w.tx.$queryRaw<{ id: string }[]>`${pendingWith(shelf, from)} LIMIT ${limit}`
  for (const { id } of pending) {
    const row = await w.tx.postRevision.findUniqueOrThrow({ where: { id }, select: { snapshot: true } })
    const snapshot = row.snapshot as Prisma.JsonObject
    const ids = (snapshot[written] as string[]).flatMap((old) => (from.includes(old) ? (to ?? []) : old))
    const data = { snapshot: { ...snapshot, [written]: [...new Set(ids)] } as Prisma.InputJsonObject }
    await w.tx.postRevision.update({ where: { id }, data })
  }
  return pending.length
}

/** Where a filing is kept: in rows, and for the pending edits of a published post in what was written. */
const shelves = {
  author: { table: 'post_authors', key: 'author_id', written: 'authorIds' },
  category: { table: 'post_categories', key: 'category_id', written: 'categoryIds' },
  tag: { table: 'post_tags', key: 'tag_id', written: 'tagIds' },
} as const

export const sqlOf = (shelf: Shelf) => ({
  table: Prisma.raw(shelves[shelf].table),
  key: Prisma.raw(shelves[shelf].key),
})

const postsUnder = async ({ tx }: Write, shelf: Shelf, ids: string[], limit: number): Promise<string[]> => {
  const { table, key } = sqlOf(shelf)
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT id FROM (
      SELECT post_id AS id FROM ${table} WHERE ${key} = ANY(${ids}::text[]) LIMIT ${limit}
    ) filed`
  return rows.map(({ id }) => id)
}
