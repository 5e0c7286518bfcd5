import type { Db } from '../db/client.ts'
import type { Queue } from '../queue/queue.ts'
import { inSpan } from '../tracing.ts'
import { type Attempt, type AttemptParts, attempt, lease, release } from './delivery.ts'
import { settle } from './settle.ts'

// Enough to keep receivers busy that take a second each; each in flight holds one body and one socket.
const maxInFlight = 100

// Attempts that end together are written together: a transaction each would allow a few hundred a second.
const settleWindowMs = 10

export type Pump = {
  /** Looks for due deliveries now and sends them. Safe to call at any time and any number of times. */
  wake(): void
  /** Takes no more, and resolves when everything in flight is sent and written down. */
  drain(): Promise<void>
}

export type PumpParts = AttemptParts & {
  db: Db
  queue: Queue
  onError: (error: unknown) => void
  onAttempt: (attempt: Attempt) => void
}

/** Takes alarms from the queue, sends what they are about and writes down what became of it. */
export const createPump = (parts: PumpParts): Pump => {
  const inFlight = new Set<Promise<void>>()
  const settling = createSettler(parts)
  let taking: Promise<void> | null = null
  let again = false
  let draining = false

  const wake = () => {
    if (draining) return
    if (taking) {
      again = true
      return
    }
    taking = takeDue()
      .catch(parts.onError)
      .finally(() => {
        taking = null
        if (again) {
          again = false
          wake()
        }
      })
  }

  const takeDue = async () => {
    while (inFlight.size < maxInFlight && !draining) {
      const ids = await parts.queue.take(maxInFlight - inFlight.size)
      if (ids.length === 0) return
      for (const delivery of await lease(parts.db, ids, parts.now())) {
        const run = inSpan('webhook attempt', { delivery: delivery.id, endpoint: delivery.endpointId }, () =>
          attempt(delivery, parts),
        )
          .then((done) =>
            done.outcome.error === 'stopped' ? release(parts.db, done.deliveryId) : settling.add(done),
          )
          .catch(parts.onError)
          .finally(() => {
            inFlight.delete(run)
            if (again || inFlight.size === maxInFlight - 1) wake()
          })
        inFlight.add(run)
      }
    }
    // Full: the first that ends looks again.
    again = inFlight.size >= maxInFlight && !draining
    if (again) await Promise.race(inFlight)
  }

  const drain = async () => {
    draining = true
    await taking
    while (inFlight.size > 0) await Promise.all(inFlight)
    await settling.flush()
  }

  return { wake, drain }
}

/** Collects attempts that end within a few milliseconds of each other and settles them in one transaction. */
const createSettler = ({ db, queue, now, onAttempt }: PumpParts) => {
  let waiting: Attempt[] = []
  let group: Promise<void> | null = null

  const flush = async () => {
    const attempts = waiting
    waiting = []
    group = null
    if (attempts.length === 0) return
    await settle(db, queue, attempts, now())
    for (const done of attempts) onAttempt(done)
  }

  const add = (done: Attempt): Promise<void> => {
    waiting.push(done)
    group ??= new Promise((resolve) => setTimeout(resolve, settleWindowMs)).then(flush)
    return group
  }

  return { add, flush: async () => (group ? await group : await flush()) }
}
