import { expect, test } from 'vitest'
import { ChangesDocument } from '../../schema/generated/graphql.ts'
import { makeToken } from '../api/previewing.ts'
import { withApp } from '../support/app.ts'
import { answer } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { allDelivered, deliveriesTo, envelopeOf, makeEndpoint, replay } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp({ env: { EVENT_RETENTION_DAYS: '40' } })
const dayMs = 24 * 60 * 60 * 1_000

// One publication grows old, from test to test.
let endpointId = ''
let pausedId = ''
let gatheringId = ''
let replayedId = ''
let sequence = ''
let newId = ''
let newSequence = ''

const prune = () => lent.app.worker?.prune()
const setStatus = (id: string, status: 'ACTIVE' | 'PAUSED') =>
  lent.app.database.db.webhookEndpoint.update({ where: { id }, data: { status } })

test('within its time everything is kept', async () => {
  const { app } = lent
  app.receiver.always(answer(200, { body: 'Thank you.' }))
  endpointId = (await makeEndpoint(app.admin, { url: `${app.receiver.url}open` })).id
  pausedId = (await makeEndpoint(app.admin, { url: `${app.receiver.url}paused` })).id
  const gathering = { url: `${app.receiver.url}gathering`, batchWindowSeconds: 60 }
  gatheringId = (await makeEndpoint(app.admin, gathering)).id
  for (const id of [pausedId, gatheringId]) await setStatus(id, 'PAUSED')
  const { post, event } = await publishNew(app.admin, 'Old news')
  sequence = event.sequence
  await makeToken(app.admin, post.id, new Date(app.clock.now().getTime() + 2 * dayMs).toISOString())
  await allDelivered(app.admin, endpointId, 1)
  replayedId = (await makeEndpoint(app.admin, { url: `${app.receiver.url}replayed` })).id
  await setStatus(replayedId, 'PAUSED')
  await replay(app.admin, replayedId, { eventId: event.id })

  app.clock.advance(dayMs)
  await prune()
  expect(await deliveriesTo(app.admin, endpointId)).toMatchObject([
    { status: 'DELIVERED', event: { type: 'POST_PUBLISHED' }, attempts: [{ responseBody: 'Thank you.' }] },
  ])
  expect(await app.database.db.previewToken.count()).toBe(1)
  for (const id of [gatheringId, replayedId])
    expect(await deliveriesTo(app.admin, id)).toMatchObject([{ status: 'PENDING', body: null }])
})

test('a preview token goes when it expires, and a response after 30 days; that it was sent stays', async () => {
  const { app } = lent
  app.clock.advance(30 * dayMs)
  await prune()
  expect(await app.database.db.previewToken.count()).toBe(0)
  expect(await deliveriesTo(app.admin, endpointId)).toMatchObject([
    { status: 'DELIVERED', event: {}, attempts: [{ number: 1, statusCode: 200, responseBody: null }] },
  ])
  const [attempt] = await app.database.db.webhookAttempt.findMany()
  expect(attempt?.responseHeaders).toBeNull()
})

test('an event is kept while a delivery that waits has to be made of it, and so is everything after it', async () => {
  const { app } = lent
  const { db } = app.database
  const { event } = await publishNew(app.admin, 'New news')
  newId = event.id
  newSequence = event.sequence
  await allDelivered(app.admin, endpointId, 2)
  app.clock.advance(10 * dayMs)
  const where = { endpointId: { in: [gatheringId, replayedId] } }
  // As if another process were making them.
  const leasedUntil = new Date(app.clock.now().getTime() + dayMs)
  await db.webhookDelivery.updateMany({ where, data: { leasedUntil } })
  await prune()
  const kept = await db.event.findMany({ where: { sequence: { gte: BigInt(sequence) } } })
  expect(kept.map(({ type }) => type)).toEqual(['post.published', 'post.created', 'post.published'])
  await db.webhookDelivery.updateMany({ where, data: { leasedUntil: null } })
})

test('an event and its delivered deliveries go after EVENT_RETENTION_DAYS; what is newer or still to be sent stays', async () => {
  const { app } = lent
  const { db } = app.database
  await prune()

  const left = await db.event.findMany({ orderBy: { sequence: 'asc' }, include: { renderings: true } })
  expect(left.map(({ type }) => type)).toEqual(['post.created', 'post.published'])
  expect(left.at(-1)?.renderings).toHaveLength(1)
  const delivered = await deliveriesTo(app.admin, endpointId)
  expect(delivered.map((delivery) => delivery.event?.id)).toEqual([newId])
  expect(await deliveriesTo(app.admin, pausedId)).toMatchObject([
    { status: 'PENDING', event: { id: newId } },
    { status: 'PENDING', event: null, body: expect.stringContaining('Old news') },
  ])
  const late = await app.admin.send(String(ChangesDocument), { after: String(BigInt(sequence) - 1n) })
  expect(late.errors[0]?.extensions?.code).toBe('CURSOR_EXPIRED')
  const { changes } = await app.anonymous.run(ChangesDocument, { after: sequence })
  expect(changes.edges.map(({ node }) => node.id)).toEqual([newId])
})

test('what waits to be gathered or rendered is made before its events are forgotten, and arrives whole', async () => {
  const { app } = lent
  for (const id of [gatheringId, replayedId]) await setStatus(id, 'ACTIVE')
  app.clock.advance(61_000)
  await app.worker?.sweep()
  const toldTo = (path: string) =>
    app.receiver.requests.filter((request) => request.path === path).map((request) => envelopeOf(request))
  await until(() => toldTo('/gathering').length > 0 && toldTo('/replayed').length === 2)

  // What piled up while it was paused is one batch; `post.created` is not for its scopes.
  expect(toldTo('/gathering')).toMatchObject([
    { type: 'events.batch', firstSequence: sequence, sequence: newSequence },
  ])
  expect(toldTo('/gathering')[0]?.data).toMatchObject([
    { post: { title: 'Old news' } },
    { post: { title: 'New news' } },
  ])
  const replayed = toldTo('/replayed').find((envelope) => envelope.sequence === sequence)
  expect(replayed).toMatchObject({ type: 'post.published', data: { post: { title: 'Old news' } } })
})

test('what was still to be sent is sent when its endpoint is back, byte for byte, and is kept from then on', async () => {
  const { app } = lent
  await setStatus(pausedId, 'ACTIVE')
  await app.worker?.sweep()
  await allDelivered(app.admin, pausedId, 2)
  const bodies = app.receiver.requests
    .filter(({ path }) => path === '/paused')
    .map(({ body }) => String(body))
  expect(bodies.filter((body) => body.includes('Old news'))).toHaveLength(1)
  await prune()
  expect(await deliveriesTo(app.admin, pausedId)).toHaveLength(2)
})
