import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { until } from '../tests/support/until.ts'

/** A server in a process of its own. */
export type ServerProcess = {
  /** Where it answers; empty for a worker, which answers nothing. */
  url: string
  /** The most memory that it had resident, in MB; null where /proc does not tell. */
  peakMemoryMb(): number | null
  stop(): Promise<void>
}

/**
 * Starts a script of the checkout with Node and waits until it says that it is running, and where. Only the given settings reach it:
 * neither the caller's environment nor an .env file. Its log goes to a file, as it does in production.
 */
export const startServer = async (
  script: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<ServerProcess> => {
  const folder = mkdtempSync(join(tmpdir(), 'presswire-bench-'))
  const log = join(folder, 'log')
  const output = openSync(log, 'w')
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '..', script), ...args], {
    cwd: folder,
    env: { NODE_ENV: 'production', ...env },
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      const deadline = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
      await exited
      clearTimeout(deadline)
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const ready = await until(() => {
      if (child.exitCode !== null) throw new Error(`${script} ended:\n${readFileSync(log, 'utf8')}`)
      return /(?:is|are) running(?: at http:\/\/[^/\s]+|\.)/.exec(readFileSync(log, 'utf8'))?.[0]
    }, startTimeoutMs)
    const [url = ''] = /http:.*/.exec(ready) ?? []
    return { url, peakMemoryMb: () => peakMemoryMb(child.pid ?? 0), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

// Generous: a start reads a few hundred modules, and on a busy machine the first may come from a cold disk.
const startTimeoutMs = 60_000
// Presswire gives what is in flight 10 s.
const stopTimeoutMs = 12_000

/** VmHWM of proc_pid_status(5), in kB there. */
const peakMemoryMb = (pid: number): number | null => {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return null
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(file, 'utf8')) ?? []
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024)
}
