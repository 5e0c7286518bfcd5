import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

/** Whether PgBouncer is installed here. */
export const hasPgBouncer = (): boolean => {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A PgBouncer before a database: where it answers, and how it ends. */
export const startPgBouncer = async (
  target: string,
  mode: 'session' | 'transaction' | 'statement',
): Promise<{ url: string; stop(): Promise<void> }> => {
  const folder = await mkdtemp(join(tmpdir(), 'presswire-pgbouncer-'))
  const { hostname, port: targetPort, pathname, username } = new URL(target)
  const port = await freePort()
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(join(folder, 'users'), `"${username}" ""\n`)
  await writeFile(
    file,
    `[databases]
${pathname.slice(1)} = host=${hostname} port=${targetPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${join(folder, 'users')}
pool_mode = ${mode}
`,
  )
  await chmod(folder, 0o755)
  // It refuses to run as root.
  const asRoot = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const child: ChildProcess = spawn('pgbouncer', [...asRoot, file], { stdio: 'ignore' })
  const url = new URL(target)
  url.port = String(port)
  await until(async () => {
    const client = new pg.Client({ connectionString: url.href })
    client.on('error', () => undefined)
    return client
      .connect()
      .then(() => true)
      .catch(() => false)
      .finally(() => client.end())
  })
  return {
    url: url.href,
    stop: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      await rm(folder, { recursive: true })
    },
  }
}
