import { describe, expect, test } from 'vitest'
import { rateSlotAfter, throttleOf } from '../../src/webhooks/deliveries/run/throttle.ts'
import { type Health, hasFailedForLong, healthAfter } from '../../src/webhooks/endpoints/health.ts'

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const at = (ms: number) => new Date(ms)

const healthy: Health = {
  consecutiveFailures: 0,
  firstFailureAt: null,
  lastFailureAt: null,
  lastSuccessAt: null,
  openUntil: null,
  trips: 0,
}
const failed = (before: Health, ms: number) =>
  healthAfter(before, { ok: false, startedAt: at(ms), restMs: 0 }, at(ms))

test('the breaker opens with the tenth failure in a row, for 30 s, and each failed probe doubles that up to 15 min', () => {
  let health = healthy
  for (let number = 1; number < 10; number++) health = failed(health, number)
  expect(health.openUntil).toBeNull()

  const pauses: number[] = []
  let now = 10
  for (let trip = 0; trip < 8; trip++) {
    health = failed(health, now)
    const pause = (health.openUntil?.getTime() ?? 0) - now
    pauses.push(pause / second)
    now += pause
  }
  expect(pauses).toEqual([30, 60, 120, 240, 480, 900, 900, 900])
})

test('what was in flight when the breaker opened does not open it again', () => {
  let health = healthy
  for (let number = 1; number <= 10; number++) health = failed(health, 0)
  const opened = health
  for (let number = 1; number <= 90; number++) health = failed(health, second)

  expect(health).toEqual({ ...opened, consecutiveFailures: 100, lastFailureAt: at(second) })
})

test('a success closes the breaker and forgets all failures', () => {
  let health = healthy
  for (let number = 1; number <= 10; number++) health = failed(health, 0)
  const closed = healthAfter(health, { ok: true, startedAt: at(minute), restMs: 0 }, at(minute))

  expect(closed).toEqual({ ...healthy, lastFailureAt: at(0), lastSuccessAt: at(minute) })
})

describe('a receiver that asks for time', () => {
  const asked = (before: Health, ms: number, restMs: number) =>
    healthAfter(before, { ok: false, startedAt: at(ms), restMs }, at(ms))
  const succeeded = (before: Health, ms: number) =>
    healthAfter(before, { ok: true, startedAt: at(ms), restMs: 0 }, at(ms))

  test('is left alone for so long, and no less because of what was in flight', () => {
    let health = asked(healthy, 0, 2 * minute)
    health = succeeded(health, second)
    health = asked(health, 2 * second, 10 * second)
    health = failed(health, 3 * second)
    expect(health).toMatchObject({ openUntil: at(2 * minute), trips: 0 })
  })

  test('may ask for more, and is open again with the first success after that', () => {
    const health = asked(asked(healthy, 0, minute), second, 2 * minute)
    expect(health.openUntil).toEqual(at(2 * minute + second))
    expect(succeeded(health, 2 * minute + second).openUntil).toBeNull()
  })

  test('is left alone for the longer of that and the breaker’s pause', () => {
    const nine = Array.from({ length: 9 }).reduce<Health>((health) => failed(health, 0), healthy)
    expect(asked(nine, 0, second)).toMatchObject({ openUntil: at(30 * second), trips: 1 })
    expect(asked(nine, 0, hour)).toMatchObject({ openUntil: at(hour), trips: 1 })
  })
})

test('an endpoint has failed for long 120 h after the first failure since its last success', () => {
  const first = failed(healthy, 0)
  const later = failed(first, 50 * hour)

  expect(later.firstFailureAt).toEqual(at(0))
  expect(hasFailedForLong(later, at(120 * hour - 1))).toBe(false)
  expect(hasFailedForLong(later, at(120 * hour))).toBe(true)
  expect(hasFailedForLong(healthy, at(1_000 * hour))).toBe(false)
})

const policies = { maxInFlight: 4, rateLimitPerMinute: null, rateSlotAt: null, openUntil: null }

test('an open breaker lets nothing out, and one probe when its pause is over', () => {
  const open = { ...policies, openUntil: at(1_000) }

  expect(throttleOf(policies, at(0))).toEqual({ inFlight: 4, begin: null, againAt: null })
  expect(throttleOf(open, at(999))).toEqual({ inFlight: 0, begin: 0, againAt: at(1_000) })
  expect(throttleOf(open, at(1_000))).toMatchObject({ inFlight: 1 })
})

test.for([1, 7, 60, 599, 601, 1_000, 6_000])(
  'no 60 s have more than %d deliveries, and a busy endpoint gets nearly as many',
  (limit) => {
    const begun: number[] = []
    let slot: Date | null = null
    // Ten minutes, in which something is begun as soon as it may be.
    for (let now = 0; now < 10 * minute; ) {
      const limited = { ...policies, rateLimitPerMinute: limit, rateSlotAt: slot }
      const { begin, againAt } = throttleOf(limited, at(now))
      for (let index = 0; index < (begin ?? 0); index++) begun.push(now)
      if (begin) slot = rateSlotAfter(limited, begin, at(now))
      now = againAt?.getTime() ?? now
    }

    const tooClose = begun.filter((time, index) => time - (begun[index - limit] ?? -minute) < minute)
    expect(tooClose).toEqual([])
    expect(begun.length).toBeGreaterThan(9 * limit)
  },
)

test('what was not sent in a pause is not made up for at once', () => {
  const limited = { ...policies, rateLimitPerMinute: 60, rateSlotAt: at(0) }

  expect(throttleOf(limited, at(hour)).begin).toBe(1)
})
