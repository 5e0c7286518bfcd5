import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { postgresBinaries } from './databases.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

/** A PostgreSQL of its own on a free port of the loopback interface. */
export type PostgresServer = {
  url: string
  /** Stops it as an administrator would, at once. */
  stop(): Promise<void>
  start(): Promise<void>
  /** Stops every one of its processes where it stands, as a paused machine does: nothing is answered and nothing reset. */
  freeze(): void
  thaw(): void
  /** Stops it and removes its data. */
  remove(): Promise<void>
}

/** Starts a server that forgets on power loss but on nothing else: fast, and right for tests. */
export const startPostgres = async (): Promise<PostgresServer> => {
  const bin = postgresBinaries()
  if (!bin) throw new Error('No PostgreSQL server binaries found.')
  const owner = await unprivilegedOwner()
  const folder = await mkdtemp(join(tmpdir(), 'presswire-postgres-'))
  if (owner) await chown(folder, owner.uid, owner.gid)
  const data = join(folder, 'data')
  const options = { ...owner, cwd: folder }
  await promisify(execFile)(
    join(bin, 'initdb'),
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C.UTF-8'],
    options,
  )
  const port = await freePort()
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`
  const settings = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    // Nobody replicates it, and it lives too briefly for its tables to need tidying.
    'wal_level=minimal',
    'max_wal_senders=0',
    'autovacuum=off',
    'max_connections=200',
    `unix_socket_directories=${folder}`,
  ]
  const args = [
    '-D',
    data,
    '-p',
    String(port),
    '-h',
    '127.0.0.1',
    ...settings.flatMap((setting) => ['-c', setting]),
  ]
  let child = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' })
  await untilItAnswers(url)
  const stop = async () => {
    if (child.exitCode !== null) return
    const exited = once(child, 'exit')
    // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients.
    child.kill('SIGINT')
    await exited
  }
  const start = async () => {
    child = spawn(join(bin, 'postgres'), args, { ...options, stdio: 'ignore' })
    await untilItAnswers(url)
  }
  const signalAll = (signal: NodeJS.Signals) => {
    for (const pid of [child.pid ?? 0, ...childrenOf(child.pid ?? 0)]) process.kill(pid, signal)
  }
  const remove = async () => {
    await stop()
    await rm(folder, { recursive: true, force: true })
  }
  return {
    url,
    stop,
    start,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    remove,
  }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)

/** PostgreSQL refuses to run as root: then it runs as the user that Debian's package made, or as nobody. */
export const unprivilegedOwner = async (): Promise<{ uid: number; gid: number } | null> => {
  if (process.getuid?.() !== 0) return null
  const idOf = async (user: string, flag: string) =>
    Number((await promisify(execFile)('id', [flag, user])).stdout.trim())
  const user = await idOf('postgres', '-u').then(
    () => 'postgres',
    () => 'nobody',
  )
  return { uid: await idOf(user, '-u'), gid: await idOf(user, '-g') }
}

const untilItAnswers = (url: string): Promise<boolean> =>
  until(async () => {
    const client = new pg.Client({ connectionString: url })
    try {
      await client.connect()
      await client.query('SELECT 1')
      return true
    } catch {
      return false
    } finally {
      await client.end().catch(() => undefined)
    }
  }, 30_000)
