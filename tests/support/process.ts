import { spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, inject } from 'vitest'
import { locationOf, readConfig } from '../../src/config.ts'
import { type Db, openDatabase } from '../../src/db/client.ts'
import { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { type Client, createClient } from './client.ts'
import { root } from './documents.ts'
import { createTestDatabase, dropTestDatabase } from './postgres-database.ts'
import { until } from './until.ts'

/** How a process ended: with an exit code, or killed by a signal. */
export type Ended = {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  durationMs: number
}

export type Program = {
  pid: number
  /** What it has written to standard error so far. */
  stderr(): string
  ended: Promise<Ended>
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<Ended>
}

export type Serving = Program & { url: string; anonymous: Client; clientOf(key: string): Client }

/** A place that the program lives in: an empty working folder and a database of its own, which outlive its processes. */
export type Home = {
  folder: string
  /** The settings of every process; a test may change them between two starts. */
  env: Record<string, string>
  /** Starts `presswire serve` and waits until it prints where it answers. */
  serve(env?: Record<string, string>): Promise<Serving>
  /** Starts another command. */
  start(...args: string[]): Program
  /** Runs another command to its end. */
  run(...args: string[]): Promise<Ended>
  /** Runs one within another, such as `unshare`. */
  runWithin(within: string[], ...args: string[]): Promise<Ended>
  /** Makes an admin key; on the embedded folder while nothing serves. */
  newKey(): Promise<string>
  /** Does something in the database itself; on the embedded folder while nothing serves. */
  withDatabase<T>(work: (db: Db) => Promise<T>): Promise<T>
}

/**
 * Lends a home to every test of the file; whatever still runs in the end is killed. Its database has tables and no rows. In
 * an `untouched` one the program runs from its sources, and the embedded database has no folder yet. `through` is a command
 * that starts the program in its own place, such as `unshare`.
 */
export const withHome = ({ untouched = false, through = noCommand } = {}): { home: Home } => {
  const lent = {} as { home: Home }
  const programs: Program[] = []
  let removeDatabase = async () => undefined as unknown
  let folder: string | undefined
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'presswire-e2e-'))
    const { env, remove } = await databaseSettings(folder, untouched)
    removeDatabase = remove
    const main = untouched ? sources : inject('program')
    lent.home = await homeIn(folder, env, [main, through], (program) => void programs.push(program))
  })
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.kill('SIGKILL')))
    await removeDatabase()
    if (folder) await rm(folder, { recursive: true, force: true })
  })
  return lent
}

const noCommand: string[] = []

/** Runs the command line once, in a folder and with settings that the test gives whole. */
export const runProgram = (args: string[], cwd: string, env: Record<string, string>): Promise<Ended> =>
  startProgram(inject('program'), args, cwd, env).ended

const homeIn = async (
  folder: string,
  database: Record<string, string>,
  [main, through]: [string, string[]],
  started: (program: Program) => void,
): Promise<Home> => {
  // The program reads .env of its working folder, so that it must not be the project's.
  const cwd = join(folder, 'work')
  await mkdir(cwd)
  const settings = { HOST: '127.0.0.1', PORT: '0', WEBHOOK_ALLOW: '127.0.0.1', ...database }
  const start = (args: string[], env: Record<string, string>, within = through) => {
    const program = startProgram(main, args, cwd, env, within)
    started(program)
    return program
  }
  const home: Home = {
    folder,
    env: settings,
    serve: async (env = {}) => {
      const program = start(['serve'], { ...home.env, ...env })
      const url = await urlOf(program)
      const clientOf = (key: string) => createClient(url, key)
      return { ...program, url, anonymous: createClient(url, null), clientOf }
    },
    start: (...args) => start(args, home.env),
    run: (...args) => start(args, home.env).ended,
    runWithin: (within, ...args) => start(args, home.env, within).ended,
    newKey: () =>
      home.withDatabase(async (db) => {
        const made = { name: 'E2E', scopes: [ApiKeyScope.ADMIN], expiresAt: null }
        return (await createApiKey(db, made, new Date())).key
      }),
    withDatabase: async (work) => {
      const opened = await openDatabase(locationOf(readConfig(settings)))
      return work(opened.db).finally(() => opened.close())
    },
  }
  return home
}

const databaseSettings = async (folder: string, untouched: boolean) => {
  if (inject('kind') === 'embedded') {
    const DATA_DIR = join(folder, 'data')
    if (!untouched) await cp(inject('embedded').data, DATA_DIR, { recursive: true })
    return { env: { DATA_DIR }, remove: async () => undefined }
  }
  const server = inject('postgres')
  const { url, name } = await createTestDatabase(server.url, server.template)
  const env = { DATABASE_URL: url, SECRET_KEY: 'a secret key that only this test suite uses' }
  return { env, remove: () => dropTestDatabase(server.url, name) }
}

// What the README's command starts.
const sources = join(root, 'src', 'main.ts')

/** Starts `presswire …` with these settings and none of this machine's. */
const startProgram = (
  main: string,
  args: string[],
  cwd: string,
  env: Record<string, string>,
  through = noCommand,
): Program => {
  const startedAt = performance.now()
  // Optimising the databases' WebAssembly takes a processor longer than most of these processes live.
  const [executable = '', ...command] = [...through, process.execPath, '--liftoff-only', main, ...args]
  const child = spawn(executable, command, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      written[stream] += text
    })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) =>
      resolve({ code, signal, ...written, durationMs: performance.now() - startedAt }),
    )
  })
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return ended
  }
  return { pid: child.pid ?? 0, stderr: () => written.stderr, ended, kill }
}

// A start takes seconds, and on a loaded machine several times as many.
const startMs = 60_000

const urlOf = async (program: Program): Promise<string> => {
  const early = program.ended.then(({ code, signal, stderr }): string => {
    throw new Error(`It ended with ${code ?? signal} before it served: ${stderr}`)
  })
  const printed = until(() => /running at (http:\S+)\/graphql/.exec(program.stderr())?.[1], startMs)
  return Promise.race([printed, early])
}
