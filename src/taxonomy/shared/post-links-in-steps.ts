import { Prisma } from '../../db/generated/client.ts'
import { NotFoundError } from '../../lib/errors.ts'
import { indexNames } from '../../search/index-posts.ts'
import type { Write } from '../../write/write.ts'
import { type Kind, kinds } from '../kinds.ts'

/** Takes a term off some of its posts, and returns how many. The caller has reserved the terms. */
export const unlinkSome = async (w: Write, kind: Kind, id: string, limit: number): Promise<number> => {
  const { table, key } = linkSql(kind)
  const posts = await postsUnder(w, kind, [id], limit)
  await w.tx.$executeRaw`DELETE FROM ${table} WHERE ${key} = ${id} AND post_id = ANY(${posts}::text[])`
  await indexNames(w, posts)
  return posts.length
}

/** Refuses to go on without the term that posts are to be linked to: it may have been deleted since the last step. */
export const requireTerm = async ({ tx }: Write, kind: Kind, id: string): Promise<void> => {
  const table = Prisma.raw(kinds[kind].plural)
  const rows = await tx.$queryRaw<unknown[]>`SELECT 1 FROM ${table} WHERE id = ${id}`
  if (rows.length === 0) throw new NotFoundError(`There is no ${kind} with the id "${id}" any longer.`)
}

/** Links some of the posts of `from` to `to` instead, and returns how many. The caller has reserved the terms. */
export const relinkSome = async (
  w: Write,
  kind: Kind,
  from: string[],
  to: string,
  limit: number,
): Promise<number> => {
  const { table, key } = linkSql(kind)
  const posts = await postsUnder(w, kind, from, limit)
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
export const reindexSome = async (
  w: Write,
  kind: Kind,
  id: string,
  after: string,
  limit: number,
): Promise<string[]> => {
  const { table, key } = linkSql(kind)
  const rows = await w.tx.$queryRaw<{ id: string }[]>`
    SELECT post_id AS id FROM ${table} WHERE ${key} = ${id} AND post_id > ${after} ORDER BY post_id LIMIT ${limit}`
  const posts = rows.map((row) => row.id)
  await indexNames(w, posts)
  return posts
}

/** The pending edits that name any of these. */
export const pendingWith = (kind: Kind, ids: string[]): Prisma.Sql => Prisma.sql`
  SELECT revisions.id, revisions.post_id FROM posts JOIN post_revisions revisions ON revisions.id = posts.draft_id
  WHERE (revisions.snapshot -> ${kinds[kind].idsField}::text)::jsonb ?| ${ids}::text[]`

/**
 * Puts `to`, or nothing, in the place of `from` in pending edits, and returns in how many. One at a time: what was written
 * may be megabytes, and JSON in SQL would not keep its keys in order.
 */
export const rewritePending = async (
  w: Write,
  kind: Kind,
  from: string[],
  to: string | null,
  limit: number,
): Promise<number> => {
  const { idsField } = kinds[kind]
  const pending = await w.tx.$queryRaw<{ id: string }[]>`${pendingWith(kind, from)} LIMIT ${limit}`
  for (const { id } of pending) {
    const row = await w.tx.postRevision.findUniqueOrThrow({ where: { id }, select: { snapshot: true } })
    const snapshot = row.snapshot as Prisma.JsonObject
    const ids = (snapshot[idsField] as string[]).flatMap((old) => (from.includes(old) ? (to ?? []) : old))
    const data = { snapshot: { ...snapshot, [idsField]: [...new Set(ids)] } as Prisma.InputJsonObject }
    await w.tx.postRevision.update({ where: { id }, data })
  }
  return pending.length
}

/** The table of a kind's links, and its column of the term. */
export const linkSql = (kind: Kind) => ({
  table: Prisma.raw(kinds[kind].links),
  key: Prisma.raw(kinds[kind].idColumn),
})

const postsUnder = async ({ tx }: Write, kind: Kind, ids: string[], limit: number): Promise<string[]> => {
  const { table, key } = linkSql(kind)
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT id FROM (
      SELECT post_id AS id FROM ${table} WHERE ${key} = ANY(${ids}::text[]) LIMIT ${limit}
    ) linked`
  return rows.map(({ id }) => id)
}
