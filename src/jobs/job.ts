import type { Tx } from '../db/client.ts'
import type { BackgroundJob } from '../db/generated/client.ts'
import { system, type Viewer } from '../keys/viewer.ts'
import { newId } from '../lib/id.ts'
import type { Kind } from '../taxonomy/kinds.ts'
import type { Write } from '../write/write.ts'

/** What goes on behind a mutation: finding posts by a new name, taking a term off its posts, linking posts to another one. */
export const jobKinds = ['RENAME', 'DELETE', 'MERGE'] as const
export type JobKind = (typeof jobKinds)[number]

/** What a job is about: the kind of term, which of them, and where their posts go in a merge. */
export type JobInput = { kind: Kind; ids: string[]; targetId?: string }

/** What a write answers that may leave a job behind it. */
export type WithJob<Value> = Value & { /** Null when all is done. */ jobId: string | null }

/**
 * Leaves work that is too much for one transaction to the worker, in the transaction of the mutation that asked for it.
 * The same work that is still going on begins anew instead: what was done already may have changed since.
 *
 * @param total about how many posts there are to go through.
 * @returns the job's id.
 */
export const enqueueJob = async (
  { tx, viewer, now }: Write,
  kind: JobKind,
  input: JobInput,
  total: number,
): Promise<string> => {
  const subjectId = input.targetId ?? input.ids[0] ?? ''
  const unfinished = await tx.backgroundJob.findMany({ where: { kind, subjectId, finishedAt: null } })
  const same = unfinished.find((job) => JSON.stringify(job.input) === JSON.stringify(input))
  const beginning = { cursor: '', processed: 0, total, updatedAt: now }
  if (same) {
    await tx.backgroundJob.update({ where: { id: same.id }, data: beginning })
    return same.id
  }
  const { keyId, name: actor } = viewer
  const id = newId('job')
  await tx.backgroundJob.create({
    data: { id, kind, subjectId, input, keyId, actor, ...beginning, createdAt: now },
  })
  return id
}

/** Whoever asked for the job is who did what it comes to. That they might was decided when they asked. */
export const actorOf = ({ keyId, actor }: BackgroundJob): Viewer => ({
  ...system(actor ?? ''),
  keyId,
  name: actor,
})

/** How many posts the jobs have still to go through, by kind. */
export const remainingOfJobs = async (db: Tx): Promise<Record<Lowercase<JobKind>, number>> => {
  const rows = await db.backgroundJob.findMany({
    where: { finishedAt: null },
    select: { kind: true, total: true, processed: true },
    take: mostCounted,
  })
  const left = { rename: 0, delete: 0, merge: 0 }
  for (const { kind, total, processed } of rows)
    left[kind.toLowerCase() as Lowercase<JobKind>] += Math.max(0, total - processed)
  return left
}

// Nobody asks for so many at a time.
const mostCounted = 1_000

const dayMs = 24 * 60 * 60 * 1_000

/** Forgets jobs that have been over for a day: whoever asked has looked. Returns how many. */
export const forgetJobs = async (db: Tx, now: Date): Promise<number> => {
  const { count } = await db.backgroundJob.deleteMany({
    where: { finishedAt: { lt: new Date(now.getTime() - dayMs) } },
  })
  return count
}
