import { beforeEach, expect, test } from 'vitest'
import {
  RedeliverWebhookDocument,
  ReplayWebhooksDocument,
  SendTestWebhookDocument,
} from '../../schema/generated/graphql.ts'
import { newId } from '../../src/lib/id.ts'
import { withApp } from '../support/app.ts'
import { answer, type ReceivedRequest, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import {
  allDelivered,
  deliveriesTo,
  deliveryOf,
  envelopeOf,
  redeliver,
  replay,
  sendTest,
  subscribe,
  updateEndpoint,
} from './subscribing.ts'
import { publishNew, save, saveNew, unpublish } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
const titles = 'subscription { events { ... on PostEvent { post { title } } } }'
const idOf = (request: ReceivedRequest | undefined) => request?.headers['webhook-id']
/** What happened before a test is none of its business. */
let since = ''

beforeEach(() => {
  lent.app.clock.advance(1_000)
  since = lent.app.clock.now().toISOString()
})

test('a test reaches the endpoint alone, whatever it listens to, and is in the log at once', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  await using others = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })
  const other = await subscribe(app.admin, { url: others.url, scopes: ['ADMIN'] })

  const delivery = await sendTest(app.admin, id)
  const [request] = await receiver.waitFor(1)
  await until(async () => (await deliveriesTo(app.admin, id))[0]?.status === 'DELIVERED')

  expect(delivery).toMatchObject({ status: 'PENDING', event: { type: 'WEBHOOK_TEST' } })
  expect(idOf(request)).toBe(delivery.id)
  expect(request && envelopeOf(request)).toMatchObject({
    type: 'webhook.test',
    id: delivery.event?.id,
    subject: { type: 'Endpoint', id },
    data: {},
  })
  expect(await deliveriesTo(app.admin, other.id)).toEqual([])
  // Nor does its relay make a second one.
  await app.worker?.sweep()
  expect(await deliveriesTo(app.admin, id)).toHaveLength(1)
})

test('a test with a document that fails is a failed delivery; to a paused endpoint it waits; a disabled one gets none', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, document: titles })
  await app.database.db.webhookEndpoint.update({
    where: { id },
    data: { document: 'subscription { gone { id } }', renderingKey: 'broken' },
  })
  expect(await sendTest(app.admin, id)).toMatchObject({
    status: 'FAILED',
    reason: expect.stringMatching(/^The document cannot be rendered/),
  })

  await updateEndpoint(app.admin, { id, document: null, status: 'PAUSED' })
  const waiting = await sendTest(app.admin, id)
  await app.worker?.sweep()
  expect(waiting.status).toBe('PENDING')
  await updateEndpoint(app.admin, { id, status: 'ACTIVE' })
  const [request] = await receiver.waitFor(1)
  expect(idOf(request)).toBe(waiting.id)
  expect(request && envelopeOf(request).data).toEqual({ endpointId: id, reason: 'A test.' })

  await updateEndpoint(app.admin, { id, status: 'DISABLED' })
  const input = { id }
  expect(await app.admin.run(SendTestWebhookDocument, { input })).toMatchObject({
    sendTestWebhook: { __typename: 'InvalidStateError' },
  })
})

test('a delivery is sent again with the same id and bytes, and its retries are counted anew', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(answer(410))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })
  const { event } = await publishNew(app.admin, 'Once more')
  const failed = await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'FAILED')
  await updateEndpoint(app.admin, { id, status: 'ACTIVE' })
  await app.database.db.webhookDelivery.update({ where: { id: failed.id }, data: { attemptCount: 10 } })

  receiver.always(answer(500))
  expect(await redeliver(app.admin, failed.id)).toMatchObject({
    id: failed.id,
    status: 'PENDING',
    reason: null,
  })
  const again = await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length === 2)
  receiver.always(answer(204))
  await redeliver(app.admin, failed.id)
  const delivered = await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  await redeliver(app.admin, failed.id)
  const requests = await receiver.waitFor(4)

  expect(again).toMatchObject({ status: 'PENDING', nextAttemptAt: expect.any(String) })
  expect(delivered.attempts.map(({ number }) => number)).toEqual([1, 11, 12])
  expect(new Set(requests.map(idOf))).toEqual(new Set([failed.id]))
  expect(new Set(requests.map(({ body }) => body.toString()))).toEqual(new Set([failed.body]))
})

test('what has nowhere to go, or shows more than its endpoint may see, is not sent again', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, scopes: ['CONTENT_READ'] })
  const { event } = await publishNew(app.admin, 'Private')
  const { id: deliveryId } = await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  const refusal = async (input: { id: string }) =>
    (await app.admin.run(RedeliverWebhookDocument, { input })).redeliverWebhook

  await updateEndpoint(app.admin, { id, scopes: null })
  expect(await refusal({ id: deliveryId })).toMatchObject({
    __typename: 'InvalidStateError',
    message: expect.stringContaining('may no longer see'),
  })
  await updateEndpoint(app.admin, { id, scopes: ['ADMIN'], status: 'DISABLED' })
  expect(await refusal({ id: deliveryId })).toMatchObject({
    __typename: 'InvalidStateError',
    message: expect.stringContaining('disabled'),
  })
  expect(await refusal({ id: newId('delivery') })).toMatchObject({ __typename: 'NotFoundError' })
})

test('a replay names the last event that its caller may see, from which they can go on', async () => {
  const { app } = lent
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes: ['POST_PUBLISHED', 'POST_CREATED'],
    document: titles,
    scopes: ['CONTENT_READ'],
  })
  const { event } = await publishNew(app.admin, 'Known')
  await saveNew(app.admin, 'Secret')
  await allDelivered(app.admin, id, 3)

  const { count, lastEventId } = await replay(manager, id, { since })
  expect({ count, lastEventId }).toEqual({ count: 3, lastEventId: event.id })
  await allDelivered(app.admin, id, 3)
  expect((await replay(manager, id, { eventId: event.id })).count).toBe(2)
  await allDelivered(app.admin, id, 3)
})

test('what has failed and tells what its endpoint may no longer see is not replayed', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(answer(410))
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes: ['POST_CREATED'],
    document: titles,
    scopes: ['CONTENT_READ'],
  })
  await saveNew(app.admin, 'Secret')
  await receiver.waitFor(1)
  await until(async () => (await deliveriesTo(app.admin, id))[0]?.status === 'FAILED')
  receiver.always(answer(204))
  await updateEndpoint(app.admin, { id, scopes: [], status: 'ACTIVE' })

  await replay(app.admin, id, { failedSince: since })
  const delivery = await until(async () =>
    (await deliveriesTo(app.admin, id)).find(({ status }) => status !== 'PENDING'),
  )

  expect(delivery).toMatchObject({
    status: 'FAILED',
    body: null,
    reason: expect.stringContaining('may no longer see'),
  })
  expect(receiver.requests).toHaveLength(1)
})

test('a replay fetches what was missed while disabled, the oldest first, and says what is not of its time', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const document = 'subscription { events { id ... on PostEvent { post { title } } } }'
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document, maxInFlight: 1 })
  const told = await publishNew(app.admin, 'Told')
  await allDelivered(app.admin, id, 1)
  await updateEndpoint(app.admin, { id, status: 'DISABLED' })
  const changed = await publishNew(app.admin, 'Missed')
  const gone = await publishNew(app.admin, 'Gone')
  await unpublish(app.admin, gone.post.id)
  await updateEndpoint(app.admin, { id, status: 'ACTIVE' })
  const events = [told, changed, gone].map(({ event }) => event.id)

  const { count, hasMore, lastEventId } = await replay(app.admin, id, { eventId: events[0] ?? '' })
  const requests = await receiver.waitFor(4)
  await allDelivered(app.admin, id, 3)

  expect({ count, hasMore, lastEventId }).toEqual({
    count: 3,
    hasMore: false,
    lastEventId: events[2],
  })
  expect(requests.slice(1).map((request) => envelopeOf(request).id)).toEqual(events)
  expect(idOf(requests[1])).toBe(idOf(requests[0]))
  expect(requests.slice(1).map((request) => envelopeOf(request))).toMatchObject([
    { data: { post: { title: 'Told' } } },
    { data: { post: { title: 'Missed' } }, rendered: 'replay' },
    { data: { post: null }, rendered: 'replay' },
  ])
  expect(requests[1] && envelopeOf(requests[1]).rendered).toBeUndefined()
})

test('a replay of nothing but what was missed wakes the workers and waits for no sweep', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { event } = await publishNew(app.admin, 'Before there was an endpoint')
  await until(async () => (await app.database.db.event.count({ where: { fannedOutAt: null } })) === 0)
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })

  const { result, statements } = await app.countStatements(() => replay(app.admin, id, { eventId: event.id }))
  const [request] = await receiver.waitFor(1)

  expect(result.count).toBe(1)
  expect(statements.filter((sql) => sql.includes('pg_notify'))).toHaveLength(1)
  expect(request && envelopeOf(request).id).toBe(event.id)
})

test('a replay that is asked for twice makes no second delivery, and leaves alone what is on its way', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })
  await updateEndpoint(app.admin, { id, status: 'DISABLED' })
  for (const title of ['One', 'Two']) await publishNew(app.admin, title)
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })

  const first = await replay(app.admin, id, { since })
  const second = await replay(app.admin, id, { since })
  const waiting = await deliveriesTo(app.admin, id)
  await updateEndpoint(app.admin, { id, status: 'ACTIVE' })
  await allDelivered(app.admin, id, 2)

  expect([first.count, second.count]).toEqual([2, 0])
  expect(waiting.map(({ status }) => status)).toEqual(['PENDING', 'PENDING'])
  expect(receiver.requests).toHaveLength(2)
})

test('what has failed is sent again, also what could not be rendered and now can', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })
  const broken = { document: 'subscription { gone { id } }', renderingKey: 'gone' }
  await app.database.db.webhookEndpoint.update({ where: { id }, data: broken })
  const unrendered = await publishNew(app.admin, 'Unrendered')
  await deliveryOf(app.admin, id, unrendered.event.id, ({ status }) => status === 'FAILED')
  // Still broken: it fails once more, and says so.
  expect(await replay(app.admin, id, { failedSince: since })).toMatchObject({ count: 1 })
  await deliveryOf(app.admin, id, unrendered.event.id, ({ status }) => status === 'FAILED')

  await updateEndpoint(app.admin, { id, document: titles })
  await publishNew(app.admin, 'Delivered')
  await receiver.waitFor(1)
  await save(app.admin, { id: unrendered.post.id, title: 'Not live' })
  expect(await replay(app.admin, id, { failedSince: since })).toMatchObject({ count: 1 })
  const [, request] = await receiver.waitFor(2)
  await allDelivered(app.admin, id, 2)

  expect(request && envelopeOf(request)).toMatchObject({
    id: unrendered.event.id,
    rendered: 'replay',
    data: { post: { title: 'Unrendered' } },
  })
  expect(await replay(app.admin, id, { failedSince: since })).toMatchObject({ count: 0 })
})

test('a replay of what came in a batch sends the batch again, once', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes,
    document: titles,
    batchWindowSeconds: 60,
  })
  for (const title of ['One', 'Two']) await publishNew(app.admin, title)
  await until(async () => (await deliveriesTo(app.admin, id)).length === 1)
  app.clock.advance(61_000)
  await app.worker?.sweep()
  await receiver.waitFor(1)
  await allDelivered(app.admin, id, 1)

  expect(await replay(app.admin, id, { since })).toMatchObject({ count: 1, hasMore: false })
  const [first, second] = await receiver.waitFor(2)
  await allDelivered(app.admin, id, 1)

  expect(first && envelopeOf(first)).toMatchObject({ type: 'events.batch' })
  expect(second?.body.equals(first?.body ?? Buffer.of())).toBe(true)
  expect(idOf(second)).toBe(idOf(first))
})

test('a replay takes 10,000 deliveries a call, in small transactions, and goes on where it ended', async () => {
  const { app } = lent
  const { db } = app.database
  const { id } = await subscribe(app.admin, { url: app.receiver.url, eventTypes, document: titles })
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })
  const at = app.clock.now()
  await insertTold(id, 10_050, at)

  const { result: first, statements } = await app.countStatements(() => replay(app.admin, id, { since }))
  const rest = await replay(app.admin, id, { eventId: first.lastEventId ?? '' })

  expect(first).toMatchObject({ count: 10_000, hasMore: true })
  // The last event of the first call is on its way already.
  expect(rest).toMatchObject({ count: 50, hasMore: false })
  expect(await db.webhookDelivery.count({ where: { endpointId: id, status: 'PENDING' } })).toBe(10_050)
  expect(statements.filter((sql) => sql.includes('resent_after =')).length).toBe(20)
})

test('a replay from an event that there is not, to an endpoint that there is not or that is disabled, is a problem', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url: 'https://example.com/' })
  const problem = async (endpointId: string, eventId: string) =>
    (await app.admin.run(ReplayWebhooksDocument, { input: { endpointId, from: { eventId } } })).replayWebhooks

  expect(await problem(id, newId('event'))).toMatchObject({
    __typename: 'NotFoundError',
    path: ['input', 'from', 'eventId'],
  })
  expect(await problem(newId('endpoint'), newId('event'))).toMatchObject({
    __typename: 'NotFoundError',
    path: ['input', 'endpointId'],
  })
  await updateEndpoint(app.admin, { id, status: 'DISABLED' })
  expect(await problem(id, newId('event'))).toMatchObject({ __typename: 'InvalidStateError' })
})

/** By SQL: ten thousand by the client would take longer than what is tested. */
const insertEvents = (count: number, at: Date) =>
  lent.app.database.db.$executeRaw`
    INSERT INTO events (id, type, occurred_at, subject_type, subject_id, subject_version, changed_fields, invalidates,
      paths, is_public, fanned_out_at)
    SELECT format('event_%s_%s', ${at.getTime()}::bigint, i), 'post.published', ${at}, 'Post', 'post_1', 1, '{}', '{}', '{}',
      true, ${at}
    FROM generate_series(1, ${count}::int) i ORDER BY i`

const insertTold = async (endpointId: string, count: number, at: Date): Promise<void> => {
  await insertEvents(count, at)
  await lent.app.database.db.$executeRaw`
    INSERT INTO webhook_deliveries (id, endpoint_id, event_id, subject_id, body, status, created_at)
    SELECT replace(id, 'event', 'delivery'), ${endpointId}, id, subject_id, '{}', 'DELIVERED', ${at} FROM events
    WHERE occurred_at = ${at}`
}
