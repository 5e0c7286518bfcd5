import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

/** One HTTP request on its way through the server. */
export type Call = {
  request: IncomingMessage
  /** The path without its query string, still percent-encoded. */
  path: string
  /** The query string without its `?`; empty if there is none. */
  search: string
  /** Who is counted for it: an address, or the network of one. Not who is behind a proxy that is not trusted. */
  caller: string
  /** Answered as `x-request-id` and written to the log with whatever goes wrong. */
  requestId: string
  /** Aborted when the caller goes away before the answer is complete. */
  signal: AbortSignal
  /** Aborted when the server starts to stop: answers without an end (subscriptions) end then. */
  stopping: AbortSignal
  /** What the request's line in the log says besides method, path, status and duration. */
  facts: CallFacts
  /** The bytes that are held for it. */
  held: Hold
  /** What its answer bears, whatever it will be: the answer's own headers stand above these. */
  headers: Record<string, string>
}

/** What is held for one call: the part of its body that has come, and the part of its answer that he has not taken. */
export type Hold = {
  /** Throws a Refusal where there is no room for as much. */
  add(bytes: number): void
  /** So many were taken. */
  less(bytes: number): void
  /** Nothing is held any more. */
  release(): void
}

/** Names and codes only: no values that a caller sent, and nothing secret. */
export type CallFacts = {
  /** The name of the GraphQL operation that ran; null when it has none, or none was found to run. */
  operation?: string | null
  /** The id of the API key. */
  key?: string | null
  /** The codes of the errors in the answer. */
  errors?: string[]
  /** Whether the caller was cut off, since he took nothing of the answer or others needed its room. */
  cut?: true
  /** Whether a preview token was given, good or not: the answer is stored nowhere. */
  preview?: boolean
}

/** What goes back. Header names are in lower case; the server adds its own beneath them. */
export type Answer = {
  status: number
  headers?: Record<string, string>
  body?: string | Uint8Array | Readable | null
  /** The body is in memory once for all who ask, whoever reads it and whoever does not. */
  isShared?: boolean
}

/** What is served at one path: GET includes HEAD, and OPTIONS is the server's own. */
export type Route = {
  methods: readonly ('GET' | 'POST')[]
  /** Pages of other origins may read its answers. */
  isCrossOrigin?: boolean
  /** Asked by whoever keeps the process alive, who must hear it whatever others do: not counted by limits. */
  isProbe?: boolean
  answer(call: Call): Answer | Promise<Answer>
}

/**
 * Thrown by a route to refuse a call: becomes an answer with this status and one GraphQL error, which a client of any
 * kind can show. The codes are those of the API's top-level errors.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly code: string
  readonly headers: Record<string, string>

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** A refusal or failure in the form of a GraphQL answer, never to be cached. */
export const errorAnswer = (
  status: number,
  message: string,
  extensions: { code: string; requestId?: string },
  headers: Record<string, string> = {},
): Answer => ({
  status,
  headers: {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'private, no-store',
    ...headers,
  },
  body: JSON.stringify({ errors: [{ message, extensions }] }),
})
