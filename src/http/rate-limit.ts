import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Viewer } from '../auth/viewer.ts'
import { type Call, Refusal } from './call.ts'
import { callerAddress, networkOf, type TrustedProxies } from './caller-address.ts'

type Authenticate = (call: Call) => Promise<Viewer>

export type RateLimitOptions = {
  /** Requests a minute of an address, and of a key; 0 = no limits. */
  perMinute: number
  isTrusted: TrustedProxies
}

// As the API promises: more than a person mistypes, and nothing against 256 random bits.
const failedKeysPerMinute = 30
const windowSeconds = 60

/**
 * Counts requests by address and by key before and after it is known who calls, in this process alone. Throws a Refusal
 * (429) when one of the limits is reached; a key's own holds wherever it calls from. An address that sent too many wrong
 * keys is asked for no more of them: without a key it may go on.
 */
export const limitRate = (
  { perMinute, isTrusted }: RateLimitOptions,
  authenticate: Authenticate,
): Authenticate => {
  if (perMinute === 0) return authenticate
  const limiterOf = (points: number) => new RateLimiterMemory({ points, duration: windowSeconds })
  const ofAddress = { name: 'address', limiter: limiterOf(perMinute) }
  const ofKey = { name: 'key', limiter: limiterOf(perMinute) }
  const ofFailures = { name: 'failed-keys', limiter: limiterOf(failedKeysPerMinute) }

  return async (call) => {
    const address = networkOf(callerAddress(call.request, isTrusted))
    const counted = [await count(ofAddress, address)]
    refuseBeyond(counted, 'This address has sent too many requests.')
    if (call.request.headers.authorization === undefined) return authenticate(call)
    await refuseAfterFailures(ofFailures, address)
    const viewer = await authenticate(call).catch(async (error: unknown) => {
      if (error instanceof Refusal && error.status === 401)
        refuseBeyond([await count(ofFailures, address)], tooManyFailures)
      throw error
    })
    if (viewer.keyId !== null) counted.push(await count(ofKey, viewer.keyId))
    refuseBeyond(counted, 'This API key has sent too many requests.')
    // Only to a key: an answer to nobody in particular may be stored, and would tell others of this caller's limit.
    Object.assign(call.headers, headersOf(counted))
    return viewer
  }
}

type Limit = { name: string; limiter: RateLimiterMemory }
/** How a caller stands with a limit; the time to its end is in seconds. */
type Counted = { name: string; limit: number; remaining: number; resetSeconds: number; isBeyond: boolean }

const tooManyFailures = 'This address has sent too many wrong API keys.'

const count = async ({ name, limiter }: Limit, who: string): Promise<Counted> => {
  // It rejects with the same numbers when the limit is exceeded.
  const result = await limiter.consume(who).catch((refused: unknown) => {
    if (refused instanceof RateLimiterRes) return refused
    throw refused
  })
  return standing(name, limiter, result)
}

const refuseAfterFailures = async ({ name, limiter }: Limit, who: string): Promise<void> => {
  const result = await limiter.get(who)
  if (!result || result.consumedPoints < limiter.points) return
  refuseBeyond([{ ...standing(name, limiter, result), isBeyond: true }], tooManyFailures)
}

const standing = (name: string, { points }: RateLimiterMemory, result: RateLimiterRes): Counted => ({
  name,
  limit: points,
  remaining: result.remainingPoints,
  resetSeconds: Math.max(1, Math.ceil(result.msBeforeNext / 1_000)),
  isBeyond: result.consumedPoints > points,
})

const refuseBeyond = (counted: Counted[], reason: string): void => {
  const beyond = counted.find(({ isBeyond }) => isBeyond)
  if (!beyond) return
  const { limit, resetSeconds } = beyond
  const message = `${reason} ${limit.toLocaleString('en')} a minute are allowed; ask again in ${resetSeconds} s.`
  const headers = { 'retry-after': String(resetSeconds), ...headersOf(counted) }
  throw new Refusal(429, 'RATE_LIMITED', message, headers)
}

/** draft-ietf-httpapi-ratelimit-headers, and the three plain headers before it, of the limit that is nearest. */
const headersOf = (counted: Counted[]): Record<string, string> => {
  const [nearest] = counted.toSorted((one, other) => one.remaining - other.remaining)
  return {
    'ratelimit-policy': counted
      .map(({ name, limit }) => `"${name}";q=${limit};w=${windowSeconds}`)
      .join(', '),
    ratelimit: counted
      .map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`)
      .join(', '),
    'ratelimit-limit': String(nearest?.limit),
    'ratelimit-remaining': String(nearest?.remaining),
    'ratelimit-reset': String(nearest?.resetSeconds),
  }
}
