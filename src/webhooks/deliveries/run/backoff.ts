/** What the next attempt's time depends on. */
export type FailedAttempt = {
  /** The attempt that has just failed, counted from 1. */
  attempt: number
  /** In [0, 1): spreads the deliveries that failed together. */
  random: number
  /** What the answer's `Retry-After` asks for, already parsed; null when it has none. */
  retryAfterMs?: number | null
  outcome: { statusCode: number | null; error: string | null }
}

/**
 * Milliseconds from the failed attempt to the next one, or null when there is none: all attempts are used up,
 * or the receiver is gone for good (410).
 */
export const nextAttemptDelayMs = ({
  attempt,
  random,
  retryAfterMs,
  outcome,
}: FailedAttempt): number | null => {
  const planned = delaysMs[attempt]
  if (planned === undefined || outcome.statusCode === 410) return null
  const jittered = planned * (1 - jitter + 2 * jitter * random)
  return Math.round(Math.max(jittered, askedForMs(outcome.statusCode, retryAfterMs), restMs(outcome)))
}

/** How long a receiver asks to be left alone by everything, in milliseconds: not by the one delivery that it answered. */
export const askedForMs = (statusCode: number | null, retryAfterMs: number | null | undefined): number => {
  const honoured = statusCode === 429 || statusCode === 503
  return honoured ? Math.min(retryAfterMs ?? 0, longestRetryAfterMs) : 0
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute

// Before attempts 1 to 10, each after the one before: the schedule that Standard Webhooks gives as its example,
// 3 days and 3.6 hours in all, so that a weekend's outage loses nothing.
const delaysMs = [
  0,
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
]

/** How many times a delivery is tried before it has failed. */
export const maxAttempts = delaysMs.length

const jitter = 0.2 // deliveries that failed in one outage come back spread, not all at once
const longestRetryAfterMs = 24 * hour // a receiver may put an attempt off, not out of sight
const overloadRestMs = 60 * second // a receiver that is overloaded gets a minute's rest even from the 5 s retry

const timeOuts: readonly string[] = ['timeout', 'timeout_connect', 'dns_timeout']

const restMs = ({ statusCode, error }: FailedAttempt['outcome']): number => {
  const overloaded = statusCode === 429 || statusCode === 502 || statusCode === 504
  const timedOut = error !== null && timeOuts.includes(error)
  return overloaded || timedOut ? overloadRestMs : 0
}
