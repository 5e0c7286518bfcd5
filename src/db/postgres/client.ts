import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { callerHere } from '../caller.ts'
import { ConnectionLostError, StatementRefusedError } from '../errors.ts'
import { type Limits, limitSession, type Session, setUpSession } from './session.ts'
import type { Watchdog } from './watchdog.ts'

/** What a connection of ours is made with besides where it goes. */
export type ClientParts = {
  limits: Limits
  watchdog: Watchdog
  /** Told of each that is made, so that it can be cut, while it opens too. */
  onMade(client: PostgresClient): void
  /** Told when this connection leads to a server that takes no writes, or is dead: others may, too. */
  onReadOnly(): void
  onLost(error: ConnectionLostError): void
}

// After its limit the server has answered with an error, if there is a server.
const marginMs = 2_000
// The other side's farewell.
const endMs = 1_000
// An answer that is on its way when its statement is found to be over.
const answerMs = 300

/**
 * A connection whose statements always end: with an answer, at the session's limit, with their caller, or when nothing is at
 * the other end any more. They wait for each other: in a transaction resolvers ask for several things at once, and pg's own
 * queue for that is deprecated.
 */
export class PostgresClient extends pg.Client {
  session: Session | null = null
  readonly #parts: ClientParts
  #limits: Limits

  constructor(config: pg.ClientConfig & { parts: ClientParts }) {
    super(config)
    this.#parts = config.parts
    this.#limits = config.parts.limits
    // Without a listener a connection that breaks would end the process, whoever holds it.
    this.on('error', () => undefined)
    this.#parts.onMade(this)
    const ask = this.query.bind(this) as Ask
    let last: Promise<unknown> = Promise.resolve()
    this.query = ((...args: unknown[]) => {
      const answer = last.then(() => this.#run(ask, args))
      last = answer.catch(() => undefined)
      return answer
    }) as typeof this.query
    const end = this.end.bind(this) as () => Promise<void>
    this.end = ((callback?: () => void) => {
      void pause(endMs, undefined, { ref: false }).then(() => this.connection.stream.destroy())
      return callback ? void end().then(callback, callback) : end()
    }) as typeof this.end
  }

  /** Whether nothing can be asked here any more. */
  get isBroken(): boolean {
    return this.connection.stream.destroyed || !(this as unknown as { _queryable: boolean })._queryable
  }

  /** Makes the session what it has to be, within a time. */
  async setUp(withinMs: number): Promise<Session> {
    const late = setTimeout(() => this.#cut('The database did not open a session in time.'), withinMs)
    try {
      this.session = await setUpSession(this, this.#limits)
      return this.session
    } finally {
      clearTimeout(late)
    }
  }

  /** Gives it other limits, for good: it is not to go back to its pool. */
  async limit(limits: Limits): Promise<void> {
    await limitSession(this, limits)
    this.#limits = limits
  }

  async #run(ask: Ask, args: unknown[]): Promise<unknown> {
    const gone = callerHere()
    // A transaction that was begun has to be ended.
    if (gone?.aborted && !endsTransaction.test(textOf(args)))
      throw new StatementRefusedError('57014', 'The caller has gone.')
    const watch = this.#watch(endsTransaction.test(textOf(args)) ? null : gone)
    try {
      const answer = await ask(...args)
      this.#parts.watchdog.answered()
      return answer
    } catch (error) {
      if (isOfServer(error)) this.#parts.watchdog.answered()
      if ((error as { code?: string }).code === '25006') this.#parts.onReadOnly()
      throw this.isBroken && !isOfServer(error)
        ? new ConnectionLostError((error as Error).message, { cause: error })
        : error
    } finally {
      await watch.end()
    }
  }

  #watch(gone: AbortSignal | null): { end(): Promise<void> } {
    const { watchdog } = this.#parts
    const { pid } = this.session ?? {}
    if (pid === undefined) return { end: async () => undefined }
    const startedAt = performance.now()
    const { statementMs } = this.#limits
    let over = false
    let cancelled: Promise<void> | undefined
    const look = async () => {
      const isTooLate = statementMs !== null && performance.now() - startedAt > statementMs + marginMs
      if (!isTooLate && !(await watchdog.isLost(pid))) {
        if (!over) timer = setTimeout(() => void look(), watchdog.lookAfterMs)
        return
      }
      // What has arrived while this process was busy, or frozen, is read before a timer's turn is over.
      if (!over) await pause(answerMs)
      await nextTurn()
      if (over) return
      this.#cut('The database does not answer on this connection.')
    }
    let timer = setTimeout(() => void look(), watchdog.lookAfterMs)
    const cancel = () => {
      cancelled ??= watchdog.cancel(pid)
    }
    gone?.addEventListener('abort', cancel, { once: true })
    return {
      end: async () => {
        over = true
        clearTimeout(timer)
        gone?.removeEventListener('abort', cancel)
        // Or it would reach the next statement of this connection.
        await cancelled
      },
    }
  }

  #cut(reason: string): void {
    const error = new ConnectionLostError(reason)
    this.#parts.onLost(error)
    this.connection.stream.destroy(error)
  }
}

type Ask = (...args: unknown[]) => Promise<unknown>

const endsTransaction = /^\s*(COMMIT|ROLLBACK|END|ABORT)\b/i

const textOf = ([config]: unknown[]): string =>
  typeof config === 'string' ? config : ((config as { text?: string } | undefined)?.text ?? '')

const isOfServer = (error: unknown): boolean => (error as { severity?: string }).severity !== undefined
