import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { addressProblem, type WebhookAllow } from './address.ts'
import { AttemptError } from './attempt-error.ts'

/** All addresses of a host name; throws when there are none. */
export type Resolve = (hostname: string) => Promise<readonly { address: string }[]>

export type ConnectorOptions = { allow: WebhookAllow; resolve: Resolve; connectTimeoutMs: number }

/**
 * Makes undici's connections, to addresses that `addressProblem` lets pass and to no others. A name is resolved
 * once for each connection and the connection goes to the very addresses that were checked, so that a second
 * answer of the DNS (rebinding) has nothing to act on.
 */
export function guardedConnector({
  allow,
  resolve,
  connectTimeoutMs,
}: ConnectorOptions): buildConnector.connector {
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

function checkedLookup(allow: WebhookAllow, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    checkedAddresses(hostname, allow, resolve).then(
      (addresses) => {
        const [first] = addresses
        if (options.all) callback(null, addresses)
        else callback(null, first.address, first.family)
      },
      (error: AttemptError) => callback(error, []),
    )
  }
}

type Addresses = [Address, ...Address[]]
type Address = { address: string; family: number }

async function checkedAddresses(hostname: string, allow: WebhookAllow, resolve: Resolve): Promise<Addresses> {
  const [first, ...rest] = await resolve(hostname).catch((error: Error) => {
    throw error instanceof AttemptError ? error : lookUpFailed(hostname, error)
  })
  if (!first) throw new AttemptError('dns_failed', `${hostname} has no address.`)
  // One refused address refuses the name: a name with a private address beside a public one is an attack, or
  // a mistake that would fail now and then.
  for (const { address } of [first, ...rest]) {
    const problem = addressProblem(address, hostname, allow)
    if (problem) throw new AttemptError('address_not_allowed', problem)
  }
  return [withFamily(first), ...rest.map(withFamily)]
}

function withFamily({ address }: { address: string }): Address {
  return { address, family: isIP(address) }
}

function lookUpFailed(hostname: string, error: Error): AttemptError {
  const code = 'code' in error ? String(error.code) : ''
  if (code === 'ETIMEOUT') return lookUpTooSlow(hostname)
  return new AttemptError('dns_failed', `The address of ${hostname} was not found${code && ` (${code})`}.`)
}

function lookUpTooSlow(hostname: string): AttemptError {
  return new AttemptError('dns_timeout', `The name servers did not answer for ${hostname} in time.`)
}

/** Whatever a resolver does: nobody waits longer. */
function withinTime(resolve: Resolve, ms: number): Resolve {
  return (hostname) => {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => reject(lookUpTooSlow(hostname)), ms)
    return Promise.race([resolve(hostname), promise]).finally(() => clearTimeout(timer))
  }
}

/** A thousand deliveries to one host ask once. */
function sharedWhileUnderWay(resolve: Resolve): Resolve {
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
function remembering(resolve: Resolve): Resolve {
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
