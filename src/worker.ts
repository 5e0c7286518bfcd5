import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from './db/client.ts'
import type { Notifier } from './db/notify.ts'
import { eventsChannel } from './events/outbox.ts'
import { forgetEvents, forgetTexts } from './events/retention.ts'
import { forgetAnswers } from './idempotency/store.ts'
import { forgetJobs } from './jobs/job.ts'
import { createJobs } from './jobs/run.ts'
import type { Log } from './lib/log.ts'
import type { Render } from './markup/threads/pool.ts'
import { linkSteps } from './posts/background/link-jobs.ts'
import { startUpkeep, type Upkeep } from './posts/background/upkeep.ts'
import { forgetPreviewTokens } from './posts/previews/preview-token.ts'
import { forgetRevisions } from './posts/revisions/retention.ts'
import { fireDue } from './posts/schedule.ts'
import { fanOut } from './webhooks/deliveries/make/fanout.ts'
import { composeAwaited, isAwaited } from './webhooks/deliveries/make/render-before-retention.ts'
import { forgetDeliveries, forgetResponses } from './webhooks/deliveries/manage/retention.ts'
import { createDispatcher, type DispatcherParts } from './webhooks/deliveries/run/dispatcher.ts'
import { endLeases } from './webhooks/deliveries/run/recover.ts'
import { sendingChannel } from './webhooks/deliveries/run/wake.ts'
import { deleteSomeEndpoints } from './webhooks/endpoints/delete-in-steps.ts'
import { disableExpired } from './webhooks/endpoints/ending.ts'
import type { Writer } from './write/write.ts'

// Retries wait for seconds and schedules are kept to the second or two: asking every second is late by one at most.
const pollMs = 1_000
// Whatever a crash left behind is found again within this.
const sweepMs = 10_000
// What is kept for a day or longer may be kept some minutes longer.
const pruneMs = 600_000

const dayMs = 24 * 60 * 60 * 1_000
// Of a failed attempt only the last few days are of interest, and responses are the largest part of the log.
const responseDays = 30

// Whoever published is answered first, and commits that come together are fanned out together; nobody notices so little.
const gatherMs = 5

const longestPauseMs = 1_000

// Another process has an earlier event about the same subject in hand, which takes it milliseconds.
const waitMs = 50

export type Worker = {
  /** Fans out what was committed and sends what is due, without waiting for the next second. */
  wake(): void
  /** Sees to everything that may be due, as every 10 s. */
  sweep(): Promise<void>
  /** Forgets what is too old, as at every 10 minutes. */
  prune(): Promise<void>
  /** How many posts wait to be made anew. */
  outdated: Upkeep['outdated']
  stop(): Promise<void>
}

/**
 * Everything that happens in the background, on one screen:
 *
 *   a commit with events → fanOut → deliveries → dispatcher → attempts
 *   a word by hand       → dispatcher (an endpoint set active, a delivery sent again)
 *   every second         → dispatcher (what is due), fireDue (schedules), jobs (what mutations left behind them)
 *   at start and every 10 s → fanOut, fireDue, dispatcher (what a crash left behind, what nobody heard of)
 *   at start             → upkeep (what an upgrade makes anew)
 *   at start and every 10 min → what is too old is forgotten
 */
export const startWorker = async (
  parts: DispatcherParts & {
    database: Database
    notifier: Notifier
    write: Writer
    renderPost: Render
    /** How long events are kept, and deliveries that are over. */
    retentionDays: number
    /** How long revisions are kept that never were public. */
    revisionDays: number
    /** Looks again how far this clock is from the database's. */
    compareClocks: () => Promise<void>
    searchLanguage: string
    log: Log
  },
): Promise<Worker> => {
  const { database, db, onError, now, retentionDays, revisionDays } = parts
  const dispatcher = createDispatcher(parts)
  const jobs = createJobs({ db, write: parts.write, steps: linkSteps, onError })
  let running: Promise<void> | null = null
  let again = false
  let stopped = false
  let soon: NodeJS.Timeout | null = null

  const relay = async () => {
    do {
      again = false
      for (;;) {
        const { done, waiting, isFull, due } = await fanOut(db, now())
        dispatcher.send(due)
        if (waiting > 0) soon ??= setTimeout(begin, waitMs)
        // What is committed meanwhile says so itself.
        if (done === 0 || !isFull) break
      }
    } while (again && !stopped)
  }

  const wake = () => {
    again = true
    if (stopped || running) return
    soon ??= setTimeout(begin, gatherMs)
  }

  const begin = () => {
    soon = null
    again = true
    if (stopped || running) return
    running = relay()
      .catch(onError)
      .finally(() => {
        running = null
        if (again) wake()
      })
  }

  let firing: Promise<unknown> | null = null
  /** Publishes and takes back what is due; one at a time, and what is left over is due again in a second. */
  const fire = (): Promise<unknown> => {
    firing ??= fireDue(db, parts.write, now(), {
      onEnded: (post, reason) => onError(new Error(`The schedule of ${post} ended: ${reason}`)),
      onError: (_post, error) => onError(error),
    })
      .then(() => disableExpired(db, parts.write, now()))
      .finally(() => {
        firing = null
      })
    return firing
  }

  let sweeping: Promise<void> = Promise.resolve()
  let isSweeping = false
  const sweep = (): Promise<void> => {
    const all = async () => {
      isSweeping = true
      await parts.compareClocks()
      wake()
      await fire()
      dispatcher.wake()
      tidy()
    }
    const done = sweeping.then(all).finally(() => {
      isSweeping = false
    })
    sweeping = done.catch(() => undefined)
    return done
  }

  let tidying: Promise<void> | null = null
  /** Ends what waits for endpoints that get nothing more: in steps, between which everybody else has their turn. */
  const tidy = () => {
    const steps = async () => {
      for (
        let start = performance.now();
        !stopped && (await deleteSomeEndpoints(db)) > 0;
        start = performance.now()
      )
        await pause(Math.min(performance.now() - start, longestPauseMs))
    }
    tidying ??= steps()
      .catch(onError)
      .finally(() => {
        tidying = null
      })
  }

  let pruning: Promise<void> | null = null
  const prune = (): Promise<void> => {
    pruning ??= forget().finally(() => {
      pruning = null
    })
    return pruning
  }
  const forget = async () => {
    const time = now()
    const ago = (days: number) => new Date(time.getTime() - days * dayMs)
    const steps = [
      () => forgetAnswers(db, time),
      () => forgetJobs(db, time),
      () => forgetPreviewTokens(db, time),
      forgetRevisions(db, ago(revisionDays)),
      () => forgetResponses(db, ago(responseDays)),
      () => forgetDeliveries(db, ago(retentionDays)),
      () => composeAwaited(db, parts.render, ago(retentionDays), time),
      () => forgetEvents(db, ago(retentionDays), isAwaited),
      () => forgetTexts(db, ago(retentionDays)),
    ]
    // In batches, so that nothing waits long for a lock, and a stop not for the rest.
    for (const step of steps) while (!stopped && (await step()) > 0);
  }

  // Before anything is sent here: what is leased now was leased by a process that is no more.
  if (database.kind === 'embedded') await endLeases(db)
  parts.notifier.on(eventsChannel, wake)
  parts.notifier.on(sendingChannel, dispatcher.wake)
  await sweep()
  const timers = [
    setInterval(() => {
      dispatcher.tick()
      fire().catch(onError)
      jobs.wake()
    }, pollMs),
    // One that hangs is not followed by others, which would wait for it.
    setInterval(() => void (isSweeping || sweep().catch(onError)), sweepMs),
    setInterval(() => void prune().catch(onError), pruneMs),
  ]
  // Nothing waits for it: after a long pause there may be much to forget.
  prune().catch(onError)
  const upkeep = startUpkeep({ ...parts, language: parts.searchLanguage })
  return {
    outdated: upkeep.outdated,
    wake,
    sweep,
    prune,
    stop: async () => {
      stopped = true
      for (const timer of timers) clearInterval(timer)
      if (soon) clearTimeout(soon)
      await running
      await firing?.catch(onError)
      await sweeping
      await pruning?.catch(onError)
      await Promise.all([jobs.stop(), upkeep.stop(), tidying])
      await dispatcher.drain()
    },
  }
}
