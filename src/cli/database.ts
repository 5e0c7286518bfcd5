import { locationOf } from '../config.ts'
import { type Db, openDatabase } from '../db/client.ts'
import { migrate } from '../db/migrations/migrate.ts'
import { readSettings } from './settings.ts'

/**
 * For commands that need the tables and nothing of the program: opens and migrates the database of the settings, and closes
 * it whatever happens. `applied` are the migrations that it took.
 */
export const withDatabase = async (
  work: (db: Db, applied: string[]) => Promise<unknown> | unknown,
): Promise<void> => {
  const database = await openDatabase(locationOf(readSettings().config))
  try {
    await work(database.db, await migrate(database))
  } finally {
    await database.close()
  }
}
