import { enqueueJob, type JobInput, type JobKind } from '../../jobs/job.ts'
import { InvalidStateError } from '../../lib/errors.ts'
import type { Write } from '../../write/write.ts'
import type { Kind } from '../kinds.ts'
import {
  linkSql,
  pendingWith,
  reindexSome,
  relinkSome,
  rewritePending,
  unlinkSome,
} from './post-links-in-steps.ts'

/**
 * Takes posts off what is to be deleted. The caller has reserved the terms.
 *
 * @returns the id of the job that does it, and then deletes, when there are too many for one transaction.
 * @throws InvalidStateError when there are posts and nobody said that they may be taken off.
 */
export const unlinkPosts = async (
  w: Write,
  kind: Kind,
  { id, name }: { id: string; name: string },
  detachPosts: boolean | null | undefined,
): Promise<string | null> => {
  const posts = await countPosts(w, kind, id)
  if (posts === 0) return null
  if (!detachPosts) {
    const message = `The ${kind} "${name}" has ${posts} ${posts === 1 ? 'post' : 'posts'}; pass detachPosts: true to take the ${kind} off them.`
    throw new InvalidStateError(message, ['input', 'detachPosts'])
  }
  const job = await leaveToJob(w, 'DELETE', { kind, ids: [id] })
  if (job) return job
  await unlinkSome(w, kind, id, mostAtOnce)
  await rewritePending(w, kind, [id], null, mostAtOnce)
  return null
}

/**
 * Links every post of `from` to `to` instead, once, where the first of them stood. The caller has reserved the terms.
 *
 * @returns the id of the job that does it, and then merges, when there are too many for one transaction.
 */
export const relinkPosts = async (
  w: Write,
  kind: Kind,
  from: string[],
  to: string,
): Promise<string | null> => {
  const job = await leaveToJob(w, 'MERGE', { kind, ids: from, targetId: to })
  if (job) return job
  await relinkSome(w, kind, from, to, mostAtOnce)
  await rewritePending(w, kind, from, to, mostAtOnce)
  return null
}

/**
 * Lets posts be found by the new name of a term; to be called after it is written.
 *
 * @returns the id of the job that does it, when there are too many for one transaction.
 */
export const reindexRenamed = async (
  w: Write,
  kind: Kind,
  before: { id: string; name: string },
  after: { name: string },
): Promise<string | null> => {
  if (before.name === after.name) return null
  const job = await leaveToJob(w, 'RENAME', { kind, ids: [before.id] })
  if (job) return job
  await reindexSome(w, kind, before.id, '', mostAtOnce)
  return null
}

// Some 100 ms on the embedded database, in which nobody else is answered there. Any number would do that is small enough.
const mostAtOnce = 500

/** Whether the posts under these, or the pending edits that name them, are too many to be changed in one transaction. */
export const areMany = async ({ tx }: Write, kind: Kind, ids: string[]): Promise<boolean> => {
  const { table, key } = linkSql(kind)
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM ${table} WHERE ${key} = ANY(${ids}) LIMIT ${mostAtOnce + 1}`
  if (rows.length > mostAtOnce) return true
  const pending = await tx.$queryRaw<unknown[]>`${pendingWith(kind, ids)} LIMIT ${mostAtOnce + 1}`
  return pending.length > mostAtOnce
}

const leaveToJob = async (w: Write, work: JobKind, input: JobInput): Promise<string | null> => {
  const { kind, ids } = input
  if (!(await areMany(w, kind, ids))) return null
  const { table, key } = linkSql(kind)
  const [row] = await w.tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM ${table} WHERE ${key} = ANY(${ids})`
  return enqueueJob(w, work, input, row?.count ?? 0)
}

/** Whether readers see any of these with a post. */
export const areOnPublicPosts = async ({ tx }: Write, kind: Kind, ids: string[]): Promise<boolean> => {
  const { table, key } = linkSql(kind)
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM ${table} JOIN posts ON posts.id = ${table}.post_id
    WHERE ${key} = ANY(${ids}) AND posts.status = 'PUBLISHED' LIMIT 1`
  return rows.length > 0
}

/** Of posts in any state, and of those whose pending edits alone name it. */
const countPosts = async ({ tx }: Write, kind: Kind, id: string): Promise<number> => {
  const { table, key } = linkSql(kind)
  const [row] = await tx.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM (
      SELECT post_id FROM ${table} WHERE ${key} = ${id}
      UNION SELECT post_id FROM (${pendingWith(kind, [id])}) pending
    ) linked`
  return row?.count ?? 0
}
