import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { allDelivered, deliveriesTo, subscribe } from './subscribing.ts'
import { insertDeliveries } from './waiting.ts'

const lent = withApp({ random: () => 0.5 })

const second = 1_000

test('after ten failures in a row an endpoint rests, what waits for it uses up no attempt, and one probe tries again', async () => {
  const { app } = lent
  const { db } = app.database
  await using receiver = await startReceiver()
  receiver.always(answer(500))
  const { id } = await subscribe(app.admin, { url: receiver.url, maxInFlight: 1 })
  await insertDeliveries(app, id, 15)
  const attempted = async (count: number) =>
    until(async () => (await db.webhookAttempt.count({ where: { delivery: { endpointId: id } } })) === count)
  const endpoint = () => db.webhookEndpoint.findUniqueOrThrow({ where: { id } })

  await app.worker?.sweep()
  await until(async () => (await endpoint()).openUntil)
  expect(receiver.requests).toHaveLength(10)

  const { openUntil } = await endpoint()
  const waiting = (await deliveriesTo(app.admin, id)).filter(({ attempts }) => attempts.length === 0)
  expect(waiting).toHaveLength(5)
  for (const { status, nextAttemptAt } of waiting)
    expect([status, new Date(nextAttemptAt ?? '')]).toEqual(['PENDING', openUntil])

  app.clock.advance(20 * second)
  await app.worker?.sweep()
  expect(receiver.requests).toHaveLength(10)

  app.clock.advance(11 * second)
  await app.worker?.sweep()
  await attempted(11)
  const reopened = await until(async () => {
    const { openUntil: next } = await endpoint()
    return next?.getTime() === openUntil?.getTime() ? null : next
  })
  expect(receiver.requests).toHaveLength(11)
  expect(reopened.getTime() - app.clock.now().getTime()).toBeGreaterThan(45 * second)

  receiver.always(answer(204))
  app.clock.advance(61 * second)
  await app.worker?.sweep()
  await until(async () => (await endpoint()).openUntil === null)
  app.clock.advance(10 * 60 * second)
  await app.worker?.sweep()
  await allDelivered(app.admin, id, 15)
  expect(await endpoint()).toMatchObject({ consecutiveFailures: 0, trips: 0, firstFailureAt: null })
})

test('a receiver that asks for 120 s is sent nothing meanwhile, and of thirty deliveries that wait none uses an attempt', async () => {
  const { app } = lent
  const { db } = app.database
  await using receiver = await startReceiver()
  receiver.always(answer(429, { headers: { 'retry-after': '120' } }))
  const { id } = await subscribe(app.admin, { url: receiver.url, maxInFlight: 2 })
  await insertDeliveries(app, id, 30)
  const attempts = () => db.webhookAttempt.count({ where: { delivery: { endpointId: id } } })
  const endpoint = () => db.webhookEndpoint.findUniqueOrThrow({ where: { id } })

  await app.worker?.sweep()
  await until(async () => (await attempts()) > 0 && (await endpoint()).openUntil)
  for (const pause of [5, 30, 60]) {
    app.clock.advance(pause * second)
    await app.worker?.sweep()
  }
  // What was in flight when the first answer came.
  const inFlight = receiver.requests.length
  expect(inFlight).toBeLessThanOrEqual(2)
  expect(await attempts()).toBe(inFlight)

  // The time is over: one request, which is asked to come back later once more.
  app.clock.advance(26 * second)
  await app.worker?.sweep()
  await until(async () => (await attempts()) === inFlight + 1)
  app.clock.advance(100 * second)
  await app.worker?.sweep()
  expect(receiver.requests).toHaveLength(inFlight + 1)

  receiver.always(answer(204))
  app.clock.advance(30 * second)
  await app.worker?.sweep()
  await until(async () => (await endpoint()).openUntil === null)
  app.clock.advance(10 * 60 * second)
  await app.worker?.sweep()
  await allDelivered(app.admin, id, 30)
  const retried = (await deliveriesTo(app.admin, id)).filter((delivery) => delivery.attempts.length > 1)
  expect(retried.length).toBeLessThanOrEqual(3)
})
