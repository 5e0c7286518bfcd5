import { expect, test } from 'vitest'
import { ChangesDocument } from '../../schema/generated/graphql.ts'
import { makeToken } from '../api/previewing.ts'
import { withApp } from '../support/app.ts'
import { answer } from '../support/receiver.ts'
import { allDelivered, deliveriesTo, makeEndpoint } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp({ env: { EVENT_RETENTION_DAYS: '40' } })
const dayMs = 24 * 60 * 60 * 1_000

// One publication grows old, from test to test.
let endpointId = ''
let pausedId = ''
let sequence = ''

const prune = () => lent.app.worker?.prune()
const setStatus = (id: string, status: 'ACTIVE' | 'PAUSED') =>
  lent.app.database.db.webhookEndpoint.update({ where: { id }, data: { status } })

test('within its time everything is kept', async () => {
  const { app } = lent
  app.receiver.always(answer(200, { body: 'Thank you.' }))
  endpointId = (await makeEndpoint(app.admin, { url: `${app.receiver.url}open` })).id
  pausedId = (await makeEndpoint(app.admin, { url: `${app.receiver.url}paused` })).id
  await setStatus(pausedId, 'PAUSED')
  const { post, event } = await publishNew(app.admin, 'Old news')
  sequence = event.sequence
  await makeToken(app.admin, post.id, new Date(app.clock.now().getTime() + 2 * dayMs).toISOString())
  await allDelivered(app.admin, endpointId, 1)

  app.clock.advance(dayMs)
  await prune()
  expect(await deliveriesTo(app.admin, endpointId)).toMatchObject([
    { status: 'DELIVERED', event: { type: 'POST_PUBLISHED' }, attempts: [{ responseBody: 'Thank you.' }] },
  ])
  expect(await app.database.db.previewToken.count()).toBe(1)
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

test('an event and its delivered deliveries go after EVENT_RETENTION_DAYS; what is newer or still to be sent stays', async () => {
  const { app } = lent
  const { db } = app.database
  const { event } = await publishNew(app.admin, 'New news')
  await allDelivered(app.admin, endpointId, 2)
  app.clock.advance(10 * dayMs)
  await prune()

  const left = await db.event.findMany({ orderBy: { sequence: 'asc' }, include: { renderings: true } })
  expect(left.map(({ type }) => type)).toEqual(['post.created', 'post.published'])
  expect(left.at(-1)?.renderings).toHaveLength(1)
  expect((await deliveriesTo(app.admin, endpointId)).map((delivery) => delivery.event?.id)).toEqual([
    event.id,
  ])
  expect(await deliveriesTo(app.admin, pausedId)).toMatchObject([
    { status: 'PENDING', event: { id: event.id } },
    { status: 'PENDING', event: null, body: expect.stringContaining('Old news') },
  ])
  const late = await app.admin.send(String(ChangesDocument), { after: String(BigInt(sequence) - 1n) })
  expect(late.errors[0]?.extensions?.code).toBe('CURSOR_EXPIRED')
  const { changes } = await app.anonymous.run(ChangesDocument, { after: sequence })
  expect(changes.edges.map(({ node }) => node.id)).toEqual([event.id])
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
