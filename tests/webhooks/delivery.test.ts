import { setTimeout as pause } from 'node:timers/promises'
import { Webhook } from 'standardwebhooks'
import { beforeAll, expect, test } from 'vitest'
import { CreateTagDocument } from '../../schema/generated/graphql.ts'
import { verifyWebhook } from '../../src/receiver/verify.ts'
import { withApp } from '../support/app.ts'
import { type ReceivedRequest, startReceiver } from '../support/receiver.ts'
import { importSample } from '../support/sample.ts'
import { until } from '../support/until.ts'
import { allDelivered, deliveryOf, envelopeOf, makeEndpoint, subscribe, unsubscribe } from './subscribing.ts'
import { publish, publishNew, save } from './writing.ts'

const lent = withApp()

beforeAll(async () => {
  await importSample(lent.app)
})

// What a careless sender would change on the way: other alphabets, a line separator, markup, an emoji.
const title = 'Zürich & “Øl”: 新聞 \u2028 <b>1 < 2</b> 🗞️'

test('a publish reaches the receiver within seconds, signed so that the standard library verifies the bytes', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { secret } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
  await publishNew(app.admin, title)

  const [request] = await receiver.waitFor(1, 5_000)
  const verified = new Webhook(secret).verify(bodyOf(request), standardHeaders(request))

  expect(verified).toMatchObject({ type: 'post.published', data: { post: { title } } })
})

test('an endpoint that is deleted while it is told of something leaves nothing behind that waits', async () => {
  const { app } = lent
  const { admin } = app
  for (let round = 0; round < 20; round++) {
    const { id } = await makeEndpoint(admin, { url: 'http://127.0.0.1:9/', eventTypes: ['TAG_CREATED'] })
    await createTag(`Told ${round}`)
    // The fan-out begins some milliseconds after the answer: it meets the deletion, sooner or later in it each time.
    await pause(round % 7)
    await unsubscribe(admin, id)
  }
  // What went wrong in the background fails the file when it ends.
  await until(async () => (await app.database.db.event.count({ where: { fannedOutAt: null } })) === 0)
  expect(
    await app.database.db.webhookDelivery.count({ where: { endpointId: null, status: 'PENDING' } }),
  ).toBe(0)
})

const createTag = (name: string) => lent.app.admin.run(CreateTagDocument, { input: { name } })

test('the verifier that Presswire publishes accepts the bytes as they came, and none that were touched', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { secret } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
  await publishNew(app.admin, title)

  const [request] = await receiver.waitFor(1)
  const event = await verifyWebhook(bodyOf(request), standardHeaders(request), secret)
  const touched = Buffer.from(bodyOf(request).toString().replace('post.published', 'post.updated'))

  expect(event.type).toBe('post.published')
  await expect(verifyWebhook(touched, standardHeaders(request), secret)).rejects.toMatchObject({
    code: 'bad_signature',
  })
})

test('the request is a JSON POST whose webhook-id is the delivery and whose bytes are in its log', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const url = `${receiver.url}hooks/site?token=1`
  const { id } = await subscribe(app.admin, { url, eventTypes: ['POST_PUBLISHED'] })
  const { event } = await publishNew(app.admin, title)

  const [request] = await receiver.waitFor(1)
  const delivery = await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')

  expect(request).toMatchObject({ method: 'POST', path: '/hooks/site?token=1' })
  expect(request?.headers).toMatchObject({
    'content-type': 'application/json',
    'user-agent': expect.stringMatching(/^Presswire\/\d+\.\d+\.\d+$/),
    'webhook-id': delivery.id,
    'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
    'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
  })
  expect(delivery.id).toMatch(/^delivery_[0-9a-hjkmnp-tv-z]{26}$/)
  expect(bodyOf(request).toString()).toBe(delivery.body)
  expect(delivery).toMatchObject({ nextAttemptAt: null, reason: null })
  expect(delivery.attempts).toMatchObject([{ number: 1, statusCode: 204, error: null }])
})

test('the envelope tells what the event in the API tells', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
  const { post, event } = await publishNew(app.admin, 'Rollers', {
    authors: ['ines-marlow'],
    categories: ['press-room'],
    tags: ['paper'],
  })

  const [request] = await receiver.waitFor(1)
  const envelope: unknown = JSON.parse(bodyOf(request).toString())

  expect(envelope).toEqual({
    id: event.id,
    type: 'post.published',
    timestamp: new Date(event.occurredAt).toISOString(),
    sequence: event.sequence,
    apiVersion: '2026-11-22',
    subject: { type: 'Post', id: post.id, version: post.version },
    changedFields: 'changedFields' in event ? event.changedFields : null,
    previous: null,
    invalidates: 'invalidates' in event ? event.invalidates : null,
    paths: expect.arrayContaining([
      post.path,
      '/',
      '/author/ines-marlow/',
      '/category/workshop/press-room/',
      '/category/workshop/',
      '/tag/paper/',
    ]),
    data: { post: expect.objectContaining({ id: post.id, title: 'Rollers', path: post.path }) },
  })
  expect(envelope).toMatchObject({
    changedFields: expect.arrayContaining(['status']),
    invalidates: expect.arrayContaining([post.id, 'posts']),
  })
})

test('the envelope of an update has the values before it, the old path and a higher version', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const eventTypes = ['POST_PUBLISHED' as const, 'POST_UPDATED' as const]
  await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { post } = await publishNew(app.admin, 'Before', { slug: 'before' })
  await save(app.admin, { id: post.id, title: 'After', slug: 'after' })
  const { post: updated } = await publish(app.admin, post.id)

  const envelopes = (await receiver.waitFor(2)).map(envelopeOf)
  const update = envelopes.find(({ type }) => type === 'post.updated')
  const first = envelopes.find(({ type }) => type === 'post.published')

  expect(update).toMatchObject({
    previous: { title: 'Before', slug: 'before', path: post.path },
    paths: expect.arrayContaining([post.path, updated.path]),
    data: { post: { title: 'After', path: updated.path } },
  })
  expect(update?.changedFields.toSorted()).toEqual(['path', 'slug', 'title'])
  expect(update?.subject.version).toBeGreaterThan(first?.subject.version ?? Number.POSITIVE_INFINITY)
})

test('publishes one after another arrive each once, with rising sequences', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
  const published: string[] = []
  for (let number = 1; number <= 8; number++)
    published.push((await publishNew(app.admin, `Issue ${number}`)).event.id)

  await allDelivered(app.admin, id, 8)
  const envelopes = receiver.requests.map(envelopeOf)
  const bySequence = envelopes.toSorted((a, b) => Number(BigInt(a.sequence) - BigInt(b.sequence)))

  expect(bySequence.map(({ id }) => id)).toEqual(published)
  expect(new Set(envelopes.map(({ sequence }) => sequence)).size).toBe(8)
})

test('publishes at the same time get sequences of their own and arrive each once', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  // Rendered without the database: many at once on a loaded machine would take longer than a document may.
  const document = 'subscription { events { id } }'
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'], document })
  const titles = Array.from({ length: 12 }, (_, index) => `Parallel ${index}`)
  const events = await Promise.all(
    titles.map(async (parallel) => (await publishNew(app.admin, parallel)).event),
  )

  await allDelivered(app.admin, id, 12)
  const envelopes = receiver.requests.map(envelopeOf)

  expect(new Set(events.map(({ sequence }) => sequence)).size).toBe(12)
  expect(envelopes.map(({ id }) => id).toSorted()).toEqual(events.map(({ id }) => id).toSorted())
})

const bodyOf = (request: ReceivedRequest | undefined): Buffer => request?.body ?? Buffer.alloc(0)

/** The three headers of the specification, which is all that its libraries want. */
const standardHeaders = (request: ReceivedRequest | undefined): Record<string, string> => {
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
  return Object.fromEntries(names.map((name) => [name, String(request?.headers[name])]))
}
