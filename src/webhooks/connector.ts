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
  const lookup = checkedLookup(allow, sharedWhileUnderWay(resolve))
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
    const code = 'code' in error ? ` (${error.code})` : ''
    throw new AttemptError('dns_failed', `The address of ${hostname} was not found${code}.`)
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

/** The operating system's resolver takes a thread of Node's four a question: one hung name must not take more. */
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
