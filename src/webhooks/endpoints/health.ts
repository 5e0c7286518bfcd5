import type { WebhookEndpoint } from '../../db/generated/client.ts'

/** What an endpoint's row remembers of how its attempts went. */
export type Health = Pick<
  WebhookEndpoint,
  'consecutiveFailures' | 'firstFailureAt' | 'lastFailureAt' | 'lastSuccessAt' | 'openUntil' | 'trips'
>

/** An endpoint of which nothing is known yet, or that a person has set active again. */
export const untried = { consecutiveFailures: 0, firstFailureAt: null, openUntil: null, trips: 0 } as const

/**
 * An endpoint's health after one more attempt. A success forgets all failures and closes the breaker. A receiver that asks for
 * time with `Retry-After` is left alone for so long, as behind the breaker; what it had in flight then changes nothing of that.
 */
export const healthAfter = (
  before: Health,
  { ok, startedAt, restMs }: { ok: boolean; startedAt: Date; restMs: number },
  now: Date,
): Health => {
  const heldUntil = before.openUntil !== null && before.openUntil > now ? before.openUntil : null
  if (ok) {
    const rest = before.trips === 0 ? heldUntil : null
    return { ...before, ...untried, openUntil: rest, lastSuccessAt: now }
  }
  const consecutiveFailures = before.consecutiveFailures + 1
  const after = {
    ...before,
    consecutiveFailures,
    firstFailureAt: before.firstFailureAt ?? startedAt,
    lastFailureAt: now,
    openUntil: restMs > 0 ? later(before.openUntil, now, restMs) : before.openUntil,
  }
  // What was in flight when the breaker opened fails on: that is no reason to open it a second time.
  if (consecutiveFailures < failuresToOpen || heldUntil) return after
  const pauseMs = Math.min(firstPauseMs * 2 ** before.trips, longestPauseMs)
  return { ...after, openUntil: later(after.openUntil, now, pauseMs), trips: before.trips + 1 }
}

const later = (time: Date | null, now: Date, ms: number): Date =>
  new Date(Math.max(time?.getTime() ?? 0, now.getTime() + ms))

/** Whether an endpoint has failed for so long that it is to be disabled, provided two of its deliveries have. */
export const hasFailedForLong = ({ firstFailureAt }: Health, now: Date): boolean =>
  firstFailureAt !== null && now.getTime() - firstFailureAt.getTime() >= longMs

// A receiver that restarts loses a few requests; one that fails ten times in a row is not just restarting.
const failuresToOpen = 10
const firstPauseMs = 30_000
const longestPauseMs = 15 * 60_000

// Five days: longer than the 3 that one delivery is tried for, and than a long weekend with nobody there.
const longMs = 120 * 60 * 60_000
