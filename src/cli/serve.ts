import type { Command } from 'commander'
import { type App, startApp } from '../app.ts'
import type { Config } from '../config.ts'
import { openCore } from '../core.ts'
import type { Log } from '../log.ts'
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
  const core = await openCore(config, { log })
  const firstKey = await welcome.firstStart(core, config).catch(async (error: unknown) => {
    await core.close()
    throw error
  })
  const app: App = await startApp(config, { log }, core)
  sayText(welcome.text(app.url, firstKey))
  await untilSignal()
  await app.stop()
}

/** A second signal stops at once: then the default action of the signal is back. */
const untilSignal = (): Promise<void> =>
  new Promise((resolve) => {
    const stop = () => {
      process.off('SIGINT', stop).off('SIGTERM', stop)
      resolve()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
  })
