import { expect, test } from 'vitest'
import type { WebhookEndpointStatus } from '../../src/db/generated/enums.ts'
import { system } from '../../src/keys/viewer.ts'
import { setEndpointStatus } from '../../src/webhooks/endpoints/status.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { deliveriesTo, deliveryOf, envelopeOf, subscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp({ random: () => 0.5 })

const eventTypes = ['POST_PUBLISHED' as const]
const document = 'subscription { events { id } }'
const hour = 60 * 60 * 1_000

const setStatus = (
  { core }: TestApp,
  id: string,
  status: WebhookEndpointStatus,
  reason: string | null = null,
) => core.write(system('a test'), (w) => setEndpointStatus(w, id, status, reason))
const rowOf = ({ database }: TestApp, id: string) =>
  database.db.webhookEndpoint.findUniqueOrThrow({ where: { id } })

test('five days of failures of two deliveries disable an endpoint, those of one do not, and the others are told', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  await using listening = await startReceiver()
  receiver.always(answer(500))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document })
  await subscribe(app.admin, { url: listening.url, eventTypes: ['ENDPOINT_DISABLED'] })
  const first = await publishNew(app.admin, 'The first that fails')
  await deliveryOf(app.admin, id, first.event.id, ({ attempts }) => attempts.length === 1)

  app.clock.advance(121 * hour)
  await app.worker?.sweep()
  await deliveryOf(app.admin, id, first.event.id, ({ attempts }) => attempts.length === 2)
  expect(await rowOf(app, id)).toMatchObject({ status: 'ACTIVE', consecutiveFailures: 2 })

  const second = await publishNew(app.admin, 'The second that fails')
  const given = await deliveryOf(app.admin, id, second.event.id, ({ attempts }) => attempts.length === 1)
  const [request] = await listening.waitFor(1)
  const row = await rowOf(app, id)

  expect(row).toMatchObject({
    status: 'DISABLED',
    statusReason: expect.stringMatching(/^Every attempt has failed since 20/),
    statusChangedAt: expect.any(Date),
    version: 2,
  })
  for (const { event } of [first, second])
    expect(await deliveryOf(app.admin, id, event.id)).toMatchObject({
      status: 'CANCELLED',
      nextAttemptAt: null,
      reason: `The endpoint was disabled. ${row.statusReason}`,
    })
  expect(given.attempts).toHaveLength(1)
  expect(request && envelopeOf(request)).toMatchObject({
    type: 'endpoint.disabled',
    subject: { type: 'Endpoint', id, version: 2 },
    data: { endpointId: id, reason: row.statusReason },
  })
})

test('who may not manage webhooks hears of no endpoint that was disabled', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url: 'https://receiver.example.com/' })
  await using listening = await startReceiver()
  await subscribe(app.admin, { url: `${listening.url}named`, eventTypes: ['ENDPOINT_DISABLED'] })
  await subscribe(app.admin, { url: `${listening.url}all` })
  await subscribe(app.admin, { url: `${listening.url}scoped`, scopes: ['WEBHOOKS_MANAGE'] })
  const { events } = await setStatus(app, id, 'DISABLED', 'Nobody reads it.')
  await listening.waitFor(2)

  const query = `query ($id: ID!) { node(id: $id) { ... on EndpointEvent { reason endpoint { id status } } } }`
  const variables = { id: events[0]?.id }
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  const reader = await app.clientWith('CONTENT_READ')

  expect((await manager.send(query, variables)).data).toEqual({
    node: { reason: 'Nobody reads it.', endpoint: { id, status: 'DISABLED' } },
  })
  for (const client of [reader, app.anonymous])
    expect((await client.send(query, variables)).data).toEqual({ node: null })
  expect(listening.requests.map(({ path }) => path).toSorted()).toEqual(['/named', '/scoped'])
})

test('a paused endpoint has its deliveries made, and they go out when it is active again', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document })
  await setStatus(app, id, 'PAUSED', 'We are moving.')
  const { event } = await publishNew(app.admin, 'Kept for later')
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'PENDING')
  await app.worker?.sweep()
  expect(receiver.requests).toEqual([])

  await setStatus(app, id, 'ACTIVE')
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')

  expect(await rowOf(app, id)).toMatchObject({ status: 'ACTIVE', statusReason: null, version: 3 })
})

test('a disabled endpoint that is set active again begins healthy and with what happens from then on', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(answer(410))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document })
  // Another one of the same document, so that what it misses is rendered all the same.
  await subscribe(app.admin, { url: 'https://receiver.example.com/', eventTypes, document })
  await publishNew(app.admin, 'Gone')
  await until(async () => (await rowOf(app, id)).status === 'DISABLED')
  const missed = await publishNew(app.admin, 'Missed')

  await setStatus(app, id, 'ACTIVE')
  const told = await publishNew(app.admin, 'Told')
  await deliveryOf(app.admin, id, told.event.id, ({ status }) => status === 'DELIVERED')

  const deliveries = await deliveriesTo(app.admin, id)
  expect(deliveries.map(({ event }) => event?.id)).not.toContain(missed.event.id)
  expect(await rowOf(app, id)).toMatchObject({ consecutiveFailures: 0, openUntil: null })
})
