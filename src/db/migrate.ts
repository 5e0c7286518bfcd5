import { OperatorError } from '../errors.ts'
import type { Database } from './client.ts'
import { migrationNames, readMigrations, readPrismaSchema } from './migrations.ts'
import { noFilters, startSchemaEngine } from './schema-engine.ts'

type MigrationRow = { migration_name: string; finished_at: Date | null; rolled_back_at: Date | null }

/**
 * Brings the database to this version's tables and records it in `_prisma_migrations` as `prisma migrate deploy` does.
 * Twice is harmless, and so are two processes at once. Returns the names of the migrations that were applied.
 *
 * @throws OperatorError when the database is newer than this program or a migration failed.
 */
export const migrate = async (database: Database): Promise<string[]> => {
  // Looking first keeps a normal start fast: Prisma's engine is 3 MB of WebAssembly.
  if ((await pendingMigrations(database)).length === 0) return []
  return withMigrationLock(database, async () => {
    if ((await pendingMigrations(database)).length === 0) return []
    const engine = await startSchemaEngine(database.adapterFactory, readPrismaSchema())
    try {
      const { appliedMigrationNames } = await engine.applyMigrations({
        migrationsList: readMigrations(),
        filters: noFilters,
      })
      return appliedMigrationNames
    } catch (error) {
      // The script ran as one transaction and is undone: the next start may try again, once the cause is gone.
      await markRolledBack(database)
      throw migrationError(error as Error)
    } finally {
      engine.free()
    }
  })
}

/** What `prisma migrate resolve --rolled-back` does. */
const markRolledBack = ({ db }: Database): Promise<unknown> =>
  db.$executeRaw`
    UPDATE _prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL`.catch(
    // Where the engine refused before it made its table there is nothing to mark.
    () => undefined,
  )

const migrationError = (error: Error): OperatorError => {
  // P3005: no `_prisma_migrations`, but tables.
  const message = error.message.startsWith('The database schema is not empty')
    ? 'The database has tables that Presswire did not make. Set DATABASE_URL to an empty database.'
    : `A migration failed and was rolled back: ${error.message}`
  return new OperatorError(message, 1, { cause: error })
}

/** The migrations that this version has and the database has not. */
export const pendingMigrations = async ({ db }: Database): Promise<string[]> => {
  const [table] = await db.$queryRaw<{ found: boolean }[]>`
    SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`
  if (!table?.found) return migrationNames()
  const rows = await db.$queryRaw<MigrationRow[]>`
    SELECT migration_name, finished_at, rolled_back_at FROM _prisma_migrations ORDER BY started_at`
  const live = rows.filter((row) => row.rolled_back_at === null)
  refuseWhatCannotBeMigrated(live)
  const applied = new Set(live.map((row) => row.migration_name))
  return migrationNames().filter((name) => !applied.has(name))
}

const refuseWhatCannotBeMigrated = (rows: MigrationRow[]): void => {
  const known = new Set(migrationNames())
  const newer = rows.find((row) => !known.has(row.migration_name))
  if (newer) {
    throw new OperatorError(
      `The database is newer than this program: it has the migration ${newer.migration_name}. Run the version of Presswire that made it, or a later one.`,
    )
  }
  const failed = rows.find((row) => row.finished_at === null)
  if (failed) {
    throw new OperatorError(
      `The migration ${failed.migration_name} was begun by another program and never finished. See what it left, then run "npx prisma migrate resolve --rolled-back ${failed.migration_name}" in a checkout and start again.`,
    )
  }
}

// Presswire's own: Prisma's engine takes 72707369 on a connection that it chooses itself.
const migrationLockKey = 72_707_370

const withMigrationLock = async <T>({ driver }: Database, work: () => Promise<T>): Promise<T> => {
  // The embedded folder has one process, which the folder's lock sees to.
  if (!('pool' in driver)) return work()
  const client = await driver.pool.connect()
  try {
    await client.query('SELECT pg_advisory_lock($1)', [migrationLockKey])
    return await work()
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [migrationLockKey]).catch(() => undefined)
    client.release()
  }
}
