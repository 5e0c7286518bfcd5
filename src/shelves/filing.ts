import { Prisma } from '../db/generated/client.ts'
import { InvalidStateError } from '../errors.ts'
import type { Write } from '../write.ts'
import type { Shelf } from './locks.ts'
import { indexNames } from './search-index.ts'

/**
 * Takes posts off what is to be deleted. The caller has reserved the shelves.
 *
 * @throws InvalidStateError when there are posts and nobody said that they may be taken off.
 */
export const takeOff = async (
  w: Write,
  shelf: Shelf,
  { id, name }: { id: string; name: string },
  detachPosts: boolean | null | undefined,
): Promise<void> => {
  const posts = await countPosts(w, shelf, id)
  if (posts === 0) return
  if (!detachPosts) {
    const message = `The ${shelf} "${name}" has ${posts} ${posts === 1 ? 'post' : 'posts'}; pass detachPosts: true to take the ${shelf} off them.`
    throw new InvalidStateError(message, ['input', 'detachPosts'])
  }
  const { table, key } = sqlOf(shelf)
  const filed = await postsUnder(w, shelf, [id])
  await w.tx.$executeRaw`DELETE FROM ${table} WHERE ${key} = ${id}`
  await indexNames(w, filed)
  await rewritePending(w, shelf, [id], null)
}

/**
 * Files every post of `from` under `to` instead, once, where the first of them stood. The caller has reserved the shelves.
 */
export const refile = async (w: Write, shelf: Shelf, from: string[], to: string): Promise<void> => {
  const { table, key } = sqlOf(shelf)
  const filed = await postsUnder(w, shelf, from)
  await w.tx.$executeRaw`
    INSERT INTO ${table} (post_id, status, sort_date, ${key}, position)
    SELECT post_id, status, sort_date, ${to}::text, min(position) FROM ${table}
    WHERE ${key} = ANY(${[...from, to]}) GROUP BY post_id, status, sort_date HAVING bool_or(${key} <> ${to})
    ON CONFLICT (post_id, ${key}) DO UPDATE SET position = EXCLUDED.position`
  await w.tx.$executeRaw`DELETE FROM ${table} WHERE ${key} = ANY(${from})`
  await indexNames(w, filed)
  await rewritePending(w, shelf, from, to)
}

/** Lets posts be found by the new name of what they are filed under; to be called after it is written. */
export const renameOnPosts = async (
  w: Write,
  shelf: Shelf,
  before: { id: string; name: string },
  after: { name: string },
): Promise<void> => {
  if (before.name !== after.name) await indexNames(w, await postsUnder(w, shelf, [before.id]))
}

/** Whether readers see any of these with a post. */
export const arePublic = async ({ tx }: Write, shelf: Shelf, ids: string[]): Promise<boolean> => {
  const { table, key } = sqlOf(shelf)
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM ${table} JOIN posts ON posts.id = ${table}.post_id
    WHERE ${key} = ANY(${ids}) AND posts.status = 'PUBLISHED' LIMIT 1`
  return rows.length > 0
}

/** Where a filing is kept: in rows, and for the pending edits of a published post in what was written. */
const shelves = {
  author: { table: 'post_authors', key: 'author_id', written: 'authorIds' },
  category: { table: 'post_categories', key: 'category_id', written: 'categoryIds' },
  tag: { table: 'post_tags', key: 'tag_id', written: 'tagIds' },
} as const

const sqlOf = (shelf: Shelf) => ({
  table: Prisma.raw(shelves[shelf].table),
  key: Prisma.raw(shelves[shelf].key),
})

const postsUnder = async ({ tx }: Write, shelf: Shelf, ids: string[]): Promise<string[]> => {
  const { table, key } = sqlOf(shelf)
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT post_id AS id FROM ${table} WHERE ${key} = ANY(${ids}::text[])`
  return rows.map(({ id }) => id)
}

/** Of posts in any state, and of those whose pending edits alone name it. */
const countPosts = async ({ tx }: Write, shelf: Shelf, id: string): Promise<number> => {
  const { table, key } = sqlOf(shelf)
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT post_id FROM ${table} WHERE ${key} = ${id}
      UNION SELECT post_id FROM (${pendingWith(shelf, [id])}) pending
    ) filed`
  return row?.count ?? 0
}

const pendingWith = (shelf: Shelf, ids: string[]): Prisma.Sql => Prisma.sql`
  SELECT revisions.id, revisions.post_id FROM posts JOIN post_revisions revisions ON revisions.id = posts.draft_id
  WHERE (revisions.snapshot -> ${shelves[shelf].written}::text)::jsonb ?| ${ids}::text[]`

/** One at a time: what was written may be megabytes, and JSON in SQL would not keep its keys in order. */
const rewritePending = async (w: Write, shelf: Shelf, from: string[], to: string | null): Promise<void> => {
  const { written } = shelves[shelf]
  for (const { id } of await w.tx.$queryRaw<{ id: string }[]>(pendingWith(shelf, from))) {
    const row = await w.tx.postRevision.findUniqueOrThrow({ where: { id }, select: { snapshot: true } })
    const snapshot = row.snapshot as Prisma.JsonObject
    const ids = (snapshot[written] as string[]).flatMap((old) => (from.includes(old) ? (to ?? []) : old))
    const data = { snapshot: { ...snapshot, [written]: [...new Set(ids)] } as Prisma.InputJsonObject }
    await w.tx.postRevision.update({ where: { id }, data })
  }
}
