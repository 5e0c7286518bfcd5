import { Agent, Client, type Dispatcher, Pool } from 'undici'
import { mostInFlight } from '../deliveries/run/concurrency.ts'
import { guardedConnector, type Resolve } from './guarded-connector.ts'
import { type Connection, Exchange } from './http-exchange.ts'
import { type Outcome, unanswered } from './outcome.ts'
import { createResolver } from './resolver.ts'
import { urlProblem, type WebhookAllow } from './url-policy.ts'

export type SendRequest = { url: string; headers: Record<string, string>; body: string | Buffer }

export type Sender = {
  /** POSTs once. Never rejects: whatever goes wrong is in the outcome. */
  send(request: SendRequest): Promise<Outcome>
  /** Lets what is in flight end, for `graceMs` at most; then cuts it, with the outcome `stopped`. */
  close(graceMs?: number): Promise<void>
}

export type SenderOptions = {
  allow: WebhookAllow
  /** What the system's files and name servers say, by default. */
  resolve?: Resolve
  totalTimeoutMs?: number
  connectTimeoutMs?: number
  connectionMaxAgeMs?: number
  /** To one origin. */
  maxConnections?: number
}

/** Opens what sends all of a process's webhooks, on connections that are kept and used again. */
export const createSender = ({
  allow,
  resolve,
  totalTimeoutMs = 15_000, // Standard Webhooks recommends 15 to 30 s
  connectTimeoutMs = 5_000, // two lost SYN packets (sent again after 1 s and 3 s) still get through
  connectionMaxAgeMs = 60_000, // a receiver that moves is found again within a minute, however busy the old connection
  maxConnections = mostInFlight, // nothing waits for a connection
}: SenderOptions): Sender => {
  const names = resolve ? { resolve, close: () => undefined } : createResolver()
  const options = {
    connect: guardedConnector({ allow, resolve: names.resolve, connectTimeoutMs }),
    connections: maxConnections,
    clientTtl: connectionMaxAgeMs,
    allowH2: false, // or undici would open the first connection to an origin alone, to see what it speaks
    headersTimeout: 0, // the exchange's own time-out counts from the start and covers both
    bodyTimeout: 0,
  }
  const agent = new Agent({
    ...options,
    factory: (origin, given) =>
      new Pool(origin, { ...given, factory: (to, its) => new KeptConnection(to, its) }),
  })
  // `pipelining: 0` is undici's way to say that no connection is kept.
  const fresh = new Agent({ ...options, pipelining: 0 })
  const inFlight = new Set<Exchange>()

  return {
    async send({ url, headers, body }) {
      // Checked each time: WEBHOOK_ALLOW may be narrower than when the endpoint was saved.
      const problem = urlProblem(url, allow)
      if (problem) return unanswered('url_not_allowed', problem, 0)
      const target = new URL(url)
      const path = target.pathname + target.search
      const request: Dispatcher.DispatchOptions = {
        origin: target.origin,
        path,
        method: 'POST',
        headers,
        body,
      }
      const exchange = new Exchange(target, totalTimeoutMs, (again) => fresh.dispatch(request, again))
      inFlight.add(exchange)
      agent.dispatch(request, exchange)
      const outcome = await exchange.outcome
      inFlight.delete(exchange)
      return outcome
    },

    async close(graceMs = 5_000) {
      const cut = setTimeout(() => {
        for (const exchange of inFlight) exchange.stop()
      }, graceMs)
      await Promise.all([...inFlight].map((exchange) => exchange.outcome))
      clearTimeout(cut)
      names.close()
      await Promise.all([agent.destroy(), fresh.destroy()])
    },
  }
}

/** A connection that is kept, and knows whether it has been used. */
class KeptConnection extends Client implements Connection {
  #used = false

  constructor(origin: string | URL, options: object) {
    super(origin, options)
    this.on('connect', () => {
      this.#used = false
    })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.connection = this
    return super.dispatch(options, handler)
  }

  take(): 'new' | 'used' {
    if (this.#used) return 'used'
    this.#used = true
    return 'new'
  }
}
