import type { Dispatcher } from 'undici'
import { AttemptError, attemptError } from './attempt-error.ts'
import { type Answer, answered, type Outcome, unanswered } from './outcome.ts'

const keptBodyBytes = 16 * 1024 // enough to read an error page's message; more would be the receiver's to choose

/** The connection that a request is sent on: what an exchange wants to know of it. */
export type Connection = { take(): 'new' | 'used' }

/**
 * One request and its answer, as a handler for undici's `dispatch` (a third less work than `request`, which
 * makes a stream of each body). `outcome` settles once, and never rejects: with the answer, with an error, or
 * when the time is up, wherever the request is by then.
 *
 * A receiver may close a connection that was kept open at the moment when it is used again. When that happens before any byte
 * of an answer, `sendOnNewConnection` is called, once: whatever arrived, a receiver knows the request by its webhook-id.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly outcome: Promise<Outcome>
  readonly #url: URL
  readonly #startedAt = performance.now()
  readonly #timer: NodeJS.Timeout
  readonly #chunks: Buffer[] = []
  readonly #sendOnNewConnection: (exchange: Exchange) => void
  /** Set by the connection that takes the request. */
  connection: Connection | null = null
  #settle: ((outcome: Outcome) => void) | null = null
  #controller: Dispatcher.DispatchController | null = null
  #head: Omit<Answer, 'body'> | null = null
  #bodyBytes = 0
  #mayBeStale = false
  #sends = 0

  constructor(url: URL, totalTimeoutMs: number, sendOnNewConnection: (exchange: Exchange) => void) {
    this.#url = url
    this.#sendOnNewConnection = sendOnNewConnection
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve
    })
    const seconds = totalTimeoutMs / 1000
    this.#timer = setTimeout(() => {
      this.#end(
        new AttemptError('timeout', `${url.host} did not answer within ${seconds} s.`),
        `The answer's body was cut at ${seconds} s.`,
      )
    }, totalTimeoutMs)
  }

  /** Ends it now, because the process is about to. */
  stop(): void {
    this.#end(
      new AttemptError('stopped', 'Presswire was stopping.'),
      "The answer's body was cut: Presswire was stopping.",
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    this.#sends++
    this.#mayBeStale = this.#sends === 1 && this.connection?.take() === 'used'
    if (!this.#settle) controller.abort(new Error('The time was up before there was a connection.'))
  }

  /** The first byte of an answer. */
  onResponseStarted(): void {
    this.#mayBeStale = false
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: IncomingHeaders): void {
    if (statusCode >= 200) this.#head = { statusCode, headers: flat(headers) } // 1xx announce, they do not answer
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bodyBytes += chunk.length
    if (this.#bodyBytes > keptBodyBytes) this.#end(null, "The answer's body was cut at 16 KiB.")
  }

  onResponseEnd(): void {
    this.#end(null, null)
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#settle && this.#mayBeStale && attemptError(error, this.#url, true).code === 'reset') {
      this.#mayBeStale = false
      this.#sendOnNewConnection(this)
    } else {
      this.#end(error, "The answer's body broke off.")
    }
  }

  #end(error: Error | null, cut: string | null): void {
    if (!this.#settle) return
    clearTimeout(this.#timer)
    this.#settle(this.#outcome(error, cut))
    this.#settle = null
    if (cut) this.#controller?.abort(new Error(cut)) // closes the connection: nothing more of it is read
  }

  #outcome(error: Error | null, cut: string | null): Outcome {
    const durationMs = Math.round(performance.now() - this.#startedAt)
    if (this.#head) return answered({ ...this.#head, body: this.#body() }, cut, durationMs)
    const { code, message, detail } = attemptError(
      error ?? new Error('no answer'),
      this.#url,
      this.#controller !== null,
    )
    // How long the name took would tell whether there is one.
    return unanswered(code, message, code === 'address_not_allowed' ? 0 : durationMs, detail)
  }

  #body(): string {
    const kept = Buffer.concat(this.#chunks, Math.min(this.#bodyBytes, keptBodyBytes))
    return withoutNul(kept.toString('utf8'))
  }
}

type IncomingHeaders = Record<string, string | string[] | undefined>

const flat = (headers: IncomingHeaders): Record<string, string> => {
  const flattened = Object.entries(headers).map(([name, value]) => {
    return [name, withoutNul(Array.isArray(value) ? value.join(', ') : (value ?? ''))]
  })
  return Object.fromEntries(flattened)
}

const withoutNul = (text: string): string => text.replaceAll('\0', '')
