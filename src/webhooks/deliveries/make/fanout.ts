import type { Db, Tx } from '../../../db/client.ts'
import type { ApiKeyScope, Event, EventRendering, WebhookEndpoint } from '../../../db/generated/client.ts'
import { newId } from '../../../lib/id.ts'
import { lockForFanOut } from '../../endpoints/locks.ts'
import { maySend, showsTooMuch } from '../manage/redeliver.ts'
import { joinWindows } from './batch-window.ts'
import { eventBody } from './envelope.ts'

// One transaction of the relay: large enough to drain a backlog fast, small enough to hold no lock for long.
const eventsPerTransaction = 100
// Of what was rendered, with a copy for each endpoint: after an outage a hundred events can have hundreds of megabytes.
const bytesPerTransaction = 16 * 1_048_576

type FannedOut = {
  /** How many events have their deliveries now. */
  done: number
  /** How many have to wait for another process. */
  waiting: number
  /** Whether there may be more than one transaction takes. */
  isFull: boolean
  /** The endpoints that something is to be sent to now. */
  due: string[]
}

/**
 * Makes one delivery for each endpoint that listens to an event which has none yet, or puts the event into the endpoint's
 * batch window. Events are claimed by row and not by "sequence greater than": what another process is at is skipped and
 * not lost.
 */
export const fanOut = (db: Db, now: Date): Promise<FannedOut> =>
  db.$transaction(async (tx) => {
    const { ids, waiting, isFull } = await claimEvents(tx)
    if (ids.length === 0) return { done: 0, waiting, isFull, due: [] }
    const where = { id: { in: ids } }
    const events = await tx.event.findMany({
      where,
      orderBy: { sequence: 'asc' },
      include: { renderings: true },
    })
    const listening = events.flatMap(({ renderings }) => renderings.flatMap(({ endpointIds }) => endpointIds))
    const { endpoints, windows } = await lockForFanOut(tx, [...new Set(listening)])
    const told = events.flatMap((event) => endpointsTold(event, endpoints))
    const isBatched = ({ endpoint }: Told) => windows.has(endpoint.id)
    const due = await writeDeliveries(
      tx,
      told.filter((one) => !isBatched(one)),
      now,
    )
    await joinWindows(tx, told.filter(isBatched), now)
    await tx.event.updateMany({ where, data: { fannedOutAt: now } })
    return { done: events.length, waiting, isFull, due }
  })

/**
 * Locks the oldest events that have no deliveries yet. Those about a subject of which another process has an earlier one
 * in hand are left to the next fan-out: the deliveries about one subject are made in the order of its events.
 */
const claimEvents = async (tx: Tx): Promise<{ ids: string[]; waiting: number; isFull: boolean }> => {
  const claimed = await tx.$queryRaw<{ id: string; bytes: number }[]>`
    SELECT id, (
      SELECT coalesce(sum(octet_length(data)::bigint * (1 + cardinality(endpoint_ids))), 0)::float8
      FROM event_renderings WHERE event_id = events.id
    ) AS bytes
    FROM events WHERE fanned_out_at IS NULL
    ORDER BY sequence LIMIT ${eventsPerTransaction} FOR UPDATE OF events SKIP LOCKED`
  const ids = withinBytes(claimed)
  const isFull = claimed.length === eventsPerTransaction || ids.length < claimed.length
  if (ids.length === 0) return { ids, waiting: 0, isFull }
  const early = await tx.$queryRaw<{ id: string }[]>`
    SELECT e.id FROM events e WHERE e.id = ANY(${ids}) AND EXISTS (
      SELECT 1 FROM events earlier
      WHERE earlier.subject_id = e.subject_id AND earlier.sequence < e.sequence
        AND earlier.fanned_out_at IS NULL AND earlier.id <> ALL(${ids}))`
  const waiting = new Set(early.map(({ id }) => id))
  return { ids: ids.filter((id) => !waiting.has(id)), waiting: waiting.size, isFull }
}

/** The first of them that are not too much together, and one at the least. */
const withinBytes = (events: { id: string; bytes: number }[]): string[] => {
  let sum = 0
  const tooMany = events.findIndex(({ bytes }, index) => {
    sum += bytes
    return index > 0 && sum > bytesPerTransaction
  })
  return events.slice(0, tooMany < 0 ? undefined : tooMany).map(({ id }) => id)
}

type Told = { event: Event; endpoint: WebhookEndpoint; rendering: EventRendering }

const endpointsTold = (
  { renderings, ...event }: Event & { renderings: EventRendering[] },
  endpoints: WebhookEndpoint[],
): Told[] =>
  endpoints.flatMap((endpoint) => {
    // Who is told was decided when the event was committed: the endpoint may have been made or changed since.
    const rendering = renderings.find((row) => row.endpointIds.includes(endpoint.id))
    // One that was disabled meanwhile and set active again is told of what came after that.
    const isLate = event.sequence <= endpoint.listensAfter
    return rendering && !isLate ? [{ event, endpoint, rendering }] : []
  })

const writeDeliveries = async (tx: Tx, told: Told[], now: Date): Promise<string[]> => {
  const rows = told.map((one) => deliveryOf(one, now))
  if (rows.length > 0) await insertDeliveries(tx, rows)
  return [...new Set(rows.flatMap(({ endpointId, nextAttemptAt }) => (nextAttemptAt ? [endpointId] : [])))]
}

/** Writes deliveries: one parameter however many there are, since the client would plan each value of each row. */
export const insertDeliveries = (tx: Tx, rows: DeliveryRow[]) =>
  tx.$executeRaw`
    INSERT INTO webhook_deliveries
      (id, endpoint_id, event_id, subject_id, sequence, scopes, status, body, reason, next_attempt_at, created_at)
    SELECT id, "endpointId", "eventId", "subjectId", sequence, scopes, status, body, reason, "nextAttemptAt", "createdAt"
    FROM json_to_recordset(${JSON.stringify(rows)}::json) AS r(
      id text, "endpointId" text, "eventId" text, "subjectId" text, sequence bigint, scopes "ApiKeyScope"[],
      status "WebhookDeliveryStatus", body text, reason text, "nextAttemptAt" timestamptz, "createdAt" timestamptz)`

/** A delivery as it is written down first. */
export type DeliveryRow = {
  id: string
  endpointId: string
  /** Null for a batch, as is its subject. */
  eventId: string | null
  subjectId: string | null
  sequence: string
  scopes: ApiKeyScope[]
  createdAt: Date
  status: 'PENDING' | 'FAILED' | 'CANCELLED'
  body?: string
  reason?: string
  nextAttemptAt?: Date
}

/** The delivery of one event, before it is written. */
export const deliveryOf = ({ event, endpoint, rendering }: Told, now: Date): DeliveryRow => {
  const { id: eventId, subjectId, sequence } = event
  const { scopes } = rendering
  const row = {
    id: newId('delivery'),
    endpointId: endpoint.id,
    eventId,
    subjectId,
    sequence: String(sequence),
    scopes,
    createdAt: now,
    status: 'PENDING' as const,
  }
  if (!maySend(endpoint, row)) return { ...row, status: 'CANCELLED', reason: showsTooMuch }
  // There was no time to render it: that is made up for when it is sent.
  if (rendering.data === null && rendering.failure === null) return { ...row, nextAttemptAt: now }
  const made = eventBody(event, endpoint.apiVersion, { ...rendering, isReplay: false })
  return 'body' in made ? { ...row, ...made, nextAttemptAt: now } : { ...row, ...made, status: 'FAILED' }
}
