import { describe, expect, inject, test } from 'vitest'
import { fanOut } from '../../src/webhooks/deliveries/make/fanout.ts'
import { claim } from '../../src/webhooks/deliveries/run/claim.ts'
import { freeSlots } from '../../src/webhooks/deliveries/run/concurrency.ts'
import { startTestApp, withApp } from '../support/app.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { allDelivered, deliveryOf, envelopeOf, makeEndpoint, subscribe } from './subscribing.ts'
import { insertDeliveries } from './waiting.ts'
import { publish, publishNew, save } from './writing.ts'

const lent = withApp({ random: () => 0.5 })

const second = 1_000
const eventTypes = ['POST_PUBLISHED' as const, 'POST_UPDATED' as const]
const document = 'subscription { events { id } }'
const ordered = { eventTypes, document, ordering: 'PER_SUBJECT' as const }

test('an event waits until the earlier one about its subject is delivered, and one about another does not', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(answer(500))
  const { id } = await subscribe(app.admin, { url: receiver.url, ...ordered })
  const first = await publishNew(app.admin, 'First')
  await deliveryOf(app.admin, id, first.event.id, ({ attempts }) => attempts.length === 1)
  await save(app.admin, { id: first.post.id, title: 'Second' })
  const update = await publish(app.admin, first.post.id)
  const other = await publishNew(app.admin, 'Another')
  await deliveryOf(app.admin, id, other.event.id, ({ status }) => status === 'DELIVERED')
  await app.worker?.sweep()
  const waiting = await deliveryOf(app.admin, id, update.event.id)

  app.clock.advance(6 * second)
  await app.worker?.sweep()
  await allDelivered(app.admin, id, 3)

  expect(waiting).toMatchObject({ status: 'PENDING', attempts: [] })
  expect(receiver.requests.map((request) => envelopeOf(request).id)).toEqual(
    [first, other, first, update].map(({ event }) => event.id),
  )
})

test('an earlier delivery that is given up lets the next one go', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(answer(500), answer(500))
  const { id } = await subscribe(app.admin, { url: receiver.url, ...ordered })
  const first = await publishNew(app.admin, 'Given up')
  await deliveryOf(app.admin, id, first.event.id, ({ attempts }) => attempts.length === 1)
  await save(app.admin, { id: first.post.id, title: 'Goes on' })
  const update = await publish(app.admin, first.post.id)
  await app.database.db.webhookDelivery.updateMany({
    where: { endpointId: id, eventId: first.event.id },
    data: { attemptCount: 9 },
  })

  app.clock.advance(6 * second)
  await app.worker?.sweep()
  await deliveryOf(app.admin, id, first.event.id, ({ status }) => status === 'FAILED')
  await deliveryOf(app.admin, id, update.event.id, ({ status }) => status === 'DELIVERED')
})

test('what is sent again, older than what waits, goes before it and locks nothing up', async () => {
  const { app } = lent
  const { db } = app.database
  const { id } = await subscribe(app.admin, { url: 'https://receiver.example.com/', ...ordered })
  // Due in an hour, so that the app's own worker takes none of them.
  const now = new Date(app.clock.now().getTime() + 3_600 * second)
  const ids = await insertDeliveries(app, id, 4, now)
  await db.webhookDelivery.updateMany({ where: { endpointId: id }, data: { subjectId: 'one', sequence: 7 } })
  const [resent = '', ...newer] = ids
  await db.webhookDelivery.update({ where: { id: resent }, data: { sequence: 2 } })

  const order: string[] = []
  for (let turn = 0; turn < 4; turn++) {
    const { deliveries } = await claim(db, [id], freeSlots(0, new Set()), now)
    expect(deliveries).toHaveLength(1)
    order.push(...deliveries.map((delivery) => delivery.id))
    await db.webhookDelivery.updateMany({
      where: { id: { in: order } },
      data: { status: 'DELIVERED', leasedUntil: null },
    })
  }

  expect(order).toEqual([resent, ...newer.toSorted()])
})

test('a rate limit spaces deliveries out and uses up no attempt of those that wait', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, document, rateLimitPerMinute: 6 })
  await insertDeliveries(app, id, 5)
  for (let sent = 1; sent <= 5; sent++) {
    await app.worker?.sweep()
    await receiver.waitFor(sent)
    await until(
      async () =>
        (await app.database.db.webhookDelivery.count({ where: { endpointId: id, status: 'DELIVERED' } })) ===
        sent,
    )
    app.clock.advance(8 * second)
    await app.worker?.sweep()
    expect(receiver.requests).toHaveLength(sent)
    app.clock.advance(2 * second)
  }

  const waits = await app.database.db.webhookAttempt.findMany({ where: { delivery: { endpointId: id } } })
  expect(waits.map(({ number }) => number)).toEqual([1, 1, 1, 1, 1])
})

describe.skipIf(inject('kind') !== 'postgres')('with two processes (the embedded database has one)', () => {
  test('no event is fanned out before an earlier one about its subject that another process has in hand', async () => {
    const { app, end } = await startTestApp({ role: 'api' })
    const { db } = app.database
    await makeEndpoint(app.admin, { url: 'https://receiver.example.com/', ...ordered })
    const first = await publishNew(app.admin, 'In hand')
    await save(app.admin, { id: first.post.id, title: 'In hand, changed' })
    const update = await publish(app.admin, first.post.id)
    const other = await publishNew(app.admin, 'Another')
    await db.event.updateMany({
      where: { id: { notIn: [first, update, other].map(({ event }) => event.id) } },
      data: { fannedOutAt: app.clock.now() },
    })
    const fannedOut = async () =>
      (await db.webhookDelivery.findMany({ orderBy: { sequence: 'asc' } })).map(({ eventId }) => eventId)

    await db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM events WHERE id = ${first.event.id} FOR UPDATE`
      expect(await fanOut(db, app.clock.now())).toMatchObject({ done: 1, waiting: 1 })
    })
    expect(await fannedOut()).toEqual([other.event.id])

    expect(await fanOut(db, app.clock.now())).toMatchObject({ done: 2, waiting: 0 })
    expect(await fannedOut()).toEqual([first, update, other].map(({ event }) => event.id))
    await end()
  })
})
