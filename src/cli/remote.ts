import type { Command } from 'commander'
import { Option } from 'commander'
import { OperatorError } from '../lib/errors.ts'
import { parseRetryAfter } from '../webhooks/http/retry-after.ts'

/** A server that runs somewhere, as a command speaks to it. */
export type Remote = { url: string; key: string }

/** A server that does not answer now, and may in a moment: it restarts, or has too much to do. */
export class ServerAway extends OperatorError {
  /** When it asks to be asked again. */
  readonly retryAfterMs: number | null

  constructor(message: string, retryAfterMs: number | null = null, options?: ErrorOptions) {
    super(message, 1, options)
    this.retryAfterMs = retryAfterMs
  }
}

/** Adds `--url` and `--key` to a command that asks a running server. */
export const askingAServer = (command: Command): Command =>
  command
    .option('--url <url>', 'the running server', 'http://localhost:4000')
    .addOption(
      new Option('--key <key>', 'an API key with webhooks:manage').env('PRESSWIRE_KEY').makeOptionMandatory(),
    )

/** Where a server's API is. @throws OperatorError */
export const endpointOf = ({ url }: Remote): string => {
  const endpoint = URL.parse('/graphql', url)
  if (endpoint?.protocol === 'http:' || endpoint?.protocol === 'https:') return endpoint.href
  throw new OperatorError(`"${url}" is no address of a server. Give --url as http://localhost:4000.`, 2)
}

/** The header that proves who asks. */
export const authorizationOf = ({ key }: Remote) => ({ authorization: `Bearer ${key}` })

/**
 * Asks a running server and returns its data.
 *
 * @throws ServerAway when it does not answer now; OperatorError when it answers with errors.
 */
export const ask = async <Data>(
  remote: Remote,
  query: string,
  variables: object,
  signal?: AbortSignal,
): Promise<Data> => {
  const { response, text } = await post(remote, JSON.stringify({ query, variables }), signal)
  const answer = parsed<Data>(text)
  const errors = answer?.errors ?? []
  const why = errors.map(({ message }) => message).join(' ')
  if (isAway(response.status, errors)) {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), new Date())
    throw new ServerAway(`${remote.url} answers ${response.status}: ${why || 'nothing more'}`, retryAfterMs)
  }
  if (!answer) {
    throw new OperatorError(
      `${response.url} answered ${response.status} and no JSON: it is not Presswire. Correct --url.`,
    )
  }
  if (errors.length > 0 || !answer.data) throw refused(remote, response.status, why)
  return answer.data
}

/** The server will not, now or later. */
export const refused = (remote: Remote, status: number, why: string): OperatorError =>
  new OperatorError(`${remote.url} refuses${status < 400 ? '' : ` with ${status}`}: ${why}`)

/** Whether an answer says that the server cannot answer now, as against that it will not. */
export const isAway = (status: number, errors: readonly AnswerError[] = []): boolean =>
  awayStatuses.has(status) || errors.some(({ extensions }) => awayCodes.has(String(extensions?.code)))

// 502 and 504 are those of a proxy before a server that restarts.
const awayStatuses = new Set([408, 425, 429, 502, 503, 504])
const awayCodes = new Set(['SERVICE_UNAVAILABLE', 'RATE_LIMITED'])

/** Why a request came to nothing: fetch itself says only that it failed. */
export const causeOf = (error: Error): string => (error.cause as Error | undefined)?.message || error.message

export type AnswerError = { message: string; extensions?: { code?: unknown } }
type Answer<Data> = { data?: Data | null; errors?: AnswerError[] }

// A server that answers nothing for so long will not any more.
const timeoutMs = 60_000

const post = async (remote: Remote, body: string, signal?: AbortSignal) => {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(endpointOf(remote), {
      method: 'POST',
      headers: {
        ...authorizationOf(remote),
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
      },
      body,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    return { response, text: await response.text() }
  } catch (error) {
    if (error instanceof OperatorError) throw error
    const why = timeout.aborted ? `nothing within ${timeoutMs / 1_000} s` : causeOf(error as Error)
    const advice = 'Start the server, or correct --url.'
    throw new ServerAway(`${remote.url} does not answer (${why}). ${advice}`, null, { cause: error })
  }
}

const parsed = <Data>(text: string): Answer<Data> | null => {
  try {
    return JSON.parse(text) as Answer<Data>
  } catch {
    return null
  }
}
