import { join } from 'node:path'
import { afterAll, beforeAll, inject } from 'vitest'
import { type App, startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { World } from '../../src/core.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { type Client, createClient } from './client.ts'
import { createClock } from './clock.ts'
import { watchForLeaks } from './leaks.ts'
import { createTestDatabase, dropTestDatabase } from './postgres-database.ts'
import { PreparedFS } from './prepared-fs.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { until } from './until.ts'

export type LogLine = { level: 'info' | 'warn' | 'error'; message: string; fields: Record<string, unknown> }

/** A running app on a database of its own, with everything a test may want to look at or to turn. */
export type TestApp = App & {
  url: string
  database: Database
  /** A caller without a key, and one with all scopes. */
  anonymous: Client
  admin: Client
  clientWith(...scopes: ApiKeyScope[]): Promise<Client>
  receiver: Receiver
  clock: ReturnType<typeof createClock>
  log: LogLine[]
  /** How many SQL statements the work took. */
  countStatements<T>(work: () => Promise<T>): Promise<{ result: T; statements: string[] }>
}

type Options = Pick<World, 'resolve' | 'random' | 'rendering'> & {
  env?: Record<string, string>
  role?: 'all' | 'api' | 'worker'
  expectErrors?: boolean
  /** Of PostgreSQL; with 3 callers share one connection. */
  poolSize?: number
}

/** Lends an app to every test of the file, and fails the file when it leaves a mess. */
export const withApp = (options: Options = {}): { app: TestApp } => {
  const lent = {} as { app: TestApp }
  let end: () => Promise<void>
  beforeAll(async () => {
    const started = await startTestApp(options)
    lent.app = started.app
    end = started.end
  })
  afterAll(() => end())
  return lent
}

/** The same for a test that starts and stops apps itself. */
export const startTestApp = async ({
  env = {},
  role = 'all',
  expectErrors = false,
  poolSize,
  resolve,
  random,
  rendering,
}: Options = {}) => {
  const openAfterwards = watchForLeaks()
  const { database, drop } = await cloneDatabase(poolSize)
  const receiver = await startReceiver()
  const clock = createClock()
  const log: LogLine[] = []
  const line = (level: LogLine['level']) => (fields: object, message: string) =>
    void log.push({ level, message, fields: fields as Record<string, unknown> })
  const settings = {
    SITE_URL: 'https://blog.example.com',
    SECRET_KEY: 'a secret key that only this test suite uses',
    WEBHOOK_ALLOW: '127.0.0.1',
    HOST: '127.0.0.1',
    PORT: '0',
    ...env,
  }
  const config = { ...readConfig(settings), ROLE: role }
  const world = {
    database,
    now: clock.now,
    resolve,
    random,
    rendering,
    log: { info: line('info'), warn: line('warn'), error: line('error') },
  }
  const running = await startApp(config, world)
  const url = running.url ?? ''
  const newKey = async (scopes: ApiKeyScope[]) =>
    (await createApiKey(database.db, { name: 'A test', scopes, expiresAt: null }, clock.now())).key
  const app: TestApp = {
    ...running,
    url,
    database,
    receiver,
    clock,
    log,
    anonymous: createClient(url, null),
    admin: createClient(url, await newKey(['ADMIN'])),
    clientWith: async (...scopes) => createClient(url, await newKey(scopes)),
    countStatements: statementCounter(database),
  }
  const end = async () => {
    const rows = await leaksOf(app, expectErrors)
    await running.stop(2_000)
    await receiver.close()
    await drop()
    const leaks = [...rows, ...(await openAfterwards())]
    if (leaks.length > 0) throw new Error(`The test left a mess: ${leaks.join('; ')}`)
  }
  return { app, end }
}

/**
 * What no test may leave behind: an error nobody expected, and a row that some process seems to be at. The worker takes a
 * moment for what the last test of a file wrote.
 */
const leaksOf = async ({ log, database, worker }: TestApp, expectErrors: boolean): Promise<string[]> => {
  const countUnsent = () => database.db.event.count({ where: { fannedOutAt: null } })
  if (worker) await until(async () => (await countUnsent()) === 0).catch(() => undefined)
  const unsent = worker ? await countUnsent() : 0
  const errors = expectErrors ? [] : log.filter((line) => line.level === 'error')
  return [
    ...errors.map((line) => `logged "${line.message}": ${String(line.fields.err)}`),
    ...(unsent > 0 ? [`${unsent} events were never fanned out`] : []),
  ]
}

const cloneDatabase = async (
  poolSize?: number,
): Promise<{ database: Database; drop: () => Promise<void> }> => {
  const source = inject(inject('kind'))
  if (source.kind === 'embedded') {
    const fs = new PreparedFS(join(source.data, 'db'))
    return { database: await openDatabase({ folder: null, fs }), drop: async () => undefined }
  }
  const { url, name } = await createTestDatabase(source.url, source.template)
  const database = await openDatabase({ url, poolSize })
  return { database, drop: () => dropTestDatabase(source.url, name) }
}

/** Prisma's listeners cannot be taken away again: there is one, which hands on what is counted just now. */
const statementCounter = ({ db }: Database): TestApp['countStatements'] => {
  const counting = new Set<string[]>()
  db.$on('query', ({ query }) => {
    for (const statements of counting) statements.push(query)
  })
  return async (work) => {
    const statements: string[] = []
    counting.add(statements)
    const result = await work()
    counting.delete(statements)
    return { result, statements }
  }
}
