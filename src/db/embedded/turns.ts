import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { PGlite } from '@electric-sql/pglite'
import { callerHere } from '../caller.ts'

// Sooner than anybody notices; most statements take less than one.
const breathMs = 5

/**
 * An embedded database that everybody gets something of. It is one thread, this one, and takes one statement after the other:
 * in the order in which they were asked for, a request with eighty of them would hold up everybody else, and while they follow
 * each other without a pause nothing else of the program would happen either.
 */
export class TakingTurns extends PGlite {
  /** Who waits, in the order of their turns, and what for. */
  readonly #waiting = new Map<AbortSignal | null, (() => Promise<void>)[]>()
  #isAtWork = false
  #breathedAt = performance.now()

  /** A statement or a whole transaction: whoever had a turn stands behind all who wait. */
  override _runExclusiveTransaction<T>(work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const caller = callerHere()
    const own = this.#waiting.get(caller) ?? []
    this.#waiting.set(caller, own)
    own.push(AsyncLocalStorage.bind(() => super._runExclusiveTransaction(work).then(resolve, reject)))
    if (!this.#isAtWork) void this.#work()
    return promise
  }

  override async _runExclusiveQuery<T>(work: () => Promise<T>): Promise<T> {
    if (performance.now() - this.#breathedAt > breathMs) {
      await nextTurn()
      this.#breathedAt = performance.now()
    }
    return super._runExclusiveQuery(work)
  }

  /** What was asked for before is answered first. */
  override async close(): Promise<void> {
    while (this.#isAtWork) await nextTurn()
    await super.close()
  }

  async #work(): Promise<void> {
    this.#isAtWork = true
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      const [caller, [first, ...rest]] = next
      this.#waiting.delete(caller)
      if (rest.length > 0) this.#waiting.set(caller, rest)
      await first?.()
    }
    this.#isAtWork = false
  }
}
