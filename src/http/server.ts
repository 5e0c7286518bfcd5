import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { inSpan, traceOf } from '../lib/tracing.ts'
import { type Answer, type Call, errorAnswer, Refusal, type Route } from './call.ts'
import { type CorsOrigins, createCors } from './cors.ts'
import { type Addresses, callerAddress, networkOf } from './limits/caller-address.ts'
import { type ConnectionLimits, watchConnections } from './limits/connections.ts'
import { createHeldBytes, type HeldBytesLimits } from './limits/held-bytes.ts'
import { type Listening, listenOn } from './listen.ts'
import { send } from './respond.ts'

export type HttpServerOptions = {
  host: string
  /** 0 lets the system choose. */
  port: number
  /** By exact path: `/graphql`. */
  routes: Readonly<Record<string, Route>>
  corsOrigins: CorsOrigins
  /** The proxies that are believed who calls; by default none. */
  isTrusted?: Addresses
  /** Counts every call but probes' and preflights, also of paths that there are not; throws a Refusal to refuse it. */
  count?(call: Call): Promise<void>
  /** After how long a caller who reads nothing of his answer is cut off; by default half a minute. */
  stallMs?: number
  connectionLimits?: ConnectionLimits
  heldBytesLimits?: HeldBytesLimits
  /** Told of every failure that is not a Refusal, whose caller saw only the request id. */
  onError(error: unknown, call: Call): void
  /** Told of every call when its answer is complete, or when its caller has left. */
  onAnswered?(call: Call, status: number, durationMs: number): void
}

export type HttpServer = {
  /** Binds the port. Throws a ListenError whose message is one line that says what to change. */
  listen(): Promise<{ port: number }>
  /**
   * Takes no new connection and ends streams. For `drainMs` at most those that are open are answered whatever they ask,
   * with word that the connection ends, so that no request is lost that is on its way while a connection closes, and
   * whoever asks is told that the server is not ready. Then answers what is in flight, and after `graceMs` in all cuts what
   * is left. Resolves when every connection is closed. Calling it again changes nothing.
   */
  stop(graceMs: number, drainMs?: number): Promise<void>
}

/** The HTTP server in front of everything: routes, request ids, security and CORS headers, errors, shutdown. */
export const createHttpServer = ({
  host,
  port,
  routes,
  corsOrigins,
  isTrusted = () => false,
  count = async () => undefined,
  stallMs,
  connectionLimits,
  heldBytesLimits,
  onError,
  onAnswered,
}: HttpServerOptions): HttpServer => {
  const cors = createCors(corsOrigins)
  const stopping = new AbortController()
  const table = new Map(Object.entries(routes))
  const server = createServer(timeouts, (request, response) => void serve(request, response))
  const connections = watchConnections(server, isTrusted, connectionLimits)
  const heldBytes = createHeldBytes(heldBytesLimits)
  let listening: Listening | undefined
  let stopped: Promise<void> | undefined

  const stop = async (graceMs: number, drainMs: number): Promise<void> => {
    const startedAt = performance.now()
    // Those that wait to be taken the system would reset. Before any is told to close, or their callers come anew.
    if (drainMs > 0) await connections.allTaken()
    stopping.abort()
    listening?.close()
    if (drainMs > 0) await connections.allClosed(drainMs)
    await connections.close(Math.max(0, graceMs - (performance.now() - startedAt)))
  }

  const serve = (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const caller = networkOf(callerAddress(request, isTrusted))
    const cut = () => {
      call.facts.cut = true
      response.destroy()
    }
    const held = heldBytes.hold(caller, cut)
    response.once('close', held.release)
    const call = callOf(request, response, { stopping: stopping.signal, caller, held })
    const { method = 'GET' } = request
    const attributes = {
      'http.request.method': method,
      'url.path': shownPath(call.path),
      'request.id': call.requestId,
    }
    return inSpan(
      // What a caller made up is in no span's name: of those there should be few.
      table.has(call.path) ? `${method} ${call.path}` : method,
      attributes,
      async (span) => {
        if (!(await connections.turn(response))) return
        const startedAt = performance.now()
        const status = await answerTo(call, response)
        span.setAttribute('http.response.status_code', status)
        if (call.facts.operation) span.setAttribute('graphql.operation.name', call.facts.operation)
        onAnswered?.(call, status, performance.now() - startedAt)
      },
      traceOf(request.headers),
    )
  }

  const answerTo = async (call: Call, response: ServerResponse): Promise<number> => {
    const baseHeaders = {
      ...securityHeaders,
      'x-request-id': call.requestId,
      ...(table.get(call.path)?.isCrossOrigin ? cors.headers(call.request) : sameOrigin),
    }
    const sendAnswer = async (answer: Answer): Promise<number> => {
      // The caller may be gone; there is nobody to write to.
      if (!response.destroyed)
        await send(call, response, answer, { ...baseHeaders, ...call.headers }, stallMs)
      else if (answer.body instanceof Readable) answer.body.destroy()
      return answer.status
    }
    try {
      return await sendAnswer(await answerOf(call)).catch((error: unknown) => sendAnswer(refused(error)))
    } catch (error) {
      onError(error, call)
      response.destroy()
      return 500
    }
  }

  const answerOf = async (call: Call): Promise<Answer> => {
    try {
      return await routed(call)
    } catch (error) {
      if (error instanceof Refusal) return refused(error)
      // Nobody is left to be failed: most often the error is that very fact.
      if (!call.signal.aborted) onError(error, call)
      const { requestId } = call
      return errorAnswer(500, 'Internal server error.', { code: 'INTERNAL_SERVER_ERROR', requestId })
    }
  }

  const routed = async (call: Call): Promise<Answer> => {
    const route = table.get(call.path)
    if (route && call.request.method === 'OPTIONS') return optionsOf(route, call)
    if (!route?.isProbe) {
      await count(call)
      heldBytes.checkRoom(call.caller)
    }
    if (!route) throw new Refusal(404, 'NOT_FOUND', 'Nothing is served at this path.')
    const method = call.request.method === 'HEAD' ? 'GET' : call.request.method
    if (route.methods.some((allowed) => allowed === method)) return route.answer(call)
    const allow = allowedMethods(route)
    throw new Refusal(405, 'BAD_USER_INPUT', `This path takes only ${allow}.`, { allow })
  }

  const optionsOf = (route: Route, call: Call): Answer => {
    const preflight = route.isCrossOrigin ? cors.preflight(call.request) : undefined
    return preflight ?? { status: 204, headers: { allow: allowedMethods(route) } }
  }

  return {
    async listen() {
      listening = await listenOn(server, host, port)
      return { port: listening.port }
    },
    stop(graceMs, drainMs = 0) {
      stopped ??= stop(graceMs, drainMs)
      return stopped
    },
  }
}

const timeouts = {
  // A slow client has ten seconds for its headers and thirty for the whole request: enough for 1 MB on a bad line,
  // too little to hold many sockets open by trickling.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // How often the two are looked at; node's 30 seconds would double them.
  connectionsCheckingInterval: 2_000,
  // Longer than the 60 seconds after which common load balancers drop an idle connection, so that it is they who
  // close and never send a request into a closing socket.
  keepAliveTimeout: 65_000,
  // Of headers and URL together: queries by GET fit, and larger ones go by POST.
  maxHeaderSize: 16_384,
}

/** For every answer; pages with scripts bring their own policy. */
const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'cross-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** For the answers that no page of another origin has a use for. */
const sameOrigin = { 'cross-origin-resource-policy': 'same-origin' }

/** A refusal as an answer; throws what is none. */
const refused = (error: unknown): Answer => {
  if (!(error instanceof Refusal)) throw error
  return errorAnswer(error.status, error.message, { code: error.code }, error.headers)
}

const callOf = (
  request: IncomingMessage,
  response: ServerResponse,
  rest: Pick<Call, 'stopping' | 'caller' | 'held'>,
): Call => {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  const { path, search } = target(request.url ?? '/')
  const requestId = requestIdOf(request)
  const { signal } = gone
  return { request, path, search, requestId, signal, facts: {}, headers: {}, ...rest }
}

/** The absolute form, as sent to proxies, must be understood too (RFC 9112, section 3.2.2). */
const target = (url: string): { path: string; search: string } => {
  const local = url.replace(/^https?:\/\/[^/?]*/i, '')
  const mark = local.indexOf('?')
  return mark < 0
    ? { path: local, search: '' }
    : { path: local.slice(0, mark), search: local.slice(mark + 1) }
}

/** A proxy's own id is kept, if it can stand in a header and a log line as it is. */
const requestIdOf = ({ headers }: IncomingMessage): string => {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
}

/**
 * A path as a log may have it: at a length that the program's own never reach, and without what a terminal or a viewer would
 * act upon. It may hold anything that a caller sent.
 */
export const shownPath = (path: string): string => {
  const printable = path.slice(0, longestShownPath).replace(/[^\x21-\x7e]/g, (character) => {
    const byte = character.charCodeAt(0).toString(16).padStart(2, '0')
    return `%${byte.toUpperCase()}`
  })
  return path.length > longestShownPath ? `${printable}…` : printable
}

const longestShownPath = 200

const allowedMethods = ({ methods }: Route): string =>
  [...methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])), 'OPTIONS'].join(', ')
