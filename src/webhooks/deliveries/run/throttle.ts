/** What an endpoint's row says about how much may be sent to it. */
export type Policies = {
  maxInFlight: number
  rateLimitPerMinute: number | null
  /** The rate limit's state: when the next delivery is due by an even spacing. */
  rateSlotAt: Date | null
  /** The circuit breaker's state: null when it is closed. */
  openUntil: Date | null
}

/** What an endpoint's policies let out now. */
export type Throttle = {
  /** At most so many in flight, in all processes together. */
  inFlight: number
  /** At most so many may begin now; null when there is no rate limit. */
  begin: number | null
  /** When more may begin; null when nothing but what is in flight holds it up. */
  againAt: Date | null
}

/** Reads an endpoint's policies: an open breaker lets nothing out, one whose pause is over a single probe. */
export const throttleOf = (policies: Policies, now: Date): Throttle => {
  const { openUntil, maxInFlight } = policies
  if (openUntil && openUntil > now) return { inFlight: 0, begin: 0, againAt: openUntil }
  const inFlight = openUntil ? 1 : maxInFlight
  const spacing = spacingOf(policies)
  if (!spacing) return { inFlight, begin: null, againAt: null }
  const waitMs = Math.max(0, (policies.rateSlotAt?.getTime() ?? 0) - now.getTime())
  const begin = Math.floor(((spacing.burst - 1) * spacing.ms - waitMs) / spacing.ms) + 1
  const againAt = new Date(Math.ceil(now.getTime() + waitMs - (spacing.burst - 1) * spacing.ms))
  return begin > 0 ? { inFlight, begin, againAt: null } : { inFlight, begin: 0, againAt }
}

/** The rate limit's state once `begun` deliveries have begun. */
export const rateSlotAfter = (policies: Policies, begun: number, now: Date): Date | null => {
  const spacing = spacingOf(policies)
  if (!spacing) return null
  const from = Math.max(policies.rateSlotAt?.getTime() ?? 0, now.getTime())
  return new Date(from + Math.ceil(begun * spacing.ms))
}

/** Below this a timer is no longer exact: a faster endpoint is sent several at once, the first so much earlier at most. */
export const shortestWaitMs = 100

/**
 * The rate limit as the generic cell rate algorithm has it: a spacing, and how many may go at once. The spacing makes up
 * for the burst, so that no 60 s ever have more than the limit.
 */
const spacingOf = ({ rateLimitPerMinute: limit }: Policies): { ms: number; burst: number } | null => {
  if (limit === null) return null
  const burst = Math.ceil((limit * shortestWaitMs) / 60_000)
  return { ms: 60_000 / (limit - burst + 1), burst }
}
