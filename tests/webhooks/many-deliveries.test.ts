import { expect, test } from 'vitest'
import {
  NodesDocument,
  UpdateWebhookEndpointDocument,
  WebhookEndpointsDocument,
} from '../../schema/generated/graphql.ts'
import { fanOut } from '../../src/webhooks/deliveries/make/fanout.ts'
import { withApp } from '../support/app.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { deliveriesTo, subscribe, unsubscribe, updateEndpoint } from './subscribing.ts'
import { publish, publishNew, saveNew } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
// More than is ended or let go of in one transaction.
const many = 2_500

/** Writes deliveries as an endpoint that was away for long has them. */
const pile = (endpointId: string, status: 'PENDING' | 'DELIVERED') =>
  lent.app.database.runScript(`
    INSERT INTO webhook_deliveries (id, endpoint_id, status, body, next_attempt_at, created_at)
    SELECT 'delivery_' || '${status}' || '_' || '${endpointId}' || number, '${endpointId}', '${status}', '{}',
      CASE WHEN '${status}' = 'PENDING' THEN now() + interval '1 day' END, now()
    FROM generate_series(1, ${many}) AS number`)

const countOf = (where: object) => lent.app.database.db.webhookDelivery.count({ where })

test('an endpoint with a long log is gone at once when it is deleted, and its log stays', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(answer(500))
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes,
    headers: [{ name: 'x', value: 'y' }],
  })
  await pile(id, 'DELIVERED')
  await pile(id, 'PENDING')
  const before = await countOf({})
  await unsubscribe(app.admin, id)

  const { webhookEndpoints } = await app.admin.run(WebhookEndpointsDocument, { first: 100 })
  expect(webhookEndpoints.nodes.map((node) => node.id)).not.toContain(id)
  expect((await app.admin.run(NodesDocument, { ids: [id] })).nodes).toEqual([null])
  expect(await app.database.db.webhookSecret.count({ where: { endpointId: id } })).toBe(0)

  await app.worker?.sweep()
  await until(async () => (await app.database.db.webhookEndpoint.findUnique({ where: { id } })) === null)
  expect(await countOf({})).toBe(before)
  expect(await countOf({ status: 'PENDING' })).toBe(0)
  expect(await countOf({ status: 'CANCELLED', reason: 'The endpoint was deleted.' })).toBe(many)
})

test('very much that waits is cancelled after a disabling', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  await pile(id, 'PENDING')
  await updateEndpoint(app.admin, { id, status: 'DISABLED', statusReason: 'It is being moved.' })
  await app.worker?.sweep()
  await until(async () => (await countOf({ endpointId: id, status: 'PENDING' })) === 0)
  const reason = 'The endpoint was disabled. It is being moved.'
  expect(await countOf({ endpointId: id, status: 'CANCELLED', reason })).toBe(many)
})

test('none of it is sent when the endpoint is active again before all is cancelled', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  await pile(id, 'PENDING')
  await updateEndpoint(app.admin, { id, status: 'DISABLED' })
  await updateEndpoint(app.admin, { id, status: 'ACTIVE' })
  expect(await countOf({ endpointId: id, status: 'CANCELLED' })).toBe(many)
  expect(receiver.requests).toEqual([])
})

test('what piles up over many windows of a paused endpoint is one delivery when it is back', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, batchWindowSeconds: 60 })
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })
  for (let window = 0; window < 5; window++) {
    await publishNew(app.admin, `In window ${window}`)
    await until(async () => (await batchedOf(id)) === window + 1)
    app.clock.advance(120_000)
  }
  await app.admin.run(UpdateWebhookEndpointDocument, { input: { id, status: 'ACTIVE' } })
  const [request] = await receiver.waitFor(1)
  expect((JSON.parse(String(request?.body)) as { subjects: unknown[] }).subjects).toHaveLength(5)
  expect(await deliveriesTo(app.admin, id)).toHaveLength(1)
})

const batchedOf = (endpointId: string) =>
  lent.app.database.db.webhookBatchedEvent.count({ where: { delivery: { endpointId } } })

test('a fan-out takes as many events as it can hold, not a hundred whatever they weigh', async () => {
  const { app } = lent
  const { db } = app.database
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })
  const posts = await Promise.all([1, 2, 3].map((number) => saveNew(app.admin, `Heavy ${number}`)))
  for (const post of posts) await publish(app.admin, post)
  await until(async () => (await db.event.count({ where: { fannedOutAt: null } })) === 0)
  await app.worker?.stop()
  await app.database.runScript(`
    UPDATE events SET fanned_out_at = NULL WHERE type = 'post.published' AND subject_id IN (${posts.map((post) => `'${post}'`).join()});
    UPDATE event_renderings SET data = repeat('x', 6000000) WHERE event_id IN (SELECT id FROM events WHERE fanned_out_at IS NULL)`)
  const first = await fanOut(db, app.clock.now())
  expect(first).toMatchObject({ done: 1, isFull: true })
  while ((await fanOut(db, app.clock.now())).done > 0);
})
