import type { Command } from 'commander'
import { withDatabase } from './database.ts'
import { say } from './output.ts'

/** `presswire migrate`: what every other command does first. */
export const addMigrate = (program: Command): void => {
  program
    .command('migrate')
    .description(
      'Bring the database to the tables of this version. Every command that opens the database does it, too.',
    )
    .action(() =>
      withDatabase(async (_db, applied) =>
        say(applied.length > 0 ? `Applied ${applied.join(', ')}.` : 'The database is up to date.'),
      ),
    )
}
