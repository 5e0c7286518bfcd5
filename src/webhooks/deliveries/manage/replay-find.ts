import type {
  ApiKeyScope,
  Event,
  WebhookDeliveryStatus,
  WebhookEndpoint,
} from '../../../db/generated/client.ts'
import { Prisma } from '../../../db/generated/client.ts'
import { eventsVisibleTo } from '../../../events/visibility.ts'
import { viewerWith } from '../../../keys/viewer.ts'
import type { Write } from '../../../write/write.ts'
import { testType } from '../../endpoints/endpoint.ts'
import { subscriptionFilterOf } from '../../endpoints/filter.ts'

/** How far a replay has come: after an event of those that were there when it began, or after a failed delivery. */
export type ReplayPosition =
  | { kind: 'events'; after: bigint; until: bigint; since: Date | null }
  | { kind: 'failed'; after: Date; afterId: string }

/** What is to be sent again: an event with the delivery that the endpoint has of it, if it was told, or a delivery. */
export type ReplayBatch =
  | { event: Event; delivery: FoundDelivery | null }
  | { event: null; delivery: FoundDelivery }

/** Bodies stay where they are: hundreds of them would be megabytes. */
export type FoundDelivery = {
  id: string
  eventId: string | null
  status: WebhookDeliveryStatus
  hasBody: boolean
  scopes: ApiKeyScope[]
  createdAt: Date
}

/** The next events that the endpoint is told of, in commit order. What is not fanned out yet reaches it anyway. */
export const foundEventsAfter = async (
  w: Write,
  endpoint: WebhookEndpoint,
  { after, until, since }: Extract<ReplayPosition, { kind: 'events' }>,
  limit: number,
): Promise<ReplayBatch[]> => {
  const { id, scopes, eventTypes } = endpoint
  const key = subscriptionFilterOf(endpoint)?.key
  const events = await w.tx.event.findMany({
    where: {
      sequence: { gt: after, lte: until },
      fannedOutAt: { not: null },
      type: { not: testType, ...(eventTypes.length > 0 ? { in: eventTypes } : {}) },
      ...(since ? { occurredAt: { gte: since } } : {}),
      // As isFor has it, in these, too.
      ...(key === undefined ? {} : { NOT: { filtersMissed: { has: key } } }),
      ...(key === undefined || eventTypes.length > 0 ? {} : { subjectType: 'Post' }),
      // As isFor has it: who names their types is told of endpoints, too.
      OR: [
        eventsVisibleTo(viewerWith(scopes)),
        ...(eventTypes.length > 0 ? [{ subjectType: 'Endpoint' }] : []),
      ],
    },
    orderBy: { sequence: 'asc' },
    take: limit,
  })
  const deliveries = await deliveriesOf(w, id, events)
  return events.map((event) => ({ event, delivery: deliveries.get(event.id) ?? null }))
}

/** What the endpoint was told of events with: a delivery each, or that of a batch. */
const deliveriesOf = async ({ tx }: Write, endpointId: string, events: Event[]) => {
  const ids = events.map((event) => event.id)
  const rows = await tx.$queryRaw<FoundDelivery[]>`
    SELECT ${columns}, event_id AS "eventId" FROM webhook_deliveries d
    WHERE endpoint_id = ${endpointId} AND event_id = ANY(${ids})
    UNION ALL
    SELECT ${columns}, b.event_id FROM webhook_batched_events b JOIN webhook_deliveries d ON d.id = b.delivery_id
    WHERE d.endpoint_id = ${endpointId} AND b.event_id = ANY(${ids})`
  return new Map(rows.map((row) => [row.eventId, row]))
}

/** The next deliveries that have failed, the oldest first. */
export const failedDeliveriesAfter = async (
  w: Write,
  { id }: WebhookEndpoint,
  { after, afterId }: Extract<ReplayPosition, { kind: 'failed' }>,
  limit: number,
): Promise<ReplayBatch[]> => {
  const deliveries = await w.tx.$queryRaw<FoundDelivery[]>`
    SELECT ${columns}, event_id AS "eventId" FROM webhook_deliveries d
    WHERE endpoint_id = ${id} AND status = 'FAILED' AND (created_at, id) > (${after}, ${afterId})
    ORDER BY created_at, id LIMIT ${limit}`
  return deliveries.map((delivery) => ({ delivery, event: null }))
}

const columns = Prisma.sql`
  d.id, d.status::text, d.body IS NOT NULL AS "hasBody", d.scopes::text[], d.created_at AS "createdAt"`
