import { setTimeout as pause } from 'node:timers/promises'
import type { Db } from '../db/client.ts'
import type { BackgroundJob } from '../db/generated/client.ts'
import { ExpectedError } from '../lib/errors.ts'
import type { Write, Writer } from '../write/write.ts'
import { actorOf, type JobKind } from './job.ts'

/** What a step came to: how many posts it went through, where the next one goes on, and whether there is none. */
export type Progress = { posts: number; cursor?: string; isLast: boolean }

/** Does a part of a job in the transaction that it is given, small enough that nobody else notices. */
export type Step = (w: Write, job: BackgroundJob) => Promise<Progress>

export type Jobs = {
  /** Does what waits, unless it is being done already. */
  wake(): void
  /** Lets the step under way end. */
  stop(): Promise<void>
}

/**
 * Does jobs a step at a time, the oldest first. A step and how far it came commit together: a job that was killed goes on
 * where it was. Several processes share the jobs, not the steps of one.
 */
export const createJobs = (parts: {
  db: Db
  write: Writer
  steps: Record<JobKind, Step>
  onError: (error: unknown) => void
}): Jobs => {
  const stopping = new AbortController()
  const { signal } = stopping
  let working: Promise<void> | null = null

  const work = async () => {
    const waiting = await parts.db.backgroundJob.findMany({
      where: { finishedAt: null },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: jobsAtOnce,
    })
    for (const job of waiting) {
      while (!signal.aborted) {
        const start = performance.now()
        if (!(await oneStep(parts, job))) break
        // Half of the time belongs to everybody else.
        await pause(Math.min(performance.now() - start, longestPauseMs), undefined, { signal }).catch(
          () => undefined,
        )
      }
    }
  }

  return {
    wake() {
      if (signal.aborted) return
      working ??= work()
        .catch(async (error) => {
          parts.onError(error)
          // It is tried again; once a second would fill the log.
          await pause(afterErrorMs, undefined, { signal }).catch(() => undefined)
        })
        .finally(() => {
          working = null
        })
    },
    async stop() {
      stopping.abort()
      await working
    },
  }
}

// Of more than these the next look takes care.
const jobsAtOnce = 20
const longestPauseMs = 1_000
const afterErrorMs = 30_000

/** One step of a job; false when there is none left, or another process is at it. */
const oneStep = async (
  { write, steps }: Parameters<typeof createJobs>[0],
  known: BackgroundJob,
): Promise<boolean> => {
  const { value } = await write(actorOf(known), async (w) => {
    const [locked] = await w.tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM background_jobs WHERE id = ${known.id} AND finished_at IS NULL FOR UPDATE SKIP LOCKED`
    if (!locked) return false
    const job = await w.tx.backgroundJob.findUniqueOrThrow({ where: { id: known.id } })
    const { posts, cursor = job.cursor, isLast } = await steps[job.kind as JobKind](w, job)
    const processed = job.processed + posts
    await w.tx.backgroundJob.update({
      where: { id: job.id },
      data: {
        cursor,
        processed,
        // Posts come and go meanwhile: in the end all are done.
        total: isLast ? processed : Math.max(job.total, processed),
        updatedAt: w.now,
        finishedAt: isLast ? w.now : null,
      },
    })
    return !isLast
  }).catch((error) => giveUp(write, known, error))
  return value
}

/** What cannot be done any more, such as a merge into something that was deleted meanwhile, ends and says why. */
const giveUp = (write: Writer, job: BackgroundJob, error: unknown) => {
  if (!(error instanceof ExpectedError)) throw error
  return write(actorOf(job), async (w) => {
    const data = { error: error.message, updatedAt: w.now, finishedAt: w.now }
    await w.tx.backgroundJob.update({ where: { id: job.id }, data })
    return false
  })
}
