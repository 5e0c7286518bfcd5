import type { Db, Tx } from '../../../db/client.ts'
import type { ApiKeyScope, Event, EventRendering, WebhookEndpoint } from '../../../db/generated/client.ts'
import { Prisma } from '../../../db/generated/client.ts'
import type { OutboxPorts, Rendering, View } from '../../../events/outbox.ts'
import { mayBeTold, viewOf } from '../../endpoints/endpoint.ts'
import { type Body, eventBody, type Shown } from './envelope.ts'
import { keepParts, type Part, partsOf } from './split-batch.ts'

type Render = OutboxPorts['render']

// With the 15 s of the request it has to fit into the lease of 25 s. Nobody's publish waits for it.
const renderTimeoutMs = 5_000

/**
 * Makes the body of a leased delivery that has none, and keeps it: a batch whose window has closed, or an event whose
 * document has no rendering. What was not rendered with the event is rendered now, with the present state and the scopes that
 * the endpoint has. Of a batch that is too large for one body the delivery keeps the first part, and others take the rest.
 * Returns null when the delivery has failed for it, or is no longer wanted.
 */
export const compose = async (
  db: Db,
  render: Render,
  id: string,
): Promise<{ body: string; scopes: ApiKeyScope[] } | null> => {
  const delivery = await db.webhookDelivery.findUnique({
    where: { id },
    select: { subjectId: true, eventId: true, endpoint: true },
  })
  if (!delivery?.endpoint) return null
  const { endpoint, eventId, subjectId } = delivery
  const show = showWith(db, render, viewOf(endpoint))
  const [first, ...more] =
    subjectId === null
      ? await partsOfBatch(db, id, endpoint, show)
      : [{ id, events: [], made: await bodyOfEvent(db, eventId, endpoint, show) }]
  if (!first) return null
  const { id: endpointId, scopes } = endpoint
  const isKept =
    more.length > 0
      ? await keepParts(db, { id, endpointId, scopes }, [first, ...more])
      : await keep(db, id, endpoint, first.made)
  return isKept && 'body' in first.made ? { body: first.made.body, scopes } : null
}

type RenderedEvent = Event & { renderings: EventRendering[] }

/** What the endpoint is shown of an event. */
export type Show = (event: RenderedEvent) => Promise<Shown>

const bodyOfEvent = async (
  db: Tx,
  eventId: string | null,
  endpoint: WebhookEndpoint,
  show: Show,
): Promise<Body> => {
  const { apiVersion, renderingKey } = endpoint
  const event = eventId
    ? await db.event.findUnique({
        where: { id: eventId },
        include: { renderings: { where: { key: renderingKey } } },
      })
    : null
  if (!event) return { reason: 'The event is no longer kept.' }
  if (!mayBeTold(endpoint, event)) return { reason: 'It tells what the endpoint may no longer see.' }
  return eventBody(event, apiVersion, await show(withoutFailure(event)))
}

/** What failed with the event failed its delivery then: one that is composed all the same was asked for again. */
const withoutFailure = (event: RenderedEvent): RenderedEvent => ({
  ...event,
  renderings: event.renderings.filter(({ failure }) => failure === null),
})

const partsOfBatch = async (
  db: Tx,
  deliveryId: string,
  endpoint: WebhookEndpoint,
  show: Show,
): Promise<Part[]> => {
  const { apiVersion, renderingKey } = endpoint
  const joined = await db.event.findMany({
    where: { batches: { some: { deliveryId } } },
    orderBy: { sequence: 'asc' },
  })
  // It may have lost a scope since they joined.
  const events = joined.filter((event) => mayBeTold(endpoint, event))
  if (joined.length > events.length && events.length === 0)
    return [{ id: deliveryId, events, made: { reason: 'It tells what the endpoint may no longer see.' } }]
  const last = new Map(events.map((event) => [event.subjectId, event.id]))
  const lastEvents = await db.event.findMany({
    where: { id: { in: [...last.values()] } },
    include: { renderings: { where: { key: renderingKey } } },
    orderBy: { sequence: 'asc' },
  })
  const states = []
  for (const event of lastEvents) states.push({ event, shown: await show(event) })
  return partsOf(deliveryId, apiVersion, events, states)
}

/** Shows what was rendered with the event where there is that, else the state of now, within a few seconds in all. */
export const showWith = (db: Tx, render: Render, view: View): Show => {
  const deadline = AbortSignal.timeout(renderTimeoutMs)
  const tooLate = new Promise<Rendering>((resolve) => {
    const failure = `The document took longer than ${renderTimeoutMs} ms.`
    deadline.onabort = () => resolve({ data: null, errors: null, failure })
  })
  return async (event) => {
    const kept = event.renderings.find(({ data, failure }) => data !== null || failure !== null)
    if (kept) return { ...kept, isReplay: false }
    const rendering = await Promise.race([render(db, event, view, deadline), tooLate])
    return { ...rendering, isReplay: true }
  }
}

/**
 * Keeps the body, or the reason why there is none, unless the delivery was cancelled meanwhile or the endpoint's scopes were
 * changed: then it shows what they no longer may, and is made again. Locked as by a fan-out, so that a change that is just
 * being committed finds it or is seen here.
 */
const keep = async (db: Tx, id: string, endpoint: WebhookEndpoint, made: Body): Promise<boolean> => {
  const scopes = Prisma.sql`${endpoint.scopes}::text[]::"ApiKeyScope"[]`
  const change =
    'body' in made
      ? Prisma.sql`body = ${made.body}`
      : Prisma.sql`status = 'FAILED', reason = ${made.reason}, next_attempt_at = NULL, leased_until = NULL`
  const count = await db.$executeRaw`
    WITH unchanged AS MATERIALIZED (
      SELECT id FROM webhook_endpoints WHERE id = ${endpoint.id} AND scopes = ${scopes} FOR KEY SHARE
    )
    UPDATE webhook_deliveries d SET scopes = ${scopes}, ${change}
    FROM unchanged WHERE d.id = ${id} AND d.endpoint_id = unchanged.id AND d.status = 'PENDING' AND d.body IS NULL
      AND d.leased_until IS NOT NULL`
  return count > 0
}
