import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { AttemptError } from './attempt-error.ts'
import { isTranslatedLocally } from './ip-policy.ts'
import { addressProblem, nameProblem, type WebhookAllow } from './url-policy.ts'

/** All addresses of a host name; throws when there are none. */
export type Resolve = (hostname: string) => Promise<readonly { address: string }[]>

export type ConnectorOptions = { allow: WebhookAllow; resolve: Resolve; connectTimeoutMs: number }

/**
 * Makes undici's connections, to addresses that `addressProblem` lets pass and to no others. A name is resolved
 * once for each connection and the connection goes to the very addresses that were checked, so that a second
 * answer of the DNS (rebinding) has nothing to act on.
 */
export const guardedConnector = ({
  allow,
  resolve,
  connectTimeoutMs,
}: ConnectorOptions): buildConnector.connector => {
  // So much that a name which takes its time leaves some for the connection, and is to blame itself when it takes longer.
  const lookUpMs = 0.8 * connectTimeoutMs
  const lookup = checkedLookup(allow, sharedWhileUnderWay(remembering(withinTime(resolve, lookUpMs))))
  // HTTP/1.1 alone: what a receiver may make us do over HTTP/2 is a larger matter than a POST needs.
  const connect = buildConnector({ lookup, timeout: connectTimeoutMs, allowH2: false })
  return (options, callback) => {
    // A literal address is never looked up, so that `lookup` does not see it.
    const problem = isIP(options.hostname) ? addressProblem(options.hostname, options.hostname, allow) : null
    if (!problem) return connect(options, callback)
    queueMicrotask(() => callback(new AttemptError('address_not_allowed', problem), null))
  }
}

const checkedLookup =
  (allow: WebhookAllow, resolve: Resolve): LookupFunction =>
  (hostname, options, callback) => {
    checkedAddresses(hostname, allow, resolve).then(
      (addresses) => {
        const [first] = addresses
        if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: AttemptError) => callback(error, []),
    )
  }

type Addresses = [Address, ...Address[]]
type Address = { address: string; family: number }

const checkedAddresses = async (
  hostname: string,
  allow: WebhookAllow,
  resolve: Resolve,
): Promise<Addresses> => {
  const found = await resolve(hostname).catch((error: Error) => {
    throw error instanceof AttemptError ? error : lookUpFailed(hostname, error)
  })
  const judged = found.map(({ address }) => ({ address, problem: addressProblem(address, hostname, allow) }))
  // A DNS64 puts its addresses beside the public ones that they lead to; those are enough.
  const kept = judged.some(({ problem }) => !problem)
    ? judged.filter(({ address, problem }) => !problem || !isTranslatedLocally(address))
    : judged
  // One refused address refuses the name: a name with a private address beside a public one is an attack, or
  // a mistake that would fail now and then.
  const refused = kept.find(({ problem }) => problem)
  if (refused?.problem) throw noPublicAddress(hostname, refused.problem)
  const [first, ...rest] = kept.map(withFamily)
  if (!first) throw noPublicAddress(hostname, `${hostname} has no address.`)
  return [first, ...rest]
}

const withFamily = ({ address }: { address: string }): Address => ({ address, family: isIP(address) })

const lookUpFailed = (hostname: string, error: Error): AttemptError => {
  const code = 'code' in error ? String(error.code) : error.message
  if (code === 'ETIMEOUT') return lookUpTooSlow(hostname)
  if (noSuchName.has(code)) return noPublicAddress(hostname, `${hostname} was not found (${code}).`)
  return new AttemptError('dns_failed', `The name servers failed when asked for ${hostname} (${code}).`)
}

const noSuchName = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME'])

/** Not found, and found where nobody may go, read alike; `detail` tells the operator which it was. */
const noPublicAddress = (hostname: string, detail: string): AttemptError => {
  // Where localhost leads is no secret.
  const reason = hostname === 'localhost' ? detail : nameProblem(hostname)
  return new AttemptError('address_not_allowed', reason, detail)
}

const lookUpTooSlow = (hostname: string): AttemptError =>
  new AttemptError('dns_timeout', `The name servers did not answer for ${hostname} in time.`)

/** Whatever a resolver does: nobody waits longer. */
const withinTime =
  (resolve: Resolve, ms: number): Resolve =>
  (hostname) => {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(lookUpTooSlow(hostname)), ms)
    return Promise.race([resolve(hostname), promise]).finally(() => clearTimeout(timer))
  }

/** A thousand deliveries to one host ask once. */
const sharedWhileUnderWay = (resolve: Resolve): Resolve => {
  const underWay = new Map<string, ReturnType<Resolve>>()
  return (hostname) => {
    const existing = underWay.get(hostname)
    if (existing) return existing
    const answer = resolve(hostname).finally(() => underWay.delete(hostname))
    underWay.set(hostname, answer)
    return answer
  }
}

// Shorter than the shortest time between two attempts.
const rememberedMs = 3_000

/** What nobody answered for is not asked again at once, so that a backlog waits for silent name servers once. */
const remembering = (resolve: Resolve): Resolve => {
  const silent = new Map<string, { error: AttemptError; until: number }>()
  return async (hostname) => {
    const now = performance.now()
    for (const [name, { until }] of silent) if (until <= now) silent.delete(name)
    const known = silent.get(hostname)
    if (known) throw known.error
    try {
      return await resolve(hostname)
    } catch (error) {
      const failure = error instanceof AttemptError ? error : lookUpFailed(hostname, error as Error)
      if (failure.code === 'dns_timeout')
        silent.set(hostname, { error: failure, until: performance.now() + rememberedMs })
      throw failure
    }
  }
}
