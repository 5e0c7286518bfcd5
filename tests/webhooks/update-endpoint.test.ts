import { expect, test } from 'vitest'
import {
  UpdateWebhookEndpointDocument,
  type UpdateWebhookEndpointInput,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import {
  deliveriesTo,
  deliveryOf,
  envelopeOf,
  subscribe,
  updateEndpoint,
  updateIssuesOf,
} from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
const url = 'https://receiver.example.com/hooks'
const titles = 'subscription { events { ... on PostEvent { post { title } } } }'
const slugs = 'subscription { events { ... on PostEvent { post { slug } } } }'

const settings = {
  description: 'The shop',
  eventTypes,
  document:
    'subscription ($n: Int!) { events { ... on PostEvent { post { authors { posts(first: $n) { nodes { id } } } } } } }',
  variables: { n: 2 },
  scopes: ['CONTENT_READ' as const],
  headers: [{ name: 'x-a', value: 'b' }],
  signing: ['HMAC_SHA256' as const, 'ED25519' as const],
  ordering: 'PER_SUBJECT' as const,
  batchWindowSeconds: 5,
  rateLimitPerMinute: 60,
  maxInFlight: 2,
}

test('what is absent stays as it is; null clears, or sets to the default', async () => {
  const { admin } = lent.app
  const { id } = await subscribe(admin, { url, ...settings })

  const same = await updateEndpoint(admin, { id, url: 'https://receiver.example.com/other' })
  const names = Object.keys(settings)
  const cleared = await updateEndpoint(admin, {
    id,
    ...(Object.fromEntries(names.map((name) => [name, null])) as Partial<UpdateWebhookEndpointInput>),
  })

  const { headers, ...readable } = settings
  expect(same).toMatchObject({
    ...readable,
    url: 'https://receiver.example.com/other',
    headerNames: headers.map(({ name }) => name),
    secret: null,
  })
  expect(cleared).toMatchObject({
    url: 'https://receiver.example.com/other',
    description: null,
    eventTypes: [],
    document: null,
    variables: null,
    scopes: [],
    headerNames: [],
    signing: ['HMAC_SHA256'],
    publicKey: null,
    ordering: 'UNORDERED',
    batchWindowSeconds: 0,
    rateLimitPerMinute: null,
    maxInFlight: 4,
    status: 'ACTIVE',
  })
})

const wrong: { fault: string; input: Partial<UpdateWebhookEndpointInput>; at: string; says: RegExp }[] = [
  {
    fault: 'http',
    input: { url: 'http://example.com/' },
    at: 'url',
    says: /http is for hosts in WEBHOOK_ALL/,
  },
  { fault: 'no URL', input: { url: null }, at: 'url', says: /has to have a URL/ },
  { fault: 'a query', input: { document: '{ site { title } }' }, at: 'document', says: /a subscription/ },
  {
    fault: 'a document that costs too much',
    input: {
      document: `subscription { events { ... on PostEvent { post { authors { posts(first: 100) { nodes { authors { posts(first: 100) { nodes { id } } } } } } } } } }`,
    },
    at: 'document',
    says: /10,000 are allowed/,
  },
  { fault: 'variables of a wrong type', input: { variables: { n: 'x' } }, at: 'variables', says: /\$n/ },
  {
    fault: 'an owned header',
    input: { headers: [{ name: 'host', value: 'x' }] },
    at: 'headers.0',
    says: /host/,
  },
  { fault: 'no kind of signing', input: { signing: [] }, at: 'signing', says: /unsigned/ },
  {
    fault: 'a window without end',
    input: { batchWindowSeconds: 3_601 },
    at: 'batchWindowSeconds',
    says: /3600/,
  },
  { fault: 'status null', input: { status: null }, at: 'status', says: /cannot be null/ },
  { fault: 'a reason for nothing', input: { statusReason: 'x' }, at: 'statusReason', says: /with a status/ },
]

test.for(wrong)(
  '$fault is an issue that names the field, and nothing is changed',
  async ({ input, at, says }) => {
    const { app } = lent
    const { id } = await subscribe(app.admin, { url, ...settings })
    const before = await app.database.db.webhookEndpoint.findUnique({ where: { id } })

    expect(await updateIssuesOf(app.admin, { id, description: 'Changed', ...input })).toEqual([
      { path: ['input', ...at.split('.')], message: expect.stringMatching(says) },
    ])
    expect(await app.database.db.webhookEndpoint.findUnique({ where: { id } })).toEqual(before)
  },
)

test('an endpoint that could not be saved today can be described and paused all the same', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url })
  const broken = { url: 'http://elsewhere.example.com/', document: 'subscription { events { gone } }' }
  await app.database.db.webhookEndpoint.update({ where: { id }, data: broken })

  expect(await updateEndpoint(app.admin, { id, description: 'Old', status: 'PAUSED' })).toMatchObject({
    ...broken,
    status: 'PAUSED',
  })
})

test('what does not exist is not found, and an unknown event type is refused before anything runs', async () => {
  const { admin } = lent.app
  const input = { id: 'endpoint_01kt0000000000000000000000' }
  expect(await admin.run(UpdateWebhookEndpointDocument, { input })).toMatchObject({
    updateWebhookEndpoint: { __typename: 'NotFoundError', path: ['input', 'id'] },
  })
  const { errors } = await admin.send(String(UpdateWebhookEndpointDocument), {
    input: { ...input, eventTypes: ['POST_READ'] },
  })
  expect(errors).toMatchObject([{ message: expect.stringContaining('POST_READ') }])
})

test('a key can neither give an endpoint a scope that it lacks, nor turn one that has such a scope to itself', async () => {
  const { app } = lent
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  const { id: plain } = await subscribe(app.admin, { url })
  const { id: reader } = await subscribe(app.admin, { url, scopes: ['CONTENT_READ'] })
  const fields = async (input: UpdateWebhookEndpointInput) =>
    (await updateIssuesOf(manager, input)).map(({ path }) => path[1])

  expect(await fields({ id: plain, scopes: ['CONTENT_READ'] })).toEqual(['scopes'])
  expect(await fields({ id: reader, url: 'https://thief.example.com/' })).toEqual(['url'])
  expect(await fields({ id: reader, document: titles })).toEqual(['document'])
  expect(await fields({ id: reader, scopes: [], url: 'https://thief.example.com/' })).toEqual([
    'url',
    'scopes',
  ])
  expect(await updateEndpoint(manager, { id: reader, status: 'PAUSED', description: 'Mine' })).toMatchObject({
    status: 'PAUSED',
  })
})

test('an event that was committed before a change reaches the endpoint as it was rendered then', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })
  const other = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes: ['POST_TRASHED'],
    document: slugs,
  })
  const { db } = app.database
  const { event } = await publishNew(app.admin, 'Old shape')
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  // As after a crash between the commit and the fan-out.
  await db.webhookDelivery.deleteMany({ where: { eventId: event.id } })
  await db.event.update({ where: { id: event.id }, data: { fannedOutAt: null } })
  await updateEndpoint(app.admin, { id, document: slugs, eventTypes: ['POST_TRASHED'] })
  // One that did not listen then is not told because it would listen now.
  await updateEndpoint(app.admin, { id: other.id, document: titles, eventTypes })
  await app.worker?.sweep()

  const [, late] = await receiver.waitFor(2)
  await publishNew(app.admin, 'New shape')
  await until(async () => (await deliveriesTo(app.admin, other.id)).length === 1)

  expect(late && envelopeOf(late)).toMatchObject({ id: event.id, data: { post: { title: 'Old shape' } } })
  expect((await deliveriesTo(app.admin, id)).map((delivery) => delivery.event?.id)).toEqual([event.id])
})

test('what the old place answers to a request in flight says nothing of the new one', async () => {
  const { app } = lent
  await using before = await startReceiver()
  await using after = await startReceiver()
  let answerGone = () => undefined as unknown
  before.always((response) => {
    answerGone = () => response.writeHead(410).end()
  })
  const { id } = await subscribe(app.admin, { url: before.url, eventTypes, document: titles })
  const { event } = await publishNew(app.admin, 'In flight')
  await before.waitFor(1)
  await updateEndpoint(app.admin, { id, url: after.url })
  answerGone()
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'FAILED')

  const { db } = app.database
  expect(await db.webhookEndpoint.findUnique({ where: { id } })).toMatchObject({
    status: 'ACTIVE',
    lastFailureAt: null,
  })
})

test('paused, deliveries are made and wait; active again they go out at once, to where the endpoint is then', async () => {
  const { app } = lent
  await using before = await startReceiver()
  await using after = await startReceiver()
  const { id } = await subscribe(app.admin, { url: before.url, eventTypes, document: titles })
  const paused = await updateEndpoint(app.admin, { id, status: 'PAUSED', statusReason: 'Moving house' })
  const { event } = await publishNew(app.admin, 'Waiting')
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'PENDING')
  await app.worker?.sweep()

  expect(paused).toMatchObject({ status: 'PAUSED', statusReason: 'Moving house' })
  const active = await updateEndpoint(app.admin, { id, status: 'ACTIVE', url: after.url })
  // Within less than the sweep's 10 s.
  await after.waitFor(1, 5_000)

  expect(active).toMatchObject({ status: 'ACTIVE', statusReason: null })
  expect(Date.parse(active.statusChangedAt)).toBeGreaterThan(Date.parse(paused.statusChangedAt))
  expect(before.requests).toEqual([])
})

test('disabled, what waits is cancelled with the reason and nothing is made; active again it starts from now', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(answer(500))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })
  const first = await publishNew(app.admin, 'Cancelled')
  await deliveryOf(app.admin, id, first.event.id, ({ attempts }) => attempts.length === 1)

  const disabled = await updateEndpoint(app.admin, { id, status: 'DISABLED', statusReason: 'Sold' })
  await publishNew(app.admin, 'Not made')
  receiver.always(answer(204))
  await updateEndpoint(app.admin, { id, status: 'ACTIVE' })
  const third = await publishNew(app.admin, 'From now on')
  await deliveryOf(app.admin, id, third.event.id, ({ status }) => status === 'DELIVERED')

  expect(disabled).toMatchObject({ status: 'DISABLED', statusReason: 'Sold' })
  const log = await deliveriesTo(app.admin, id)
  expect(log.map((delivery) => [delivery.event?.id, delivery.status])).toEqual([
    [third.event.id, 'DELIVERED'],
    [first.event.id, 'CANCELLED'],
  ])
  expect(log[1]).toMatchObject({ nextAttemptAt: null, reason: expect.stringContaining('Sold') })
})

test('what waits and shows more than the endpoint may still see is not sent', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes,
    document: titles,
    scopes: ['ADMIN'],
  })
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })
  const { event } = await publishNew(app.admin, 'Seen with other eyes')
  await deliveryOf(app.admin, id, event.id)

  await updateEndpoint(app.admin, { id, scopes: null })

  const delivery = await deliveryOf(app.admin, id, event.id)
  expect(delivery).toMatchObject({
    status: 'CANCELLED',
    reason: expect.stringContaining('may no longer see'),
  })
})

test('nor is what was committed before and is fanned out after', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url, eventTypes, document: titles, scopes: ['CONTENT_READ'] })
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })
  const { db } = app.database
  const { event } = await publishNew(app.admin, 'Seen with other eyes')
  await deliveryOf(app.admin, id, event.id)
  // As after a crash between the commit and the fan-out.
  await db.webhookDelivery.deleteMany({ where: { eventId: event.id } })
  await db.event.update({ where: { id: event.id }, data: { fannedOutAt: null } })
  await updateEndpoint(app.admin, { id, scopes: [] })
  await app.worker?.sweep()

  expect(await deliveryOf(app.admin, id, event.id)).toMatchObject({
    status: 'CANCELLED',
    reason: expect.stringContaining('may no longer see'),
  })
})

test('changes at the same time are made one after the other, and none is lost', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url })

  await Promise.all([
    updateEndpoint(app.admin, { id, description: 'One' }),
    updateEndpoint(app.admin, { id, eventTypes }),
    updateEndpoint(app.admin, { id, document: titles }),
    updateEndpoint(app.admin, { id, rateLimitPerMinute: 7 }),
    updateEndpoint(app.admin, { id, status: 'PAUSED' }),
  ])

  expect(await updateEndpoint(app.admin, { id })).toMatchObject({
    description: 'One',
    eventTypes,
    document: titles,
    rateLimitPerMinute: 7,
    status: 'PAUSED',
  })
})
