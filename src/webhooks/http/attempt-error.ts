import type { OutcomeError } from './outcome.ts'

/**
 * Why an attempt got no answer: a code that stays, and one sentence for people. `detail` is for the operator's log alone, where
 * there is something that whoever manages the endpoint must not learn.
 */
export class AttemptError extends Error {
  readonly code: OutcomeError
  readonly detail: string | undefined

  constructor(code: OutcomeError, reason: string, detail?: string) {
    super(reason)
    this.code = code
    this.detail = detail
  }
}

/** Reads what Node.js or undici reported about a request to `url`; `begun` once a connection had been made. */
export const attemptError = (error: Error, url: URL, begun: boolean): AttemptError => {
  if (error instanceof AttemptError) return error
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (isTlsFault(error, code, url, begun)) {
    return new AttemptError('tls_failed', `TLS with ${url.host} failed: ${tlsReason(error, code)}.`)
  }
  if (isInvalidAnswer(error, code)) {
    return new AttemptError('response_invalid', `${url.host} sent no valid HTTP/1.1: ${error.message}.`)
  }
  const [known, sentence] = faults[code] ?? ['unknown', `The request failed: ${code || error.message}.`]
  return new AttemptError(known, sentence.replace('HOST', url.host))
}

const isTlsFault = (error: Error, code: string, url: URL, begun: boolean): boolean => {
  if (begun || url.protocol !== 'https:') return false
  // Before a request has begun, what the network does has a code in the table; the rest is OpenSSL's long list.
  return faults[code] === undefined || error.message.includes('TLS connection was established')
}

/** OpenSSL's own `message` holds thread ids and source lines; `reason` is its short form. */
const tlsReason = (error: Error, code: string): string => {
  const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message
  return (code === 'ECONNRESET' ? 'the handshake was broken off' : reason).replace(/\.$/, '')
}

/** undici has no code for all of these: the parser's errors have a name, unasked-for 100s and 101s a message. */
const isInvalidAnswer = (error: Error, code: string): boolean =>
  error.name === 'HTTPParserError' || error.message.startsWith('bad ') || code === 'UND_ERR_HEADERS_OVERFLOW'

const unreachable = ['unreachable', 'There is no way to HOST from here.'] as const
const tooSlow = ['timeout_connect', 'HOST did not accept the connection in time.'] as const
const closed = ['reset', 'HOST closed the connection without an answer.'] as const
const badRequest = ['request_invalid', 'A header of the endpoint cannot be sent.'] as const
const badLength = [
  'response_invalid',
  'HOST sent no valid HTTP/1.1: its answer says its length twice (Content-Length and Transfer-Encoding), or wrongly.',
] as const
const stopped = ['stopped', 'Presswire was stopping.'] as const

const faults: Record<string, readonly [OutcomeError, string] | undefined> = {
  ECONNREFUSED: ['connection_refused', 'HOST refused the connection.'],
  EHOSTUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ENETUNREACH: unreachable,
  ENETDOWN: unreachable,
  EADDRNOTAVAIL: unreachable,
  EACCES: unreachable, // a local firewall's refusal, as is the next
  EPERM: unreachable,
  ETIMEDOUT: tooSlow,
  UND_ERR_CONNECT_TIMEOUT: tooSlow,
  ECONNRESET: closed,
  ECONNABORTED: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: badLength,
  UND_ERR_INVALID_ARG: badRequest,
  UND_ERR_NOT_SUPPORTED: badRequest,
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: badRequest,
  UND_ERR_DESTROYED: stopped,
  UND_ERR_CLOSED: stopped,
}
