import type { WebhookEndpoint } from '../../../db/generated/client.ts'
import { eventsVisibleTo, maySee } from '../../../events/visibility.ts'
import { requireScope } from '../../../keys/require-scope.ts'
import type { Viewer } from '../../../keys/viewer.ts'
import { NotFoundError } from '../../../lib/errors.ts'
import { newId } from '../../../lib/id.ts'
import type { OffsetDateTime } from '../../../lib/offset-date-time.ts'
import type { Write, Writer } from '../../../write/write.ts'
import { type FilterRules, passing } from '../../endpoints/filter.ts'
import { lockEndpoint } from '../../endpoints/status.ts'
import { wakeSenders } from '../run/wake.ts'
import { checkNotDisabled, forgetBodies, makeDue, maySend } from './redeliver.ts'
import {
  failedDeliveriesAfter,
  foundEventsAfter,
  type ReplayBatch,
  type ReplayPosition,
} from './replay-find.ts'

/** From where on to replay: an event of the log and all after it, a time, or what has failed since a time. */
export type ReplayFrom = {
  eventId?: string | null
  since?: OffsetDateTime | null
  failedSince?: OffsetDateTime | null
}

export type Replayed = {
  id: string
  /** How many deliveries are on their way because of it. */
  count: number
  hasMore: boolean
  /** The last event that it came to and the caller may see; null when there was none. */
  lastEventId: string | null
  /** Of what failed: from where on the rest is; null when nothing is left, and of events. */
  nextFailedSince: Date | null
}

// What a receiver that was away for a day has missed; more is asked for again.
const maxDeliveries = 10_000
// A transaction's worth: on the embedded database everybody else waits for it.
const atOnce = 500

/**
 * Sends an endpoint again what it was to be told of, the oldest first, in transactions of some hundreds. What it has a
 * delivery of is sent as it was, under the same id; an event that it has none of shows the state of now. A call that was
 * cut off can be repeated: what is on its way already is left alone.
 *
 * @throws NotFoundError; InvalidStateError when the endpoint is disabled.
 */
export const replayWebhooks = async (
  write: Writer,
  viewer: Viewer,
  filters: FilterRules,
  { endpointId, from }: { endpointId: string; from: ReplayFrom },
): Promise<Replayed> => {
  requireScope({ viewer }, 'WEBHOOKS_MANAGE')
  const { value: start } = await write(viewer, (w) => startOf(w, endpointId, from))
  const done = { id: endpointId, count: 0, lastEventId: null as string | null }
  let place: ReplayPosition | null = start
  let handled = 0
  while (place && handled < maxDeliveries) {
    const here: ReplayPosition = place
    const limit = Math.min(atOnce, maxDeliveries - handled)
    const { value: part }: { value: Part } = await write(viewer, (w) =>
      replayPart(w, filters, endpointId, here, limit),
    )
    done.count += part.count
    done.lastEventId = part.lastEventId ?? done.lastEventId
    handled += part.handled
    place = part.next
  }
  // Not from the start again: what fails at once would be found first each time.
  const nextFailedSince = place?.kind === 'failed' ? place.after : null
  return { ...done, hasMore: place !== null, nextFailedSince }
}

const startOf = async (w: Write, endpointId: string, from: ReplayFrom): Promise<ReplayPosition> => {
  checkNotDisabled(await lockReplayed(w, endpointId), ['input', 'endpointId'])
  if (from.failedSince) return { kind: 'failed', after: from.failedSince.instant, afterId: '' }
  const { _max } = await w.tx.event.aggregate({ _max: { sequence: true } })
  const until = _max.sequence ?? 0n
  if (from.since) {
    const since = from.since.instant
    const first = await w.tx.event.aggregate({
      _min: { sequence: true },
      where: { occurredAt: { gte: since } },
    })
    return { kind: 'events', after: (first._min.sequence ?? until + 1n) - 1n, until, since }
  }
  const event = await w.tx.event.findUnique({ where: { id: from.eventId ?? '' } })
  if (!event || !maySee(w.viewer, event)) {
    const path = ['input', 'from', 'eventId']
    throw new NotFoundError(`There is no event with the id "${from.eventId}".`, path)
  }
  return { kind: 'events', after: event.sequence - 1n, until, since: null }
}

type Part = {
  count: number
  handled: number
  lastEventId: string | null
  next: ReplayPosition | null
}

const replayPart = async (
  w: Write,
  filters: FilterRules,
  endpointId: string,
  place: ReplayPosition,
  limit: number,
): Promise<Part> => {
  const endpoint = await lockReplayed(w, endpointId)
  checkNotDisabled(endpoint, ['input', 'endpointId'])
  const found =
    place.kind === 'events'
      ? await foundEventsAfter(w, endpoint, place, limit)
      : await failedDeliveriesAfter(w, endpoint, place, limit)
  const last = found.at(-1)
  return {
    count: await sendFound(w, endpoint, await passingOf(w, filters, endpoint, found)),
    handled: found.length,
    lastEventId: await lastKnownOf(w, found),
    next: last && found.length === limit ? placeAfter(place, last) : null,
  }
}

/** What the endpoint has a delivery of it was told of; of the rest, what its filter lets through. */
const passingOf = async (
  w: Write,
  { matching }: FilterRules,
  endpoint: WebhookEndpoint,
  found: ReplayBatch[],
): Promise<ReplayBatch[]> => {
  const untold = found.flatMap(({ event, delivery }) => (delivery ? [] : (event ?? [])))
  const passed = new Set(await passing(w.tx, matching, endpoint, untold))
  return found.filter(({ event, delivery }) => delivery !== null || (event !== null && passed.has(event)))
}

/** The newest of them that the caller may see, to go on from: one that is not for them would be not found then. */
const lastKnownOf = async ({ tx, viewer }: Write, found: ReplayBatch[]): Promise<string | null> => {
  const ids = found.flatMap(({ event, delivery }) => event?.id ?? delivery?.eventId ?? [])
  const event = await tx.event.findFirst({
    select: { id: true },
    where: { AND: [{ id: { in: ids } }, eventsVisibleTo(viewer)] },
    orderBy: { sequence: 'desc' },
  })
  return event?.id ?? null
}

/** Makes what was found due now. An event that the endpoint was not told of is rendered when it is sent. */
const sendFound = async (w: Write, endpoint: WebhookEndpoint, found: ReplayBatch[]): Promise<number> => {
  const known = found.flatMap(({ delivery }) => delivery ?? [])
  const missed = found.flatMap(({ event, delivery }) => (delivery ? [] : (event ?? [])))
  if (missed.length > 0) {
    await w.tx.webhookDelivery.createMany({
      data: missed.map((event) => ({
        id: newId('delivery'),
        endpointId: endpoint.id,
        eventId: event.id,
        subjectId: event.subjectId,
        sequence: event.sequence,
        scopes: endpoint.scopes,
        nextAttemptAt: w.now,
        createdAt: w.now,
      })),
    })
    await wakeSenders(w.tx)
  }
  const ended = known.filter(({ status }) => status !== 'PENDING')
  // What shows more than the endpoint may see today is made anew.
  await forgetBodies(
    w,
    ended.filter((delivery) => !maySend(endpoint, delivery)).map(({ id }) => id),
  )
  const sent = await makeDue(w, [...new Set(ended.map(({ id }) => id))], 'those that have ended')
  return missed.length + sent
}

const placeAfter = (place: ReplayPosition, { event, delivery }: ReplayBatch): ReplayPosition => {
  if (place.kind === 'events') return { ...place, after: event?.sequence ?? place.until }
  return { kind: 'failed', after: delivery?.createdAt ?? place.after, afterId: delivery?.id ?? '' }
}

const lockReplayed = async (w: Write, endpointId: string): Promise<WebhookEndpoint> =>
  lockEndpoint(w, endpointId, ['input', 'endpointId'])
