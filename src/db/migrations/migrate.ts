import { createHash, randomUUID } from 'node:crypto'
import { OperatorError } from '../../lib/errors.ts'
import type { Database } from '../database.ts'
import { operatorErrorOf } from '../operator-error.ts'
import { migrationNames, readMigration } from './files.ts'
import { type Session, withMigrationLock } from './migration-lock.ts'

type MigrationRow = { migration_name: string; finished_at: Date | null; rolled_back_at: Date | null }

/**
 * Brings the database to this version's tables and records it in `_prisma_migrations` as `prisma migrate deploy` does.
 * Twice is harmless, two processes at once are, and so is a kill at any moment: a step and its record are one transaction.
 * Returns the names of the migrations that were applied.
 *
 * @throws OperatorError when the database is newer than this program or a migration failed.
 */
export const migrate = async (database: Database): Promise<string[]> => {
  // Looking first keeps a normal start from waiting for anybody.
  if ((await pendingMigrations(database)).length === 0) return []
  return withMigrationLock(database, async (session) => {
    const pending = await pendingMigrations(database)
    try {
      await session.run(recordsTable)
      for (const name of pending) await apply(session, name)
      return pending
    } catch (error) {
      const told =
        operatorErrorOf(error)?.message ?? `${(error as Error).message}. Once the cause is gone, start again.`
      throw new OperatorError(`A migration failed and was rolled back: ${told}`, 1, { cause: error })
    }
  })
}

/** The migrations that this version has and the database has not. */
export const pendingMigrations = async (database: Database): Promise<string[]> => {
  const records = await readRecords(database)
  const known = migrationNames()
  const unknown = records.find(({ migration_name }) => !known.includes(migration_name))
  const applied = new Set(
    records.filter((row) => row.finished_at !== null).map(({ migration_name }) => migration_name),
  )
  if (unknown && known.some((name) => applied.has(name)))
    throw new OperatorError(
      `The database is newer than this program: it has the migration ${unknown.migration_name}. Run the version of Presswire that made it, or a later one.`,
    )
  if (unknown || (records.length === 0 && (await hasTables(database))))
    throw new OperatorError(
      'The database has tables that Presswire did not make. Set DATABASE_URL to an empty database.',
    )
  return known.filter((name) => !applied.has(name))
}

const readRecords = async ({ db }: Database): Promise<MigrationRow[]> => {
  const [table] = await db.$queryRaw<{ found: boolean }[]>`
    SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`
  if (!table?.found) return []
  const rows = await db.$queryRaw<MigrationRow[]>`
    SELECT migration_name, finished_at, rolled_back_at FROM _prisma_migrations ORDER BY started_at`
  return rows.filter((row) => row.rolled_back_at === null)
}

/** What an extension brought is nobody's table. */
const hasTables = async ({ db }: Database): Promise<boolean> => {
  const [row] = await db.$queryRaw<{ found: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname <> '_prisma_migrations'
        AND NOT EXISTS (
          SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ) AS found`
  return row?.found === true
}

/**
 * Several statements in one message are one transaction: the step is there with its record, or neither is. Before this program
 * did so, a process that was killed left a record without an end; that one counts as taken back.
 */
const apply = async (session: Session, name: string): Promise<void> => {
  const script = readMigration(name)
  const checksum = createHash('sha256').update(script).digest('hex')
  const open = `migration_name = '${name}' AND finished_at IS NULL AND rolled_back_at IS NULL`
  const record = `
    UPDATE _prisma_migrations SET rolled_back_at = now() WHERE ${open};
    INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
    VALUES ('${randomUUID()}', '${checksum}', '${name}', now(), 1);`
  try {
    await session.run(`${script}\n;${record}`)
  } catch (error) {
    // Killed after the step had ended and before its record had: what the step makes is there, which it is as a whole.
    const isThere = alreadyThere.has((error as { code?: string }).code ?? '')
    if (!isThere || !(await session.has(`SELECT 1 FROM _prisma_migrations WHERE ${open}`))) throw error
    await session.run(
      `UPDATE _prisma_migrations SET finished_at = now(), applied_steps_count = 1 WHERE ${open}`,
    )
  }
}

// duplicate_table, duplicate_object, duplicate_column, duplicate_schema, duplicate_function
const alreadyThere = new Set(['42P07', '42710', '42701', '42P06', '42723'])

// Prisma's own, word for word.
const recordsTable = `
  CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
    "id" VARCHAR(36) PRIMARY KEY NOT NULL,
    "checksum" VARCHAR(64) NOT NULL,
    "finished_at" TIMESTAMPTZ,
    "migration_name" VARCHAR(255) NOT NULL,
    "logs" TEXT,
    "rolled_back_at" TIMESTAMPTZ,
    "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
    "applied_steps_count" INTEGER NOT NULL DEFAULT 0
  )`
