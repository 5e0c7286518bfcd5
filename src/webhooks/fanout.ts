import type { Db, Tx } from '../db/client.ts'
import type { Event, EventRendering, Prisma, WebhookEndpoint } from '../db/generated/client.ts'
import { newId } from '../id.ts'
import type { Queue } from '../queue/queue.ts'
import { listensTo } from './endpoint.ts'

// One transaction of the relay: large enough to drain a backlog fast, small enough to hold no lock for long.
const eventsPerTransaction = 100

// The contract's limit of a body; beyond it a receiver is better told to ask for less.
const maxBodyBytes = 256 * 1024

/**
 * Makes one delivery, with its alarm, for each endpoint that listens to an event which has none yet. Events are claimed
 * by row and not by "sequence greater than": what another process is at is skipped and not lost. Returns how many
 * events were fanned out.
 */
export const fanOut = (db: Db, queue: Queue, now: Date): Promise<number> =>
  db.$transaction(async (tx) => {
    const claimed = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM events WHERE fanned_out_at IS NULL
      ORDER BY sequence LIMIT ${eventsPerTransaction} FOR UPDATE SKIP LOCKED`
    if (claimed.length === 0) return 0
    const where = { id: { in: claimed.map((row) => row.id) } }
    const events = await tx.event.findMany({
      where,
      orderBy: { sequence: 'asc' },
      include: { renderings: true },
    })
    const endpoints = await tx.webhookEndpoint.findMany({ where: { status: { not: 'DISABLED' } } })
    const deliveries = events.flatMap((event) => deliveriesOf(event, endpoints, now))
    await writeDeliveries(tx, queue, deliveries)
    await tx.event.updateMany({ where, data: { fannedOutAt: now } })
    return events.length
  })

type Delivery = Prisma.WebhookDeliveryCreateManyInput

const deliveriesOf = (
  event: Event & { renderings: EventRendering[] },
  endpoints: WebhookEndpoint[],
  now: Date,
): Delivery[] =>
  endpoints.flatMap((endpoint): Delivery[] => {
    const rendering = event.renderings.find((row) => row.key === endpoint.renderingKey)
    // An endpoint that was made or set active after the event did not ask for it.
    if (!rendering || !listensTo(endpoint, event)) return []
    const base = {
      id: newId('delivery'),
      endpointId: endpoint.id,
      eventId: event.id,
      subjectId: event.subjectId,
      sequence: event.sequence,
      createdAt: now,
    }
    const body = rendering.data === null ? null : bodyOf(event, endpoint, rendering)
    const reason = rendering.failure ?? (body ? tooLarge(body) : null)
    return reason === null
      ? [{ ...base, body, nextAttemptAt: now }]
      : [{ ...base, status: 'FAILED' as const, reason }]
  })

const writeDeliveries = async (tx: Tx, queue: Queue, deliveries: Delivery[]): Promise<void> => {
  if (deliveries.length === 0) return
  await tx.webhookDelivery.createMany({ data: deliveries })
  const waiting = new Set(
    deliveries.flatMap(({ endpointId, nextAttemptAt }) => (nextAttemptAt ? (endpointId ?? []) : [])),
  )
  await queue.set(
    tx,
    [...waiting].map((id) => ({ id, delayMs: 0 })),
  )
}

/** The envelope with `data` set in as it was rendered, byte for byte. */
const bodyOf = (event: Event, endpoint: WebhookEndpoint, rendering: EventRendering): string => {
  const envelope = JSON.stringify({
    id: event.id,
    type: event.type,
    timestamp: event.occurredAt.toISOString(),
    sequence: String(event.sequence),
    apiVersion: endpoint.apiVersion,
    subject: { type: event.subjectType, id: event.subjectId, version: event.subjectVersion },
    changedFields: event.changedFields,
    previous: event.previous,
    invalidates: event.invalidates,
    paths: event.paths,
  })
  const errors = rendering.errors ? `,"errors":${JSON.stringify(rendering.errors)}` : ''
  return `${envelope.slice(0, -1)},"data":${rendering.data}${errors}}`
}

const tooLarge = (body: string): string | null => {
  const bytes = Buffer.byteLength(body)
  return bytes > maxBodyBytes
    ? `The body has ${bytes} bytes, more than the ${maxBodyBytes} that are sent; ask for fewer fields in the endpoint's document.`
    : null
}
