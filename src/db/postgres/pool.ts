import pg from 'pg'
import { callerHere } from '../caller.ts'
import type { PostgresClient } from './client.ts'
import { limitsOfBackground, limitsOfCallers, limitsOfMigrations } from './session.ts'
import { createSubPool, type SubPool } from './sub-pool.ts'

/** For whom a process works: callers of the API, the background, or both. */
export type Role = 'all' | 'api' | 'worker'

/** A migration holds one connection and works on another. */
const leastBackground = 2

/** How many of a process's connections are for callers; the others are for background work. */
export const callersShare = (size: number, role: Role): number =>
  role === 'worker'
    ? 1
    : role === 'api'
      ? size - leastBackground
      : Math.min(Math.ceil(size * 0.7), size - leastBackground)

// At least a third of them reads on.
const transactionsShare = 0.67

// A caller is to be told within 3 s that the database does not answer: 1 s until that is suspected, 1.8 s until it is known.
const callersWaitMs = 3_000
const callersWatchdog = { lookAfterMs: 1_000, timeoutMs: 1_800 }
// Of twenty who write at once the last one waits for nineteen, who take their time on a machine that is busy.
const turnMs = 10_000
// Nobody waits for an import, and it is not to end because a machine stalls for some seconds.
const backgroundWaitMs = 10_000
const backgroundWatchdog = { lookAfterMs: 5_000, timeoutMs: 5_000 }

/**
 * The connections of this process, as one pool for whoever takes one. Callers and background work have some each: those who
 * wait for a lock on one side leave the other side's alone.
 */
export class PostgresPool extends pg.Pool {
  readonly #callers: SubPool
  readonly #background: SubPool

  constructor(config: pg.ClientConfig, size: number, role: Role) {
    super(config)
    const forCallers = callersShare(size, role)
    this.#callers = createSubPool(config, {
      size: forCallers,
      transactions: Math.max(1, Math.floor(forCallers * transactionsShare)),
      limits: limitsOfCallers,
      waitMs: callersWaitMs,
      turnMs,
      watchdog: callersWatchdog,
      askOthersToShed: () => this.#background.shed(),
    })
    const forBackground = role === 'worker' ? size : size - forCallers
    this.#background = createSubPool(config, {
      size: forBackground,
      transactions: forBackground,
      limits: limitsOfBackground,
      waitMs: backgroundWaitMs,
      turnMs,
      watchdog: backgroundWatchdog,
      askOthersToShed: () => this.#callers.shed(),
    })
    const subPool = () => (callerHere() ? this.#callers : this.#background)
    this.connect = (() => subPool().take('transaction')) as typeof this.connect
    this.query = (async (...args: unknown[]) => {
      const client = await subPool().take('statement')
      try {
        return await (client.query as (...args: unknown[]) => Promise<unknown>)(...args)
      } finally {
        client.release()
      }
    }) as unknown as typeof this.query
  }

  /** Lends a connection for a migration, which takes as long as it takes; it is closed afterwards. */
  async connectWithoutLimit(): Promise<pg.PoolClient> {
    const client = await this.#background.take('statement')
    const release = client.release
    client.release = () => release(true)
    try {
      await (client as unknown as PostgresClient).limit(limitsOfMigrations)
      return client
    } catch (error) {
      client.release()
      throw error
    }
  }

  /** A connection apart, not open yet, which its holder sets up and ends. */
  newListener(): PostgresClient {
    return this.#background.newClient({ application_name: 'presswire-listener' })
  }

  /** Leaves every connection that is open for new ones, as soon as nobody uses it. */
  renew(): void {
    this.#callers.renew()
    this.#background.renew()
  }

  /** After a while cuts whatever still waits for an answer, so that nothing keeps a program that wants to end. */
  giveUpAfter(ms: number): void {
    const giveUp = () => {
      this.#callers.giveUp()
      this.#background.giveUp()
    }
    setTimeout(giveUp, ms).unref()
  }

  /** Closes everything within a few seconds, whatever still waits for an answer. */
  async close(): Promise<void> {
    await Promise.all([this.#callers.end(closeMs), this.#background.end(closeMs), super.end()])
  }
}

const closeMs = 2_000
