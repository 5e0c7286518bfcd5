import { createHash } from 'node:crypto'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Viewer } from '../../keys/viewer.ts'
import { type Call, Refusal } from '../call.ts'

type Authenticate = (call: Call) => Promise<Viewer>

export type RateLimits = {
  /** Counts a call for the address that it comes from. */
  count(call: Call): Promise<void>
  /** Who calls, counted for the key and, where that is a wrong one, for the address. */
  authenticate: Authenticate
  /**
   * Counts an event of a stream, and returns 0; or how many milliseconds it has to wait. Events take no more than half of a
   * limit, so that nobody's streams keep out his requests.
   */
  roomForEvent(call: Call, viewer: Viewer): Promise<number>
}

// As the API promises: more than a person mistypes, and nothing against 256 random bits.
const failedKeysPerMinute = 30
const windowSeconds = 60

/**
 * Counts requests by address and by key, in this process alone; `perMinute` 0 is no limits. Throws a Refusal (429) when one of
 * the limits is reached.
 *
 * Many may share an address: an office, a mobile network, a proxy that is not in TRUSTED_PROXIES. So what strangers do there
 * keeps no good key out: wrong keys are refused as such, and beyond the limit of the address a key that has been good before
 * may go on within its own.
 */
export const createRateLimits = (perMinute: number, authenticate: Authenticate): RateLimits => {
  if (perMinute === 0) return { count: async () => undefined, authenticate, roomForEvent: async () => 0 }
  const limiterOf = (points: number) => new RateLimiterMemory({ points, duration: windowSeconds })
  const ofAddress = { name: 'address', limiter: limiterOf(perMinute) }
  const ofKey = { name: 'key', limiter: limiterOf(perMinute) }
  const ofFailures = { name: 'failed-keys', limiter: limiterOf(failedKeysPerMinute) }
  const good = rememberedCredentials()
  const standings = new WeakMap<Call, Counted>()

  return {
    count: async (call) => {
      const counted = await count(ofAddress, call.caller)
      if (!good.has(call)) refuseBeyond([counted], 'This address has sent too many requests.')
      standings.set(call, counted)
    },
    authenticate: async (call) => {
      const viewer = await authenticate(call).catch(async (error: unknown) => {
        if (error instanceof Refusal && error.status === 401)
          refuseBeyond(
            [await count(ofFailures, call.caller)],
            'This address has sent too many wrong API keys.',
          )
        throw error
      })
      if (viewer.keyId === null) return viewer
      good.add(call)
      const counted = [standings.get(call), await count(ofKey, viewer.keyId)].filter(isBinding)
      refuseBeyond(counted, 'This API key has sent too many requests.')
      // Only to a key: an answer to nobody in particular may be stored, and would tell others of this caller's limit.
      Object.assign(call.headers, headersOf(counted))
      return viewer
    },
    roomForEvent: async ({ caller }, { keyId }) => {
      const [limit, who] = keyId === null ? [ofAddress, caller] : [ofKey, keyId]
      const standing = await limit.limiter.get(who)
      if (standing && standing.consumedPoints >= perMinute / 2) return Math.max(1, standing.msBeforeNext)
      await count(limit, who)
      return 0
    },
  }
}

// More keys than are in use within a minute; of each a hash is kept.
const rememberedKeys = 1_000

/** The credentials that were found good last: no stranger can push them out, and each is still looked up at every call. */
const rememberedCredentials = () => {
  const kept = new Set<string>()
  const hashOf = ({ request }: Call) =>
    createHash('sha256')
      .update(request.headers.authorization ?? '')
      .digest('base64')
  return {
    has: (call: Call) => call.request.headers.authorization !== undefined && kept.has(hashOf(call)),
    add: (call: Call) => {
      const hash = hashOf(call)
      kept.delete(hash)
      kept.add(hash)
      const [oldest] = kept
      if (kept.size > rememberedKeys && oldest) kept.delete(oldest)
    },
  }
}

type Limit = { name: string; limiter: RateLimiterMemory }
/** How a caller stands with a limit; the time to its end is in seconds. */
type Counted = { name: string; limit: number; remaining: number; resetSeconds: number; isBeyond: boolean }

/** The address's limit does not bind a key that may go on beyond it. */
const isBinding = (counted: Counted | undefined, index: number): counted is Counted =>
  counted !== undefined && (index > 0 || !counted.isBeyond)

const count = async ({ name, limiter }: Limit, who: string): Promise<Counted> => {
  // It rejects with the same numbers when the limit is exceeded.
  const result = await limiter.consume(who).catch((refused: unknown) => {
    if (refused instanceof RateLimiterRes) return refused
    throw refused
  })
  return standing(name, limiter, result)
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
