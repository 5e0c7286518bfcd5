import { once } from 'node:events'
import type { Command } from 'commander'
import { type App, startApp } from '../app.ts'
import type { Config } from '../config.ts'
import { openCore } from '../core.ts'
import type { Log } from '../lib/log.ts'
import { outliveLateRefusals } from './late-refusals.ts'
import { sayText } from './output.ts'
import { readSettings } from './settings.ts'
import { welcome } from './welcome.ts'

/** `presswire serve`: the API and, unless ROLE says otherwise, the worker. Ends with SIGTERM or Ctrl-C. */
export const addServe = (program: Command): void => {
  program
    .command('serve')
    .description('Start the API and the worker. The embedded database is made on first start.')
    .action(() => {
      const { config, log } = readSettings()
      return runUntilStopped(config, log)
    })
}

/** `presswire worker`: what `serve` is with ROLE=worker, on a PostgreSQL that other processes serve. */
export const addWorker = (program: Command): void => {
  program
    .command('worker')
    .description(
      'Start a worker alone: it sends webhooks and publishes what is scheduled, and answers no HTTP.',
    )
    .action(() => {
      const { config, log } = readSettings()
      return runUntilStopped({ ...config, ROLE: 'worker' }, log)
    })
}

const runUntilStopped = async (config: Config, log: Log): Promise<void> => {
  outliveLateRefusals()
  // From the first moment on: process 1 of a container has no default action for these signals.
  const signal = stopSignal()
  const app = await start(config, log, signal).catch((error: unknown) => {
    if (signal.aborted && error === signal.reason) return null
    throw error
  })
  if (app === null) return
  if (!signal.aborted) await once(signal, 'abort')
  const late = setTimeout(() => leave(log), stopMs)
  await app.stop(stopMs - lastMs, drainMs)
  clearTimeout(late)
  // What is left behind, such as a connection on which nothing comes any more, or an exporter of traces that tries again,
  // would hold the process.
  setTimeout(() => leave(log), lastMs).unref()
}

// Supervisors kill after ten seconds, by default.
const stopMs = 9_800
const lastMs = 800
// Longer than a request of a busy caller is on its way, and than load balancers in the same place take to look.
const drainMs = 1_000

/** Everything that can be closed is closed: a supervisor is to see a stop, and no failure. */
const leave = (log: Log): void => {
  log.warn({}, 'something did not stop in time; the process ends without it')
  // With a moment for that line.
  setImmediate(() => process.exit(0))
}

/** Whatever was begun is closed when a signal ends it, and taken up by the next start. */
const start = async (config: Config, log: Log, signal: AbortSignal): Promise<App> => {
  const world = { log, signal }
  const core = await openCore(config, world)
  const firstKey = await welcome.firstStart(core, config, signal).catch(async (error: unknown) => {
    await core.close()
    throw error
  })
  const app = await startApp(config, world, core)
  sayText(welcome.text(app.url, firstKey))
  firstKey?.shown()
  return app
}

/** A second signal stops at once: then the default action of the signal is back. */
const stopSignal = (): AbortSignal => {
  const controller = new AbortController()
  const stop = () => {
    process.off('SIGINT', stop).off('SIGTERM', stop)
    controller.abort()
  }
  process.on('SIGINT', stop).on('SIGTERM', stop)
  return controller.signal
}
