import type { Command } from 'commander'
import { type App, startApp } from '../app.ts'
import { openCore } from '../core.ts'
import { readSettings } from './settings.ts'
import { welcome } from './welcome.ts'

/** `presswire serve`: the API and, unless ROLE says otherwise, the worker. Ends with SIGTERM or Ctrl-C. */
export const addServe = (program: Command): void => {
  program
    .command('serve')
    .description('Start the API and the worker. The embedded database is made on first start.')
    .action(async () => {
      const { config, log } = readSettings()
      const core = await openCore(config, { log })
      const firstKey = await welcome.firstStart(core, config).catch(async (error: unknown) => {
        await core.close()
        throw error
      })
      const app: App = await startApp(config, { log }, core)
      console.error(welcome.text(app.url, firstKey))
      await untilSignal()
      await app.stop()
    })
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
