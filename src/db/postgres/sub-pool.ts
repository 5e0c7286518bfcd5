import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { ConnectionLostError, StatementRefusedError } from '../errors.ts'
import { type ClientParts, PostgresClient } from './client.ts'
import type { Limits } from './session.ts'
import { createWatchdog } from './watchdog.ts'

/** Some connections for one kind of work: what it does to them no other kind of work notices. */
export type SubPool = {
  /** Lends a connection; `release` gives it back. */
  take(use: 'statement' | 'transaction'): Promise<pg.PoolClient>
  /** One that belongs to nobody, to be opened and ended by whoever wants it. */
  newClient(config: pg.ClientConfig): PostgresClient
  /** Whatever is open now may lead nowhere, or to a server that is no longer the right one: it is not used again. */
  renew(): void
  /** Closes what nobody uses, so that somebody else may open as much. */
  shed(): void
  /** Cuts what is in use, and lends nothing any more. */
  giveUp(): void
  /** Closes everything; what is still in use after the grace is cut. */
  end(graceMs: number): Promise<void>
}

export type SubPoolOptions = {
  size: number
  /** How many of them transactions may have: the rest read on while writers wait for each other. */
  transactions: number
  limits: Limits
  /** How long somebody waits for a connection before being told to come back later. */
  waitMs: number
  /** The same for the turn of a transaction, while the server answers: of many writers all get through. */
  turnMs: number
  /** When a statement is looked after from beside, and how long the server may be silent then. */
  watchdog: { lookAfterMs: number; timeoutMs: number }
  /** Asked where the server allows no more connections. */
  askOthersToShed(): void
}

// Those who wait hold their requests in memory; more than this would not get their turn in time anyway.
const mostWaitingEach = 50
// After a server had no more connections to give, it is asked again.
const growAgainMs = 30_000
const askAgainMs = 100
// A server that changes its address is found again.
const longestLifeSeconds = 1_800
// One reason to look for another server is as good as ten.
const renewEveryMs = 1_000

/** @param config where connections go. */
export const createSubPool = (config: pg.ClientConfig, options: SubPoolOptions): SubPool => {
  const { size, limits, waitMs } = options
  const clients = new Set<PostgresClient>()
  const turns = createTurns(options.transactions)
  const born = new WeakMap<object, number>()
  let generation = 0
  let renewedAt = -Infinity
  const renew = () => {
    if (performance.now() - renewedAt < renewEveryMs) return
    renewedAt = performance.now()
    generation++
  }
  const parts: ClientParts = {
    limits,
    watchdog: createWatchdog({ ...config, connectionTimeoutMillis: waitMs }, options.watchdog),
    onMade: (client) => {
      clients.add(client)
      client.once('end', () => clients.delete(client))
    },
    onReadOnly: renew,
    onLost: (error) => {
      renew()
      turns.refuse(error)
    },
  }
  const pool = new pg.Pool({
    ...config,
    // pg hands its options on to every client.
    ...({ parts } as object),
    Client: PostgresClient as unknown as new () => pg.Client,
    max: size,
    maxLifetimeSeconds: longestLifeSeconds,
    connectionTimeoutMillis: waitMs,
    onConnect: (client) => {
      born.set(client, generation)
      return (client as PostgresClient).setUp(waitMs) as unknown as undefined
    },
  })
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', () => undefined)

  let waiting = 0
  let growing: NodeJS.Timeout | undefined

  const ending = new AbortController()

  const take: SubPool['take'] = async (use) => {
    if (ending.signal.aborted) throw stopping()
    if (waiting >= size * mostWaitingEach)
      throw busy('Too many statements wait for a connection to the database.')
    waiting++
    try {
      const endTurn = use === 'transaction' ? await turns.take(options.turnMs) : undefined
      return await connect(performance.now() + waitMs).then(
        (client) => guarded(client, endTurn),
        (error) => {
          // Whoever waits behind would wait as long, for the same.
          if (error instanceof ConnectionLostError) turns.refuse(error)
          endTurn?.()
          throw error
        },
      )
    } finally {
      waiting--
    }
  }

  const connect = async (until: number): Promise<pg.PoolClient> => {
    for (;;) {
      const left = until - performance.now()
      const client = await within(pool, left, ending.signal).catch((error: unknown) => {
        if ((error as { code?: string }).code !== '53300' || left <= askAgainMs) throw asLost(error)
        return null
      })
      if (client === null) await giveWay()
      else if (born.get(client) === generation) return client
      else client.release(true)
    }
  }

  /** The server has no more connections for us: waits for one that is open, or until others have closed some of theirs. */
  const giveWay = async () => {
    pool.options.max = Math.max(1, pool.totalCount)
    clearTimeout(growing)
    growing = setTimeout(() => {
      pool.options.max = size
    }, growAgainMs).unref()
    if (pool.totalCount > 0) return
    options.askOthersToShed()
    await pause(askAgainMs)
  }

  const shed = () => {
    for (let idle = pool.idleCount; idle > 0; idle--)
      void pool.connect().then(
        (client) => client.release(true),
        () => undefined,
      )
  }

  const giveUp = () => {
    ending.abort()
    turns.refuse(stopping())
    for (const client of clients) client.connection.stream.destroy()
  }

  const end = async (graceMs: number) => {
    clearTimeout(growing)
    const ended = pool.end()
    await Promise.race([ended, pause(graceMs, undefined, { ref: false })])
    giveUp()
    await ended
  }

  const newClient = (own: pg.ClientConfig) =>
    new PostgresClient({ ...config, connectionTimeoutMillis: waitMs, ...own, parts })

  return { take, newClient, renew, shed, giveUp, end }
}

/** Its turn ends, and it goes back, when it is released; one that is still in a transaction is closed instead. */
const guarded = (client: pg.PoolClient, endTurn: (() => void) | undefined): pg.PoolClient => {
  const release = client.release
  client.release = (broken) => {
    endTurn?.()
    const status = (client as unknown as { getTransactionStatus(): string | null }).getTransactionStatus()
    release(broken || (client as unknown as PostgresClient).isBroken || status !== 'I')
  }
  return client
}

/** A connection of the pool, or an error within the time, whichever of its steps takes so long. */
const within = (pool: pg.Pool, ms: number, ending: AbortSignal): Promise<pg.PoolClient> =>
  new Promise((resolve, reject) => {
    let late = false
    const giveUp = () => {
      late = true
      settled()
      if (ending.aborted) return reject(stopping())
      const isFull = pool.idleCount === 0 && pool.totalCount >= (pool.options.max ?? 0)
      reject(
        isFull
          ? busy('Every connection to the database is at work.')
          : new ConnectionLostError('The database does not take a connection.'),
      )
    }
    const timer = setTimeout(giveUp, Math.max(0, ms))
    ending.addEventListener('abort', giveUp, { once: true })
    const settled = () => {
      clearTimeout(timer)
      ending.removeEventListener('abort', giveUp)
    }
    pool.connect((error, client) => {
      settled()
      if (late) client?.release()
      else if (error || !client) reject(error)
      else resolve(client)
    })
  })

const stopping = (): ConnectionLostError => new ConnectionLostError('The program is stopping.')

const busy = (message: string): StatementRefusedError => new StatementRefusedError('53300', message)

// pg's own words, where it has no code.
const timedOutWaiting = 'timeout exceeded when trying to connect'
const lost =
  /^(Connection terminated|timeout expired|Client has encountered|Client was closed|Cannot use a pool after)/

const asLost = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  if (error.message === timedOutWaiting) return busy('Every connection to the database is at work.')
  const { severity, syscall } = error as { severity?: string; syscall?: string }
  const isLost = severity === undefined && (syscall !== undefined || lost.test(error.message))
  return isLost ? new ConnectionLostError(error.message, { cause: error }) : error
}

/** At most so many at once; the others wait, those who came first first. */
const createTurns = (most: number) => {
  let free = most
  const queue: { begin(): void; refuse(error: Error): void }[] = []
  const end = () => {
    const next = queue.shift()
    if (next) next.begin()
    else free++
  }
  const once = () => {
    let ended = false
    return () => {
      if (!ended) end()
      ended = true
    }
  }
  /** Resolves to what ends the turn. */
  const take = (waitMs: number): Promise<() => void> => {
    if (free > 0) {
      free--
      return Promise.resolve(once())
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        clearTimeout(timer)
        resolve(once())
      }
      const refuse = (error: Error) => {
        clearTimeout(timer)
        reject(error)
      }
      const waiter = { begin, refuse }
      const timer = setTimeout(() => {
        queue.splice(queue.indexOf(waiter), 1)
        refuse(busy('Too many transactions wait for each other.'))
      }, waitMs)
      queue.push(waiter)
    })
  }
  const refuse = (error: Error) => {
    for (const waiter of queue.splice(0)) waiter.refuse(error)
  }
  return { take, refuse }
}
