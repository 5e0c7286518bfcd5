import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { verifyWebhook } from '../../src/receiver/verify.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { answer, type Behaviour, hugeBody, redirect, reset, startReceiver } from '../support/receiver.ts'
import { type Delivery, deliveryOf, subscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

// In the middle of the jitter: every delay is the planned one.
const lent = withApp({ random: () => 0.5 })

const eventTypes = ['POST_PUBLISHED' as const]
const second = 1_000
const minute = 60 * second
const hour = 60 * minute

test('a delivery is tried ten times on the schedule, each attempt is written down, and then it has failed', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(answer(500, { body: 'The database is away.', headers: { 'x-why': 'restart' } }))
  const { id, secret } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { event } = await publishNew(app.admin, 'Nobody is at home')

  const gaps: number[] = []
  for (let number = 1; number < 10; number++) gaps.push(await untilTried(app, id, event.id, number))
  const failed = await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'FAILED')

  const schedule = [5 * second, 5 * minute, hour / 2, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour]
  // The gap counts from the attempt's end, which comes a moment after its start.
  for (const [index, planned] of [...schedule, 24 * hour].entries()) {
    expect(gaps[index], `before attempt ${index + 2}`).toBeGreaterThanOrEqual(planned)
    expect(gaps[index], `before attempt ${index + 2}`).toBeLessThan(planned + minute / 2)
  }
  expect(failed).toMatchObject({ nextAttemptAt: null, reason: 'Answered 500 Internal Server Error.' })
  expect(failed.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  for (const attempt of failed.attempts)
    expect(attempt).toMatchObject({
      statusCode: 500,
      error: 'status: Answered 500 Internal Server Error.',
      durationMs: expect.any(Number),
      responseBody: 'The database is away.',
    })

  const kept = await app.database.db.webhookAttempt.findMany({ where: { deliveryId: failed.id } })
  for (const { responseHeaders } of kept) expect(responseHeaders).toMatchObject({ 'x-why': 'restart' })

  app.clock.advance(100 * hour)
  await app.worker?.sweep()
  await app.worker?.sweep()
  expect(receiver.requests).toHaveLength(10)
  expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(new Set(receiver.requests.map(({ body }) => body.toString())).size).toBe(1)
  await expectFreshlySigned(receiver.requests, secret)
})

test('a retry that succeeds ends the delivery', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(reset)
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { event } = await publishNew(app.admin, 'Second time lucky')
  await untilTried(app, id, event.id, 1)

  const delivered = await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  app.clock.advance(100 * hour)
  await app.worker?.sweep()

  expect(delivered).toMatchObject({ nextAttemptAt: null, reason: null })
  expect(delivered.attempts).toMatchObject([
    { number: 1, statusCode: null, error: expect.stringMatching(/^reset: /), responseBody: null },
    { number: 2, statusCode: 204, error: null },
  ])
  expect(receiver.requests).toHaveLength(2)
})

const askForLater: { asked: string; status: number; headers: (app: TestApp) => Record<string, string> }[] = [
  { asked: 'seconds with 429', status: 429, headers: () => ({ 'retry-after': '7200' }) },
  {
    asked: 'an HTTP date with 503',
    status: 503,
    headers: ({ clock }) => ({
      'retry-after': new Date(clock.now().getTime() + 2 * hour + second).toUTCString(),
    }),
  },
]

test.for(askForLater)(
  'Retry-After in $asked puts the next attempt off until then',
  async ({ status, headers }) => {
    const { app } = lent
    await using receiver = await startReceiver()
    const notBefore = app.clock.now().getTime() + 2 * hour
    receiver.next(answer(status, { headers: headers(app) }))
    const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
    const { event } = await publishNew(app.admin, 'Not now')

    const delivery = await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length === 1)

    const nextAttemptAt = Date.parse(delivery.nextAttemptAt ?? '')
    expect(nextAttemptAt).toBeGreaterThanOrEqual(notBefore)
    expect(nextAttemptAt).toBeLessThan(notBefore + 2 * minute)
    app.clock.advance(hour)
    await app.worker?.sweep()
    expect(receiver.requests).toHaveLength(1)
    app.clock.advance(hour + 3 * minute)
    await app.worker?.sweep()
    await receiver.waitFor(2)
  },
)

test('a redirect is a failure and is never followed', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  await using elsewhere = await startReceiver()
  receiver.always(redirect(elsewhere.url, 307))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { event } = await publishNew(app.admin, 'Moved')

  const delivery = await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length > 0)

  expect(delivery).toMatchObject({ status: 'PENDING', reason: expect.stringContaining('redirect') })
  expect(delivery.attempts[0]).toMatchObject({
    statusCode: 307,
    error: expect.stringMatching(/^redirect: Answered 307 .*not followed/),
  })
  expect(elsewhere.requests).toEqual([])
})

const long: { name: string; behaviour: Behaviour }[] = [
  { name: 'a long answer', behaviour: answer(500, { body: 'x'.repeat(40_000) }) },
  { name: 'an answer of 200 MB', behaviour: hugeBody(200 * 1024 * 1024, 500) },
  { name: 'an answer with NUL bytes', behaviour: answer(500, { body: `\0${'y'.repeat(20_000)}` }) },
]

test.for(long)('of $name the first 16 KiB are kept', async ({ behaviour }) => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.next(behaviour)
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes })
  const { event } = await publishNew(app.admin, 'Tell me more')

  const delivery = await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length > 0)
  const kept = delivery.attempts[0]?.responseBody ?? ''

  expect(delivery.attempts[0]).toMatchObject({ statusCode: 500 })
  expect(kept.length).toBeLessThanOrEqual(16 * 1024)
  expect(kept.length).toBeGreaterThanOrEqual(16 * 1024 - 1)
  expect(kept).toMatch(/^[xy]+$/)
})

/** Waits for that attempt, moves the clock to the next one and returns the milliseconds between the two. */
const untilTried = async (app: TestApp, endpointId: string, eventId: string, number: number) => {
  const delivery = await deliveryOf(
    app.admin,
    endpointId,
    eventId,
    ({ attempts }) => attempts.length === number,
  )
  const gap = gapAfterLast(delivery)
  app.clock.advance(gap)
  await app.worker?.sweep()
  return gap
}

const gapAfterLast = ({ nextAttemptAt, attempts }: Delivery): number =>
  Date.parse(nextAttemptAt ?? '') - Date.parse(attempts.at(-1)?.startedAt ?? '')

/** Each attempt is signed for its own time: a receiver that looks at the clock takes every one. */
const expectFreshlySigned = async (
  requests: Awaited<ReturnType<typeof startReceiver>>['requests'],
  secret: string,
) => {
  const stamps = requests.map(({ headers }) => Number(headers['webhook-timestamp']))
  expect(stamps.toSorted((a, b) => a - b)).toEqual(stamps)
  expect(new Set(stamps).size).toBe(requests.length)
  for (const [index, { body, headers }] of requests.entries()) {
    const now = new Date((stamps[index] ?? 0) * second)
    await verifyWebhook(body, headers, secret, { now })
    const signature = new Webhook(secret).sign(String(headers['webhook-id']), now, body)
    expect(headers['webhook-signature']).toBe(signature)
  }
}
