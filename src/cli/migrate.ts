import type { Command } from 'commander'
import { locationOf } from '../core.ts'
import { openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrate.ts'
import { readSettings } from './settings.ts'

/** `presswire migrate`: what every other command does first. */
export const addMigrate = (program: Command): void => {
  program
    .command('migrate')
    .description(
      'Bring the database to the tables of this version. Every command that opens the database does it, too.',
    )
    .action(async () => {
      const { config } = readSettings()
      const database = await openDatabase(locationOf(config))
      try {
        const applied = await migrate(database)
        console.error(applied.length > 0 ? `Applied ${applied.join(', ')}.` : 'The database is up to date.')
      } finally {
        await database.close()
      }
    })
}
