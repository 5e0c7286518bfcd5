import type { IncomingMessage } from 'node:http'
import type { Answer } from './call.ts'

/** `*`, or the exact origins (`https://example.org`) whose pages may read the answers. */
export type CorsOrigins = '*' | readonly string[]

export type Cors = {
  /** The headers of every answer to this request. */
  headers(request: IncomingMessage): Record<string, string>
  /** The answer to a preflight, or undefined if the request is none. */
  preflight(request: IncomingMessage): Answer | undefined
}

/**
 * Cross-origin rules, by the Fetch standard (https://fetch.spec.whatwg.org/#http-cors-protocol). Credentials are
 * never allowed: keys travel in a header that a page sets itself, and no cookie means anything here.
 */
export const createCors = (origins: CorsOrigins): Cors => {
  const allowed = origins === '*' ? undefined : new Set(origins)
  const headers = ({ headers: { origin } }: IncomingMessage): Record<string, string> => {
    // Without regard to the Origin header, so that stored answers are the same for everyone.
    if (!allowed)
      return { 'access-control-allow-origin': '*', 'access-control-expose-headers': exposedHeaders }
    if (!origin || !allowed.has(origin)) return { vary: 'Origin' }
    return {
      'access-control-allow-origin': origin,
      'access-control-expose-headers': exposedHeaders,
      vary: 'Origin',
    }
  }

  const preflight = ({ method, headers: sent }: IncomingMessage): Answer | undefined => {
    const isPreflight = method === 'OPTIONS' && sent.origin && sent['access-control-request-method']
    return isPreflight ? { status: 204, headers: preflightHeaders } : undefined
  }

  return { headers, preflight }
}

const exposedHeaders = [
  'ETag',
  'Idempotent-Replayed',
  'Retry-After',
  'X-Request-Id',
  // draft-ietf-httpapi-ratelimit-headers, and the three that were common before it.
  'RateLimit',
  'RateLimit-Policy',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
].join(', ')

const preflightHeaders = {
  'access-control-allow-methods': 'GET, POST',
  'access-control-allow-headers':
    'Authorization, Content-Type, Idempotency-Key, Apollo-Require-Preflight, X-Request-Id, If-None-Match',
  // Two hours, the longest that Chromium honours.
  'access-control-max-age': '7200',
}
