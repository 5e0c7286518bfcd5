import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Db } from '../../../db/client.ts'
import type { OutboxPorts } from '../../../events/outbox.ts'
import { inSpan } from '../../../lib/tracing.ts'
import type { Writer } from '../../../write/write.ts'
import { compose } from '../make/render-body.ts'
import { type Attempt, type AttemptParts, attempt } from './attempt.ts'
import { createAttemptBuffer } from './attempt-buffer.ts'
import { claim, type Leased, release } from './claim.ts'
import { freeSlots, mostInFlight } from './concurrency.ts'
import { dueEndpoints } from './due.ts'

// What waits longer is found when somebody asks what is due, as the worker does every second.
const longestTimerMs = 10_000

// An endpoint in order whose 100,000 deliveries wait for one of the same subject takes a claim half a second to look through.
const restPerWork = 9

export type Dispatcher = {
  /** Asks the database what is due and sends it. Safe to call at any time and any number of times. */
  wake(): void
  /**
   * The same every second, but seldomer for an endpoint that nothing was found for in a claim that took long: a tenth of the time
   * is enough for that, and it keeps no other's retry waiting.
   */
  tick(): void
  /** Sends what has just been made due for these endpoints, without asking. */
  send(endpointIds: string[]): void
  /** Takes no more, and resolves when everything in flight is sent and written down. */
  drain(): Promise<void>
}

export type DispatcherParts = AttemptParts & {
  db: Db
  write: Writer
  render: OutboxPorts['render']
  onError: (error: unknown) => void
  onAttempt: (attempt: Attempt) => void
}

/**
 * Sends what is due. It claims for an endpoint when it hears that something is due, when something that was in flight to it
 * has ended, and when its rate limit lets more out; each claim is as much as the endpoint's policies and its own slots allow.
 */
export const createDispatcher = (parts: DispatcherParts): Dispatcher => {
  const { db, now, onError } = parts
  const buffer = createAttemptBuffer(parts)
  const running = new Set<Promise<void>>()
  const due = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  const ended = new Set<string>()
  const withoutSlot = new Set<string>()
  /** Until when, by endpoint, the second does not ask for it. */
  const restUntil = new Map<string, number>()
  let sending = 0
  let asked: 'all' | 'rested' | null = null
  let working: Promise<void> | null = null
  let draining = false

  const wake = () => {
    asked = 'all'
    work()
  }

  const tick = () => {
    asked ??= 'rested'
    work()
  }

  const send = (endpointIds: string[]) => {
    for (const id of endpointIds) due.add(id)
    work()
  }

  const sendLater = (endpointId: string, delayMs: number) => {
    if (draining || delayMs > longestTimerMs || timers.has(endpointId)) return
    const sendNow = () => {
      timers.delete(endpointId)
      send([endpointId])
    }
    timers.set(endpointId, setTimeout(sendNow, delayMs))
  }

  const isRested = (endpointId: string) => performance.now() >= (restUntil.get(endpointId) ?? 0)

  const work = () => {
    const isIdle = asked === null && due.size === 0
    // Full: whatever ends first comes back here.
    if (working || draining || isIdle || sending >= mostInFlight) return
    working = take()
      // What was due still is, and is asked for within a second.
      .catch(onError)
      .finally(() => {
        working = null
        work()
      })
  }

  const take = async () => {
    // What ended together is claimed together.
    await nextTurn()
    if (asked) {
      const isMeant = asked === 'all' ? () => true : isRested
      asked = null
      for (const id of await dueEndpoints(db, now())) if (isMeant(id)) due.add(id)
    }
    const endpointIds = [...due]
    due.clear()
    if (endpointIds.length === 0 || draining) return
    const start = performance.now()
    const { deliveries, again } = await claim(db, endpointIds, freeSlots(sending, ended), now())
    const end = performance.now()
    const begun = new Set(deliveries.map(({ endpointId }) => endpointId))
    for (const id of endpointIds)
      if (begun.has(id)) restUntil.delete(id)
      else restUntil.set(id, end + (end - start) * restPerWork)
    for (const { endpointId, delayMs } of again) sendLater(endpointId, delayMs)
    for (const delivery of deliveries) begin(delivery)
    if (freeSlots(sending, ended).idle > 0) return
    for (const id of endpointIds) if (!begun.has(id)) withoutSlot.add(id)
  }

  /** Claims again for those for whom there may have been no slot, and of whom nothing need end here. */
  const releaseSlot = () => {
    sending--
    for (const id of withoutSlot) due.add(id)
    withoutSlot.clear()
    work()
  }

  const begin = (delivery: Leased) => {
    const { id, endpointId } = delivery
    sending++
    const run = inSpan('webhook attempt', { delivery: id, endpoint: endpointId }, () => deliver(delivery))
      .catch(onError)
      .finally(() => {
        running.delete(run)
        send([endpointId])
      })
    running.add(run)
  }

  const deliver = async (delivery: Leased) => {
    const { endpointId } = delivery
    const done = await renderAndSend(delivery).finally(releaseSlot)
    if (!done) return
    if (done.outcome.error === 'stopped') return release(db, done.deliveryId)
    // What a failure means for the next one is known only when it is written down; after a success the next may go.
    if (!done.outcome.ok) return buffer.add(done)
    ended.add(done.deliveryId)
    send([endpointId])
    await buffer.add(done).finally(() => ended.delete(done.deliveryId))
  }

  const renderAndSend = async (delivery: Leased): Promise<Attempt | null> => {
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

  return { wake, tick, send, drain }
}
