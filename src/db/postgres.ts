import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { OperatorError } from '../errors.ts'
import type { Database } from './database.ts'
import { newClient, withWholeScripts } from './prisma.ts'

// Two more than the cores of a small server; PostgreSQL itself allows 100 connections by default.
const defaultPoolSize = 10

export const openPostgres = async ({
  url,
  poolSize = defaultPoolSize,
}: {
  url: string
  poolSize?: number
}) => {
  const pool = new pg.Pool({
    Client: OneAtATime,
    connectionString: url,
    max: poolSize,
    // A database that is away answers a caller within 3 s instead of hanging.
    connectionTimeoutMillis: 3_000,
    // The adapter cuts offsets from the text of a time: the session has to be in UTC. Compiling a statement takes up to
    // 0.4 s, which none of ours ever earns back, and workers for one take 10 ms to start, in which most have answered.
    options: '-c timezone=UTC -c jit=off -c max_parallel_workers_per_gather=0',
    application_name: 'presswire',
  })
  // Without a listener a connection that breaks while idle would end the process.
  pool.on('error', () => undefined)
  try {
    await pool.query('SELECT 1')
  } catch (error) {
    await pool.end()
    throw new OperatorError(
      `The database at ${withoutPassword(url)} does not answer (${(error as Error).message}). Start it, or correct DATABASE_URL.`,
      1,
      { cause: error },
    )
  }
  const adapterFactory = withWholeScripts(
    new PrismaPg(pool),
    async (script) => void (await pool.query(script)),
  )
  const db = newClient(adapterFactory)
  const close = async () => {
    await db.$disconnect()
    await pool.end()
  }
  const runScript = async (sql: string) => void (await pool.query(sql))
  return { kind: 'postgres', db, driver: { pool }, adapterFactory, runScript, close } satisfies Database
}

/**
 * In a transaction resolvers ask for several things at once, on one connection. pg's own queue for that is deprecated, so
 * they wait for each other here.
 */
class OneAtATime extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config)
    const ask = this.query.bind(this) as (...args: unknown[]) => Promise<unknown>
    let last: Promise<unknown> = Promise.resolve()
    this.query = ((...args: unknown[]) => {
      // With a callback it is the pool that asks, on a connection that nobody else has then.
      if (args.some((arg) => typeof arg === 'function')) return ask(...args)
      const answer = last.then(() => ask(...args))
      last = answer.catch(() => undefined)
      return answer
    }) as typeof this.query
  }
}

const withoutPassword = (url: string): string => {
  try {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname}`
  } catch {
    return 'DATABASE_URL'
  }
}
