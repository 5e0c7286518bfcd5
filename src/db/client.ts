import { type MemoryFS, PGlite } from '@electric-sql/pglite'
import { PrismaPg } from '@prisma/adapter-pg'
import { DriverAdapterError, type SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { OperatorError } from '../errors.ts'
import { type Prisma, PrismaClient } from './generated/client.ts'
import { lockFolder } from './lock.ts'

export type Db = PrismaClient<'query'>
/** What runs statements: the root client or a transaction. Domain code takes this and cannot tell which. */
export type Tx = Prisma.TransactionClient

/**
 * Where the database is: a PostgreSQL server, or a folder; `null` = in memory, for tests and for writing migrations, `fs`
 * being the memory where it is not to begin empty.
 */
export type DatabaseLocation = { url: string; poolSize?: number } | { folder: string | null; fs?: MemoryFS }

/** An open database. Both kinds run the same statements through the same client. */
export type Database = {
  kind: 'postgres' | 'embedded'
  db: Db
  /** The driver beneath, for the queue and the notifier, which speak to it directly. */
  driver: { pool: pg.Pool } | { pglite: PGlite }
  adapterFactory: SqlMigrationAwareDriverAdapterFactory
  /** Runs several statements at once, outside any transaction of the client. */
  runScript(sql: string): Promise<void>
  close(): Promise<void>
}

/** Opens a database without touching its tables: `migrate` does that. */
export const openDatabase = (location: DatabaseLocation): Promise<Database> =>
  'url' in location ? openPostgres(location) : openEmbedded(location)

// Two more than the cores of a small server; PostgreSQL itself allows 100 connections by default.
const defaultPoolSize = 10

const openPostgres = async ({ url, poolSize = defaultPoolSize }: { url: string; poolSize?: number }) => {
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

const openEmbedded = async ({ folder, fs }: { folder: string | null; fs?: MemoryFS }) => {
  const unlock = folder === null ? () => undefined : lockFolder(folder)
  const pglite = new PGlite(folder === null ? { fs } : { dataDir: `${folder}/db` })
  try {
    await pglite.waitReady
    await pglite.exec("SET TIME ZONE 'UTC'")
    await keepParsersInUse(pglite)
  } catch (error) {
    unlock()
    throw new OperatorError(
      `The embedded database in ${folder} cannot be opened (${(error as Error).message}). Restore the folder from a copy, or set DATA_DIR to an empty one.`,
      1,
      { cause: error },
    )
  }
  const adapterFactory = withWholeScripts(
    new PrismaPGlite(pglite),
    async (script) => void (await pglite.exec(script)),
  )
  const db = newClient(adapterFactory)
  const close = async () => {
    await db.$disconnect()
    await pglite.close()
    unlock()
  }
  const runScript = async (sql: string) => void (await pglite.exec(sql))
  return { kind: 'embedded', db, driver: { pglite }, adapterFactory, runScript, close } satisfies Database
}

/**
 * PGlite copies its parsers for every statement that brings some of its own, as the adapter's statements do: 0.1 ms each, were
 * those for arrays of every type and of every table's rows among them. Ours answer with arrays of enums and of these alone.
 */
const keepParsersInUse = async (pglite: PGlite): Promise<void> => {
  const { rows } = await pglite.query<{ id: number }>(`
    SELECT typarray AS id FROM pg_type WHERE typarray <> 0 AND typtype <> 'e'
      AND typname NOT IN ('bool', 'int4', 'int8', 'json', 'jsonb', 'text', 'timestamptz')`)
  const unused = new Set(rows.map(({ id }) => String(id)))
  pglite.parsers = Object.fromEntries(Object.entries(pglite.parsers).filter(([id]) => !unused.has(id)))
}

const newClient = (adapter: SqlMigrationAwareDriverAdapterFactory): Db =>
  new PrismaClient({
    adapter,
    log: [{ emit: 'event', level: 'query' }],
    // A transaction waits for the locks of others; the default of 5 s would end an import's longest one.
    transactionOptions: { maxWait: 10_000, timeout: 30_000 },
  })

type RunScript = (script: string) => Promise<void>

/**
 * Runs a migration's script as one simple query, which PostgreSQL takes as one transaction: a step that fails takes the
 * others back with it. adapter-pg would run the statements one by one, and PGlite's adapter would not wait for them.
 */
const withWholeScripts = (
  factory: SqlMigrationAwareDriverAdapterFactory,
  run: RunScript,
): SqlMigrationAwareDriverAdapterFactory => {
  const connect = async (open: () => ReturnType<typeof factory.connect>, runHere: RunScript) => {
    const adapter = await open()
    adapter.executeScript = (script) => runHere(script).catch(asAdapterError)
    return adapter
  }
  const connectToShadowDb = () => {
    const shadow = new PGlite('memory://')
    return connect(
      () => new PrismaPGlite(shadow).connect(),
      async (script) => void (await shadow.exec(script)),
    )
  }
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: () => connect(() => factory.connect(), run),
    connectToShadowDb,
  }
}

/** The form in which Prisma's engine understands a failed statement. */
const asAdapterError = (
  error: Error & { code?: string; severity?: string; detail?: string; hint?: string },
): never => {
  const { code = 'XX000', severity = 'ERROR', message, detail, hint } = error
  throw new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column: undefined, hint })
}

const withoutPassword = (url: string): string => {
  try {
    const { protocol, host, pathname } = new URL(url)
    return `${protocol}//${host}${pathname}`
  } catch {
    return 'DATABASE_URL'
  }
}
