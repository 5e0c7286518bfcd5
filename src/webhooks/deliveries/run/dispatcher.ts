import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Db } from '../../../db/client.ts'
import type { OutboxPorts } from '../../../events/outbox.ts'
import { inSpan } from '../../../lib/tracing.ts'
import type { Queue } from '../../../queue/queue.ts'
import type { Writer } from '../../../write/write.ts'
import { compose } from '../make/render-body.ts'
import { type Attempt, type AttemptParts, attempt } from './attempt.ts'
import { createSettler } from './attempt-buffer.ts'
import { claim, type Leased, release } from './claim.ts'
import { mostInFlight, roomBeside } from './concurrency.ts'

// Endpoints, of which there are seldom more; the rest is taken at the next turn.
const alarmsAtOnce = 500

// What waits longer than a sweep comes round in is left to the alarms and the sweep.
const longestTimerMs = 10_000

export type Pump = {
  /** Takes the alarms that ring now and sends what is due. Safe to call at any time and any number of times. */
  wake(): void
  /** Takes no more, and resolves when everything in flight is sent and written down. */
  drain(): Promise<void>
}

export type PumpParts = AttemptParts & {
  db: Db
  write: Writer
  render: OutboxPorts['render']
  queue: Queue
  onError: (error: unknown) => void
  onAttempt: (attempt: Attempt) => void
}

/**
 * Sends what is due. It looks at an endpoint when its alarm rings, when something that was in flight to it has ended, and
 * when its rate limit lets more out; each look claims as much as the endpoint's policies and its own slots allow.
 */
export const createPump = (parts: PumpParts): Pump => {
  const { db, queue, now, onError } = parts
  const settler = createSettler(parts)
  const running = new Set<Promise<void>>()
  const toLookAt = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  const ended = new Set<string>()
  const crowdedOut = new Set<string>()
  let sending = 0
  let rang = false
  let working: Promise<void> | null = null
  let draining = false

  const wake = () => {
    rang = true
    work()
  }

  const lookAt = (endpointId: string) => {
    toLookAt.add(endpointId)
    work()
  }

  const lookLater = (endpointId: string, delayMs: number) => {
    if (draining || delayMs > longestTimerMs || timers.has(endpointId)) return
    const look = () => {
      timers.delete(endpointId)
      lookAt(endpointId)
    }
    timers.set(endpointId, setTimeout(look, delayMs))
  }

  const work = () => {
    const idle = !rang && toLookAt.size === 0
    // Full: whatever ends first comes back here.
    if (working || draining || idle || sending >= mostInFlight) return
    working = take()
      // What was to be looked at is found by the next sweep.
      .catch(onError)
      .finally(() => {
        working = null
        work()
      })
  }

  const take = async () => {
    // What ended together is looked at together.
    await nextTurn()
    if (rang) {
      rang = false
      const alarms = await queue.take(alarmsAtOnce)
      for (const id of alarms) toLookAt.add(id)
      rang ||= alarms.length === alarmsAtOnce
    }
    const endpointIds = [...toLookAt]
    toLookAt.clear()
    if (endpointIds.length === 0 || draining) return
    const { deliveries, again } = await claim(db, endpointIds, roomBeside(sending, ended), now())
    for (const { endpointId, delayMs } of again) lookLater(endpointId, delayMs)
    for (const delivery of deliveries) start(delivery)
    if (roomBeside(sending, ended).idle > 0) return
    const begun = new Set(deliveries.map(({ endpointId }) => endpointId))
    for (const id of endpointIds) if (!begun.has(id)) crowdedOut.add(id)
  }

  /** Looks again at those for whom there may have been no room, and of whom nothing need end here. */
  const giveRoom = () => {
    sending--
    for (const id of crowdedOut) toLookAt.add(id)
    crowdedOut.clear()
    work()
  }

  const start = (delivery: Leased) => {
    const { id, endpointId } = delivery
    sending++
    const run = inSpan('webhook attempt', { delivery: id, endpoint: endpointId }, () => deliver(delivery))
      .catch(onError)
      .finally(() => {
        running.delete(run)
        lookAt(endpointId)
      })
    running.add(run)
  }

  const deliver = async (delivery: Leased) => {
    const { endpointId } = delivery
    const done = await composeAndSend(delivery).finally(giveRoom)
    if (!done) return
    if (done.outcome.error === 'stopped') return release(db, done.deliveryId)
    // What a failure means for the next one is known only when it is written down; after a success the next may go.
    if (!done.outcome.ok) return settler.add(done)
    ended.add(done.deliveryId)
    lookAt(endpointId)
    await settler.add(done).finally(() => ended.delete(done.deliveryId))
  }

  const composeAndSend = async (delivery: Leased): Promise<Attempt | null> => {
    const { body, scopes } = delivery
    const made = body === null ? await compose(db, parts.render, delivery.id) : { body, scopes }
    return made && attempt({ ...delivery, ...made }, parts)
  }

  const drain = async () => {
    draining = true
    for (const timer of timers.values()) clearTimeout(timer)
    await working
    while (running.size > 0) await Promise.all(running)
  }

  return { wake, drain }
}
