import { expect, test } from 'vitest'
import { newId } from '../../src/lib/id.ts'
import { type EventBatch, verifyWebhook } from '../../src/receiver/verify.ts'
import { compose } from '../../src/webhooks/deliveries/make/render-body.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { answer, type ReceivedRequest, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import {
  type Delivery,
  deliveriesTo,
  deliveryOf,
  envelopeOf,
  redeliver,
  subscribe,
  updateEndpoint,
} from './subscribing.ts'
import { publish, publishNew, save, saveNew } from './writing.ts'

const lent = withApp({ random: () => 0.5 })

const second = 1_000
const eventTypes = ['POST_PUBLISHED' as const, 'POST_UPDATED' as const]
const document = 'subscription { events { ... on PostEvent { post { title } } } }'

/** Waits until the endpoint's one window has that many events. */
const gathered = ({ database }: TestApp, endpointId: string, count: number) =>
  until(
    async () =>
      (await database.db.webhookBatchedEvent.count({ where: { delivery: { endpointId } } })) === count,
  )

/** The newest delivery of the endpoint, once it has come to that. */
const newestDelivery = ({ admin }: TestApp, endpointId: string, status: Delivery['status']) =>
  until(async () => {
    const [delivery] = await deliveriesTo(admin, endpointId)
    return delivery?.status === status ? delivery : null
  })

const closeWindow = async ({ clock, worker }: TestApp) => {
  clock.advance(61 * second)
  await worker?.sweep()
}

test('the events of a window come as one delivery when it closes, each subject once and as it was last', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const input = { url: receiver.url, eventTypes, document, batchWindowSeconds: 60 }
  const { id, secret } = await subscribe(app.admin, input)
  const first = await publishNew(app.admin, 'Before')
  const other = await publishNew(app.admin, 'Other', { tags: ['paper'] })
  await save(app.admin, { id: first.post.id, title: 'After' })
  const updated = await publish(app.admin, first.post.id)
  await gathered(app, id, 3)
  await app.worker?.sweep()

  const [waiting] = await deliveriesTo(app.admin, id)
  expect(receiver.requests).toEqual([])
  expect(waiting).toMatchObject({ status: 'PENDING', body: null, event: null, attempts: [] })
  expect(Date.parse(waiting?.nextAttemptAt ?? '')).toBe(Date.parse(first.event.occurredAt) + 60 * second)

  await closeWindow(app)
  const [request] = await receiver.waitFor(1)
  const delivery = await newestDelivery(app, id, 'DELIVERED')
  if (!request) throw new Error('Nothing was sent.')
  const envelope = await verifyWebhook<EventBatch>(
    request.body,
    Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
    secret,
    { now: app.clock.now() },
  )

  expect(receiver.requests).toHaveLength(1)
  expect(request.body.toString()).toBe(delivery.body)
  expect(envelope).toEqual({
    id: delivery.id,
    type: 'events.batch',
    timestamp: new Date(updated.event.occurredAt).toISOString(),
    firstSequence: first.event.sequence,
    sequence: updated.event.sequence,
    apiVersion: '2026-11-22',
    subjects: [
      { type: 'Post', id: other.post.id, version: other.post.version, change: 'post.published' },
      { type: 'Post', id: first.post.id, version: updated.post.version, change: 'post.updated' },
    ],
    invalidates: expect.arrayContaining([first.post.id, other.post.id, 'posts']),
    paths: expect.arrayContaining([first.post.path, other.post.path, '/tag/paper/']),
    data: [{ post: { title: 'Other' } }, { post: { title: 'After' } }],
  })
  expect(new Set(envelope.paths).size).toBe(envelope.paths.length)
})

test('an event after the window has closed opens the next one, and a failed batch is resent byte for byte', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(answer(500))
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes,
    document,
    batchWindowSeconds: 60,
  })
  const one = await publishNew(app.admin, 'In the first window')
  await gathered(app, id, 1)
  app.clock.advance(61 * second)
  await app.worker?.sweep()
  await receiver.waitFor(1)
  await until(async () => (await deliveriesTo(app.admin, id)).some(({ attempts }) => attempts.length === 1))
  const two = await publishNew(app.admin, 'In the second window')
  await gathered(app, id, 2)
  app.clock.advance(61 * second)
  await app.worker?.sweep()

  const [failed, ...rest] = (await receiver.waitFor(3)).map((request) => ({
    id: request.headers['webhook-id'],
    body: request.body.toString(),
    sequence: envelopeOf(request).sequence,
  }))

  expect(failed?.sequence).toBe(one.event.sequence)
  expect(rest).toContainEqual(failed)
  expect(rest.map(({ sequence }) => sequence).toSorted()).toEqual(
    [one.event.sequence, two.event.sequence].toSorted(),
  )
})

test('a window whose process was killed while closing it is closed by another', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes,
    document,
    batchWindowSeconds: 60,
  })
  await publishNew(app.admin, 'Half closed')
  await gathered(app, id, 1)
  // What a kill leaves: a lease and no body.
  const leasedUntil = new Date(app.clock.now().getTime() + 90 * second)
  await app.database.db.webhookDelivery.updateMany({ where: { endpointId: id }, data: { leasedUntil } })
  await publishNew(app.admin, 'Too late for the first')
  await gathered(app, id, 2)
  await closeWindow(app)
  await newestDelivery(app, id, 'DELIVERED')
  app.clock.advance(61 * second)
  await app.worker?.sweep()

  const told = (await receiver.waitFor(2)).map((request) => envelopeOf(request).data)
  expect(told).toEqual([
    [{ post: { title: 'Too late for the first' } }],
    [{ post: { title: 'Half closed' } }],
  ])
})

test('what the endpoint may no longer see when its window closes is not in the batch', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes: ['POST_CREATED', 'POST_PUBLISHED'],
    document,
    scopes: ['CONTENT_READ'],
    batchWindowSeconds: 60,
  })
  await saveNew(app.admin, 'Secret')
  const { post, event } = await publishNew(app.admin, 'Public')
  await gathered(app, id, 3)
  await updateEndpoint(app.admin, { id, scopes: [] })
  await closeWindow(app)

  const [request] = await receiver.waitFor(1)

  expect(request && envelopeOf(request)).toMatchObject({
    firstSequence: event.sequence,
    subjects: [{ id: post.id, change: 'post.published' }],
    data: [{ post: { title: 'Public' } }],
  })
})

test('a batch that is being made while its endpoint loses a scope is made again', async () => {
  const { app } = lent
  const { db } = app.database
  const { id } = await subscribe(app.admin, {
    url: 'https://receiver.example.com/',
    eventTypes,
    document,
    scopes: ['CONTENT_READ'],
    batchWindowSeconds: 60,
  })
  const { event } = await publishNew(app.admin, 'Seen with more eyes')
  await gathered(app, id, 1)
  // What a publish on a machine that was too busy leaves, so that it is rendered now.
  await db.eventRendering.updateMany({ where: { eventId: event.id }, data: { data: null } })
  // As whoever makes a batch has leased it.
  const leasedUntil = new Date(app.clock.now().getTime() + 25 * second)
  await db.webhookDelivery.updateMany({ where: { endpointId: id }, data: { leasedUntil } })
  const window = await db.webhookDelivery.findFirstOrThrow({ where: { endpointId: id } })
  const rendered = { data: '{"post":{"title":"Seen with more eyes"}}', errors: null, failure: null }
  const amid = async () => {
    await updateEndpoint(app.admin, { id, scopes: [] })
    return rendered
  }

  expect(await compose(db, amid, window.id)).toBeNull()
  expect(await db.webhookDelivery.findUnique({ where: { id: window.id } })).toEqual(window)

  expect(await compose(db, async () => rendered, window.id)).toMatchObject({ scopes: [] })
})

const contents = 'subscription { events { ... on PostEvent { post { title content } } } }'
/** A source of so many kilobytes. */
const sourceOf = (kilobytes: number) => 'word '.repeat(kilobytes * 200)
type Shown = { post: { title: string } }
const batchOf = (request: ReceivedRequest) => JSON.parse(request.body.toString()) as EventBatch
const titlesIn = (request: ReceivedRequest) =>
  envelopeOf<Shown[]>(request).data.map(({ post: { title } }) => title)

test('a batch above 256 KiB goes out in parts, each a batch of its own, the oldest first', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(answer(500))
  const policies = { batchWindowSeconds: 60, maxInFlight: 1, ordering: 'PER_SUBJECT' as const }
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes,
    document: contents,
    ...policies,
  })
  const made = []
  for (const title of ['One', 'Two', 'Three', 'Four', 'Five'])
    made.push(await publishNew(app.admin, title, { source: sourceOf(100) }))
  const [one, two, three, four] = made.map(({ event }) => event.sequence)
  await save(app.admin, { id: made[0]?.post.id ?? '', title: 'One again' })
  const { event: last } = await publish(app.admin, made[0]?.post.id ?? '')
  await gathered(app, id, 6)
  await closeWindow(app)
  await until(async () => (await deliveriesTo(app.admin, id)).some(({ attempts }) => attempts.length === 1))
  await closeWindow(app)
  const [failed, ...requests] = await receiver.waitFor(4)
  const deliveries = await until(async () => {
    const found = await deliveriesTo(app.admin, id)
    return found.every(({ status }) => status === 'DELIVERED') ? found : null
  })

  expect(requests.map(titlesIn)).toEqual([['Two', 'Three'], ['Four'], ['Five', 'One again']])
  expect(
    requests.map(batchOf).map(({ type, firstSequence, sequence, subjects }) => ({
      type,
      sequences: [firstSequence, sequence],
      changes: subjects.map(({ change }) => change),
    })),
  ).toEqual([
    { type: 'events.batch', sequences: [two, three], changes: ['post.published', 'post.published'] },
    { type: 'events.batch', sequences: [four, four], changes: ['post.published'] },
    { type: 'events.batch', sequences: [one, last.sequence], changes: ['post.published', 'post.updated'] },
  ])
  // The first part was tried twice, with the same id and the same bytes; each has an id of its own.
  expect(failed?.body.toString()).toBe(requests[0]?.body.toString())
  expect(requests.map(({ headers }) => headers['webhook-id'])).toEqual(
    requests.map((request) => envelopeOf(request).id),
  )
  expect(deliveries.map(({ body }) => body).toSorted()).toEqual(
    requests.map(({ body }) => body.toString()).toSorted(),
  )
  for (const { body } of requests) expect(body.length).toBeLessThanOrEqual(256 * 1024)
})

test('a subject of a batch that is too large alone fails with its size, and the others go out', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const endpoint = { url: receiver.url, eventTypes, document: contents, batchWindowSeconds: 60 }
  const { id } = await subscribe(app.admin, endpoint)
  for (const [title, kilobytes] of [
    ['Small', 1],
    ['Huge', 300],
    ['Little', 1],
  ] as const)
    await publishNew(app.admin, title, { source: sourceOf(kilobytes) })
  await gathered(app, id, 3)
  await closeWindow(app)
  const told = (await receiver.waitFor(2)).map(titlesIn)
  const failed = await until(async () => {
    const deliveries = await deliveriesTo(app.admin, id)
    const rest = deliveries.filter(({ status }) => status !== 'DELIVERED')
    return deliveries.length === 3 && rest.length === 1 ? rest[0] : null
  })

  expect(told.toSorted()).toEqual([['Little'], ['Small']])
  expect(failed).toMatchObject({ status: 'FAILED', body: null, nextAttemptAt: null, attempts: [] })
  expect(failed.reason).toMatch(/^The body has 30\d{4} bytes, more than the 262144 that are sent/)

  // What was not told for its size is told once the document asks for less.
  await updateEndpoint(app.admin, { id, document })
  await redeliver(app.admin, failed.id)
  await app.worker?.sweep()
  const [, , later] = await receiver.waitFor(3)
  expect(later && [later.headers['webhook-id'], titlesIn(later)]).toEqual([failed.id, ['Huge']])
})

test('a batch that is cut off while it is split is whole afterwards, and split by another look', async () => {
  const { app } = lent
  const { db } = app.database
  await using receiver = await startReceiver()
  const endpoint = { url: receiver.url, eventTypes, document: contents, batchWindowSeconds: 60 }
  const { id } = await subscribe(app.admin, endpoint)
  for (const title of ['First half', 'Second half'])
    await publishNew(app.admin, title, { source: sourceOf(200) })
  await gathered(app, id, 2)
  const window = await db.webhookDelivery.findFirstOrThrow({ where: { endpointId: id } })
  // As a kill would, it ends the transaction when the first part is written and the second one is about to be.
  await db.$executeRawUnsafe(`CREATE FUNCTION cut_off() RETURNS trigger AS
    'BEGIN RAISE EXCEPTION ''cut off''; END' LANGUAGE plpgsql`)
  await db.$executeRawUnsafe(`CREATE TRIGGER cut_off BEFORE UPDATE ON webhook_batched_events
    FOR EACH ROW EXECUTE FUNCTION cut_off()`)
  await closeWindow(app)
  const isAboutIt = ({ fields }: (typeof app.log)[number]) => String(fields.err).includes('cut off')
  await until(() => app.log.some(isAboutIt))
  const cutOff = await db.webhookDelivery.findMany({ where: { endpointId: id } })
  await db.$executeRawUnsafe('DROP FUNCTION cut_off() CASCADE')
  app.log.splice(app.log.findIndex(isAboutIt), 1)
  await closeWindow(app)
  const told = (await receiver.waitFor(2)).map(titlesIn)

  expect(cutOff).toEqual([{ ...window, leasedUntil: expect.any(Date) }])
  expect(told.toSorted()).toEqual([['First half'], ['Second half']])
  expect(receiver.requests.map(({ headers }) => headers['webhook-id'])).toContain(window.id)
})

test('a document that there was no time for is rendered when it is sent, and says so', async () => {
  const { app } = lent
  const { db } = app.database
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_TRASHED'], document })
  const { post, event } = await publishNew(app.admin, 'Rendered late')
  const { renderingKey } = await db.webhookEndpoint.findUniqueOrThrow({ where: { id } })
  const { sequence, previous, detail, ...row } = await db.event.findUniqueOrThrow({ where: { id: event.id } })
  // What a publish on a machine that was too busy leaves.
  const slow = newId('event')
  await db.event.create({
    data: {
      ...row,
      id: slow,
      type: 'post.trashed',
      fannedOutAt: null,
      renderings: { create: { key: renderingKey, endpointIds: [id] } },
    },
  })
  await app.worker?.sweep()

  const delivery = await deliveryOf(app.admin, id, slow, ({ status }) => status === 'DELIVERED')
  const [request] = receiver.requests

  expect(request?.body.toString()).toBe(delivery.body)
  expect(request && envelopeOf(request)).toMatchObject({
    id: slow,
    subject: { id: post.id },
    data: { post: { title: 'Rendered late' } },
    rendered: 'replay',
  })
})
