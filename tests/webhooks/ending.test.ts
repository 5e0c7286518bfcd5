import { expect, test } from 'vitest'
import { WebhookEndpointsDocument } from '../../schema/generated/graphql.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { answer, hang, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { type Delivery, deliveriesTo, deliveryOf, subscribe, unsubscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
const tried = ({ attempts }: Delivery) => attempts.length > 0

test('410 ends the delivery, disables the endpoint and cancels what waits for it', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(answer(500), answer(410))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const waiting = await publishNew(app.admin, 'Waits for its second attempt')
  await deliveryOf(app.admin, id, waiting.event.id, tried)
  const last = await publishNew(app.admin, 'Meets a receiver that is gone')

  const gone = await deliveryOf(app.admin, id, last.event.id, tried)
  const cancelled = await deliveryOf(app.admin, id, waiting.event.id)

  expect(gone).toMatchObject({ status: 'FAILED', nextAttemptAt: null, reason: 'Answered 410 Gone.' })
  expect(cancelled).toMatchObject({
    status: 'CANCELLED',
    nextAttemptAt: null,
    reason: expect.stringContaining('disabled'),
  })
  expect(await endpoint(app, id)).toMatchObject({
    status: 'DISABLED',
    statusReason: expect.stringContaining('410'),
  })
})

test('a disabled endpoint is sent nothing more, and others are', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(answer(410))
  const { id } = await subscribe(app.admin, { url: `${receiver.url}gone`, eventTypes })
  const first = await publishNew(app.admin, 'The last one for the first')
  await deliveryOf(app.admin, id, first.event.id, ({ status }) => status === 'FAILED')
  const other = await subscribe(app.admin, { url: `${receiver.url}there`, eventTypes })
  const second = await publishNew(app.admin, 'The first one for the second')
  await deliveryOf(app.admin, other.id, second.event.id, ({ status }) => status === 'DELIVERED')

  expect(await deliveriesTo(app.admin, id)).toHaveLength(1)
  expect(receiver.requests.map(({ path }) => path)).toEqual(['/gone', '/there'])
})

test('deleting an endpoint cancels what waits for it and keeps the log', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(answer(500))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { event } = await publishNew(app.admin, 'Never told')
  const { id: deliveryId } = await deliveryOf(app.admin, id, event.id, tried)

  await unsubscribe(app.admin, id)
  app.clock.advance(100 * 60 * 60 * 1_000)
  await app.worker?.sweep()

  expect(await endpoint(app, id)).toBeUndefined()
  // Its row stays until the last of its log was let go.
  await until(async () => (await app.database.db.webhookEndpoint.count({ where: { id } })) === 0)
  expect(await storedDelivery(app, deliveryId)).toMatchObject({
    endpointId: null,
    status: 'CANCELLED',
    nextAttemptAt: null,
    reason: expect.stringContaining('deleted'),
    attempts: [{ number: 1, statusCode: 500 }],
  })
  expect(await app.database.db.webhookSecret.count({ where: { endpointId: id } })).toBe(0)
  expect(receiver.requests).toHaveLength(1)
})

test('a delivery in flight when its endpoint is deleted stays cancelled, and its attempt is written down', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  receiver.always((response) => void released.then(() => response.writeHead(500).end()))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { event } = await publishNew(app.admin, 'Too late to stop')
  await receiver.waitFor(1)
  const { id: deliveryId } = await deliveryOf(app.admin, id, event.id)

  await unsubscribe(app.admin, id)
  release()
  const stored = await until(async () => {
    const found = await storedDelivery(app, deliveryId)
    return found.attempts.length > 0 && found
  })

  expect(stored).toMatchObject({ status: 'CANCELLED', attempts: [{ number: 1, statusCode: 500 }] })
})

test('an endpoint without deliveries under way can be deleted while another hangs', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(hang)
  await subscribe(app.admin, { url: receiver.url, eventTypes })
  const idle = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_UNPUBLISHED'] })
  await publishNew(app.admin, 'Hanging')
  await receiver.waitFor(1)

  await unsubscribe(app.admin, idle.id)

  expect(await endpoint(app, idle.id)).toBeUndefined()
})

const endpoint = async ({ admin }: TestApp, id: string) => {
  const { webhookEndpoints } = await admin.run(WebhookEndpointsDocument, { first: 100 })
  return webhookEndpoints.nodes.find((node) => node.id === id)
}

const storedDelivery = ({ database }: TestApp, id: string) =>
  database.db.webhookDelivery.findUniqueOrThrow({
    where: { id },
    include: { attempts: { orderBy: { number: 'asc' } } },
  })
