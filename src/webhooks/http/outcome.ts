import { STATUS_CODES } from 'node:http'

/** What came of one attempt. A failure is a value like any other: it becomes a row, never an exception. */
export type Outcome = {
  ok: boolean
  statusCode: number | null
  /** Stable, for code to act on; null on success. */
  error: OutcomeError | null
  /** For people: one sentence that names the rule or the status. On success null, or what was odd about it. */
  reason: string | null
  /** More of it, for the operator's log and nobody else. */
  detail?: string
  durationMs: number
  /** Names in lower case, repeated headers joined by ", ". Null when nothing was answered, as are the next two. */
  responseHeaders: Record<string, string> | null
  /** The first 16 KiB as text, not decompressed, without NUL, which PostgreSQL's text cannot hold. */
  responseBody: string | null
  retryAfter: string | null
}

export type OutcomeError =
  | 'url_not_allowed'
  | 'address_not_allowed'
  | 'dns_failed'
  | 'dns_timeout'
  | 'connection_refused'
  | 'unreachable'
  | 'tls_failed'
  | 'timeout_connect'
  | 'timeout'
  | 'reset'
  | 'response_invalid'
  | 'redirect'
  | 'status'
  | 'request_invalid'
  | 'stopped'
  | 'unknown'

export type Answer = { statusCode: number; headers: Record<string, string>; body: string }

/** The outcome of an answered attempt. `cut` says why the body is incomplete, or is null. */
export const answered = (
  { statusCode, headers, body }: Answer,
  cut: string | null,
  durationMs: number,
): Outcome => {
  const ok = statusCode >= 200 && statusCode < 300 // the status is the answer: a body that breaks off changes nothing
  const isRedirect = statusCode >= 300 && statusCode < 400
  const status = ok ? null : statusSentence(statusCode, isRedirect)
  return {
    ok,
    statusCode,
    error: ok ? null : isRedirect ? 'redirect' : 'status',
    reason: [status, cut].filter(Boolean).join(' ') || null,
    durationMs,
    responseHeaders: headers,
    responseBody: body,
    retryAfter: headers['retry-after'] ?? null,
  }
}

/** The outcome of an attempt that got no answer. */
export const unanswered = (
  error: OutcomeError,
  reason: string,
  durationMs: number,
  detail?: string,
): Outcome => {
  const nothing = { statusCode: null, responseHeaders: null, responseBody: null, retryAfter: null }
  return { ok: false, error, reason, durationMs, ...nothing, ...(detail === undefined ? {} : { detail }) }
}

/** The same outcome without anything that the receiver wrote. */
export const withoutAnswer = (outcome: Outcome): Outcome => {
  const note = 'What was answered cannot be kept.'
  const reason = outcome.statusCode === null ? note : `Answered ${outcome.statusCode}. ${note}`
  return { ...outcome, reason, responseHeaders: null, responseBody: null }
}

const statusSentence = (statusCode: number, isRedirect: boolean): string => {
  // Our own words for the status: the receiver's could be 16 KiB long.
  const status = `Answered ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd()
  return isRedirect ? `${status}: redirects are not followed, set the URL to where it leads.` : `${status}.`
}
