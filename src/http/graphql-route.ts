import { Readable } from 'node:stream'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { Plugin } from 'graphql-yoga'
import type { Pace } from '../events/subscribe.ts'
import { anonymous, type Viewer } from '../keys/viewer.ts'
import type { IdempotencySlot } from '../write/write.ts'
import { defaultBodyLimit, type GraphQLParams, readGraphQLParams } from './body.ts'
import { type Answer, type Call, errorAnswer, Refusal, type Route } from './call.ts'
import type { Streams } from './limits/streams.ts'

/** What Yoga's context starts from: `createYoga<GraphQLCall>`. */
export type GraphQLCall = {
  call: Call
  params: GraphQLParams
  viewer: Viewer
  /** When a stream may be told its next event. */
  pace?: Pace
  /** Where the request may be repeated: the memory of its next write. */
  nextSlot?: () => IdempotencySlot
}

/** The part of a Yoga instance that is used here. */
export type GraphQLServer = {
  fetchAPI: { Request: typeof Request }
  fetch(request: Request, context: GraphQLCall): Response | Promise<Response>
}

export type GraphQLRouteOptions = {
  yoga: GraphQLServer
  /** Who calls; throws a Refusal (401) for a credential that is no good. Without it everyone is anonymous. */
  authenticate?(call: Call): Promise<Viewer>
  /** The playground's page, or undefined if this call does not ask for it. */
  page?(call: Call): Promise<Answer> | undefined
  /** Stands before Yoga, for stored answers and repeated mutations; `execute` asks Yoga. */
  intercept?(
    graphqlCall: GraphQLCall,
    execute: (nextSlot?: GraphQLCall['nextSlot']) => Promise<Answer>,
  ): Answer | Promise<Answer>
  /** Bounds answers without an end; without it nothing does. */
  streams?: Streams
  /** In bytes. */
  bodyLimit?: number
}

/**
 * The route of the GraphQL endpoint. Body and query string are read here and Yoga gets the parameters: it never sees
 * a body, so nothing that it accepts by default (forms, files, batches, 25 MB) exists, the limit holds while bytes
 * still arrive, and what stands before it knows the query without parsing it twice. Yoga's `fetch` takes a Request
 * of its own light-weight class, made without a stream; a caller that goes away aborts its signal.
 */
export const graphqlRoute = ({
  yoga,
  authenticate,
  page,
  intercept,
  streams,
  bodyLimit = defaultBodyLimit,
}: GraphQLRouteOptions): Route => {
  const answer = async (call: Call): Promise<Answer> => {
    const shown = page?.(call)
    if (shown) return shown
    const viewer = authenticate ? await authenticate(call) : anonymous
    call.facts.key = viewer.keyId
    const params = await readGraphQLParams(call, bodyLimit)
    // Anonymous until the document is known to be one: what a caller merely says is no name.
    call.facts.operation = null
    if (params.query === undefined) return withoutQuery(params)
    const graphqlCall = { call, params, viewer, pace: streams?.pace(call, viewer) }
    const execute = (nextSlot?: GraphQLCall['nextSlot']) =>
      askYoga(yoga, { ...graphqlCall, nextSlot }, streams)
    return intercept ? intercept(graphqlCall, execute) : execute()
  }

  return { methods: ['GET', 'POST'], isCrossOrigin: true, answer }
}

/** The Yoga plugin that belongs to `graphqlRoute`: takes the parameters from the context in place of the request. */
export const paramsFromCall = (): Plugin<object, GraphQLCall> => ({
  onRequestParse({ serverContext, setRequestParser }) {
    setRequestParser(() => serverContext.params)
  },
})

/** Apollo's link sends a hash first, and goes on with whole queries when it gets just these words, with status 200. */
const withoutQuery = ({ extensions }: GraphQLParams): Answer => {
  if (!extensions?.persistedQuery) {
    throw new Refusal(400, 'BAD_USER_INPUT', 'Send a GraphQL document as the parameter "query".')
  }
  return errorAnswer(200, 'PersistedQueryNotSupported', { code: 'PERSISTED_QUERY_NOT_SUPPORTED' })
}

const askYoga = async (
  yoga: GraphQLServer,
  graphqlCall: GraphQLCall,
  streams: Streams | undefined,
): Promise<Answer> => {
  const { viewer, call } = graphqlCall
  const { request, path, signal, facts } = call
  const response = await yoga.fetch(
    new yoga.fetchAPI.Request(`http://localhost${path}`, {
      method: request.method === 'HEAD' ? 'GET' : request.method,
      // node:http's own object, with every header in lower case; Yoga's Headers reads it as it is.
      headers: request.headers as Record<string, string>,
      signal,
    }),
    graphqlCall,
  )
  const headers: Record<string, string> = {}
  response.headers.forEach((value, name) => {
    if (!leftOut.has(name.toLowerCase())) headers[name.toLowerCase()] = value
  })
  const isPrivate = viewer.keyId !== null || facts.preview || facts.errors || response.status !== 200
  if (isPrivate) headers['cache-control'] = 'private, no-store'
  if (!isStreamed(headers)) return { status: response.status, headers, body: await response.text() }
  // nginx would keep events back until they fill its buffer.
  headers['x-accel-buffering'] = 'no'
  const body = readable(response)
  if (streams && body) {
    try {
      body.once('close', streams.open(call, viewer))
    } catch (error) {
      body.destroy()
      throw error
    }
  }
  return { status: response.status, headers, body }
}

/** The server sets these itself; with subscriptions Yoga sends `Content-Encoding: none`, which is no encoding. */
const leftOut = new Set(['connection', 'content-encoding', 'content-length'])

const isStreamed = (headers: Record<string, string>): boolean => {
  const type = headers['content-type'] ?? ''
  return type.startsWith('text/event-stream') || type.startsWith('multipart/mixed')
}

/** The body of Yoga's Response is a node stream underneath; its web reader cannot be cancelled while it waits. */
const readable = ({ body }: Response): Readable | null => {
  if (body === null) return null
  const stream = body instanceof Readable ? body : Readable.fromWeb(body as WebStream)
  // One that is ended before it was begun says so by an error, which nobody else would hear.
  return stream.on('error', () => undefined)
}
