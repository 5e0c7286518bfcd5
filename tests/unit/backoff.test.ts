import { describe, expect, test } from 'vitest'
import { maxAttempts, nextAttemptDelayMs } from '../../src/webhooks/deliveries/run/backoff.ts'

const minute = 60_000
const hour = 60 * minute
const status = (statusCode: number) => ({ statusCode, error: 'status' })
const middle = 0.5 // the random value that adds and takes nothing

describe('nextAttemptDelayMs', () => {
  test.each([
    [1, 5_000],
    [2, 5 * minute],
    [3, 30 * minute],
    [4, 2 * hour],
    [5, 5 * hour],
    [6, 10 * hour],
    [7, 14 * hour],
    [8, 20 * hour],
    [9, 24 * hour],
  ])('after attempt %d comes another in %d ms, give or take 20 %%', (attempt, planned) => {
    const outcome = status(500)
    expect(nextAttemptDelayMs({ attempt, random: middle, outcome })).toBe(planned)
    expect(nextAttemptDelayMs({ attempt, random: 0, outcome })).toBe(planned * 0.8)
    expect(nextAttemptDelayMs({ attempt, random: 0.999_999_999_9, outcome })).toBe(planned * 1.2)
  })

  test('after attempt 10 comes none, whatever the answer asks for', () => {
    expect(maxAttempts).toBe(10)
    expect(nextAttemptDelayMs({ attempt: 10, random: middle, outcome: status(500) })).toBeNull()
    expect(
      nextAttemptDelayMs({ attempt: 10, random: middle, retryAfterMs: minute, outcome: status(503) }),
    ).toBeNull()
  })

  test('410 ends the delivery', () => {
    expect(nextAttemptDelayMs({ attempt: 1, random: middle, outcome: status(410) })).toBeNull()
  })

  test.each([429, 503])('Retry-After on %d is never come back from too soon', (code) => {
    for (const random of [0, middle, 0.99]) {
      const delay = nextAttemptDelayMs({ attempt: 1, random, retryAfterMs: 90_000, outcome: status(code) })
      expect(delay).toBe(90_000)
    }
  })

  test('Retry-After does not bring the planned attempt forward', () => {
    const sooner = { attempt: 3, random: middle, retryAfterMs: 1_000, outcome: status(503) }
    expect(nextAttemptDelayMs(sooner)).toBe(30 * minute)
  })

  test.each([25 * hour, Number.POSITIVE_INFINITY])('Retry-After of %d ms is cut to 24 h', (retryAfterMs) => {
    expect(nextAttemptDelayMs({ attempt: 1, random: middle, retryAfterMs, outcome: status(429) })).toBe(
      24 * hour,
    )
  })

  test.each([500, 301, 404])('Retry-After on %d says nothing', (code) => {
    expect(
      nextAttemptDelayMs({ attempt: 1, random: middle, retryAfterMs: hour, outcome: status(code) }),
    ).toBe(5_000)
  })

  test.each([
    ['429', status(429)],
    ['502', status(502)],
    ['504', status(504)],
    ['a time-out', { statusCode: null, error: 'timeout' }],
    ['a connection that is not accepted in time', { statusCode: null, error: 'timeout_connect' }],
  ])('%s gets at least 60 s of rest, and no more when more is planned', (_, outcome) => {
    expect(nextAttemptDelayMs({ attempt: 1, random: 0, outcome })).toBe(minute)
    expect(nextAttemptDelayMs({ attempt: 2, random: middle, outcome })).toBe(5 * minute)
  })

  test.each([
    ['500', status(500)],
    ['503 that asks for nothing', status(503)],
    ['a refused connection', { statusCode: null, error: 'connection_refused' }],
  ])('%s is tried again in 5 s', (_, outcome) => {
    expect(nextAttemptDelayMs({ attempt: 1, random: middle, retryAfterMs: null, outcome })).toBe(5_000)
  })
})
