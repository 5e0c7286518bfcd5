import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hasScope, type Viewer } from '../keys/viewer.ts'
import type { Metrics } from '../lib/metrics.ts'
import { type Call, Refusal, type Route } from './call.ts'
import { type Addresses, connectingAddress } from './limits/caller-address.ts'

export type MetricsRouteOptions = {
  metrics: Metrics
  authenticate(call: Call): Promise<Viewer>
  /** Who may read them without a key. */
  isAllowed: Addresses
}

/**
 * `/metrics` in Prometheus's form, for an admin key, or for a program at one of the allowed addresses that connects by
 * itself: not through a proxy, which asks for others, and not from within a web page.
 */
export const metricsRoute = ({ metrics, authenticate, isAllowed }: MetricsRouteOptions): Route => ({
  methods: ['GET'],
  answer: async (call) => {
    if (!isOperator(call.request, isAllowed) && !hasScope(await authenticate(call), 'ADMIN')) {
      throw new Refusal(
        403,
        'FORBIDDEN',
        'Metrics are for an admin key, or for a program at an address of METRICS_ALLOW that asks without a proxy between.',
      )
    }
    const { contentType, body } = await metrics.print()
    return { status: 200, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body }
  },
})

const isOperator = (request: IncomingMessage, isAllowed: Addresses): boolean => {
  const { headers } = request
  // A key is looked at wherever it comes from: a wrong one is an answer of its own.
  const address = connectingAddress(request)
  if (headers.authorization !== undefined || !isAllowed(address)) return false
  if (forwarding.some((name) => headers[name] !== undefined)) return false
  return !isFromPage(headers) && namesThisMachine(address, headers.host)
}

const forwarding = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'cf-connecting-ip',
  'true-client-ip',
]

/** A page of any site may be open in a browser on the same machine, or on one that is allowed. */
const isFromPage = ({ origin, referer, ...headers }: IncomingMessage['headers']): boolean =>
  origin !== undefined || referer !== undefined || (headers['sec-fetch-site'] ?? 'none') !== 'none'

/**
 * Whether a request that comes from this machine also names it, by a name that no stranger's DNS can answer for: a page may be
 * at a name that was made to lead here, and says nothing else of itself.
 */
const namesThisMachine = (address: string, host = ''): boolean => {
  if (!/^(?:127\.|::1$)/.test(address)) return true
  const [, bracketed, name = ''] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? []
  return bracketed !== undefined || isIP(name) !== 0 || /^(?:[^.]+|.*\.localhost)$/i.test(name)
}
