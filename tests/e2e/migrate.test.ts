import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, inject, test } from 'vitest'
import { type Database, type DatabaseLocation, openDatabase } from '../../src/db/client.ts'
import {
  migrationNames,
  readMigration,
  readMigrations,
  readPrismaSchema,
} from '../../src/db/migrations/files.ts'
import { migrate, pendingMigrations } from '../../src/db/migrations/migrate.ts'
import { withMigrationLock } from '../../src/db/migrations/migration-lock.ts'
import { noFilters, startSchemaEngine } from '../../src/db/migrations/schema-engine.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'
import { withHome } from '../support/process.ts'
import { until } from '../support/until.ts'

const lent = withHome({ untouched: true })

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

// Emptied, and not new: PostgreSQL's own first steps take seconds, and first-start.test.ts takes them.
let emptyFolder = ''
beforeAll(async () => {
  if (inject('kind') === 'postgres') return
  emptyFolder = await mkdtemp(join(tmpdir(), 'presswire-empty-'))
  await cp(inject('embedded').data, emptyFolder, { recursive: true })
  const database = await openDatabase({ folder: emptyFolder })
  await database.runScript('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  await database.close()
  return () => rm(emptyFolder, { recursive: true })
})

/** An empty database of the kind that is tested. */
const emptyDatabase = (): Promise<DatabaseLocation> =>
  inject('kind') === 'embedded' ? copyOf(emptyFolder) : databaseFrom()

/** One that has every migration. */
const migratedDatabase = (): Promise<DatabaseLocation> =>
  inject('kind') === 'embedded' ? copyOf(inject('embedded').data) : databaseFrom(inject('postgres').template)

const copyOf = async (source: string): Promise<DatabaseLocation> => {
  const folder = await mkdtemp(join(tmpdir(), 'presswire-migrate-'))
  ends.push(() => rm(folder, { recursive: true }))
  await cp(source, folder, { recursive: true })
  return { folder }
}

const databaseFrom = async (template?: string): Promise<DatabaseLocation> => {
  const server = inject('postgres').url
  const { url, name } = await createTestDatabase(server, template)
  ends.push(() => dropTestDatabase(server, name))
  return { url }
}

const open = async (location: DatabaseLocation): Promise<Database> => {
  const database = await openDatabase(location)
  ends.push(() => database.close())
  return database
}

test('migrating twice is harmless, and what is recorded is what `prisma migrate` records', async () => {
  const database = await open(await emptyDatabase())
  expect(await migrate(database)).toEqual(migrationNames())
  expect(await migrate(database)).toEqual([])
  const engine = await startSchemaEngine(database.adapterFactory, readPrismaSchema())
  const diagnosis = await engine.diagnoseMigrationHistory({
    migrationsList: readMigrations(),
    optInToShadowDatabase: false,
    filters: noFilters,
  })
  expect(diagnosis).toMatchObject({
    history: null,
    failedMigrationNames: [],
    editedMigrationNames: [],
    hasMigrationsTable: true,
  })
})

test.skipIf(inject('kind') === 'embedded')(
  'two processes that migrate at once both end well (the embedded folder has one process)',
  async () => {
    const location = await emptyDatabase()
    const [one, two] = [await open(location), await open(location)]
    const applied = await Promise.all([migrate(one), migrate(two)])
    expect(applied.flat()).toEqual(migrationNames())
  },
)

test.for(['before it was done', 'before it was recorded'])(
  'a migration of an older version that was killed %s is taken up',
  async (when) => {
    const database = await open(await (when === 'before it was done' ? emptyDatabase() : migratedDatabase()))
    const [first = ''] = migrationNames()
    if (when === 'before it was recorded')
      await database.runScript(
        `UPDATE _prisma_migrations SET finished_at = NULL, applied_steps_count = 0 WHERE migration_name = '${first}'`,
      )
    else
      await database.runScript(`
        CREATE TABLE _prisma_migrations (
          id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
          logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
          applied_steps_count int NOT NULL DEFAULT 0);
        INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('killed', 'x', '${first}')`)

    expect(await migrate(database)).toContain(first)
    expect(await pendingMigrations(database)).toEqual([])
    expect(await database.db.post.count()).toBe(0)
  },
)

test.skipIf(inject('kind') === 'embedded')(
  'who waits for another one that migrates is told which, and the advice helps (the embedded folder has one process)',
  async () => {
    const location = await emptyDatabase()
    const [frozen, waiting] = [await open(location), await open(location)]
    let isHeld = false
    const held = withMigrationLock(frozen, async (session) => {
      isHeld = true
      await session.run('SELECT pg_sleep(60)')
    }).catch((error: Error) => error)
    await until(() => isHeld)

    const refused = await withMigrationLock(waiting, async () => 'done', 300).catch(
      (error: Error) => error.message,
    )
    expect(refused).toMatch(
      /has been migrating this database\. Wait until it is done, stop it, or end its session/,
    )
    const [advice = ''] = /SELECT pg_terminate_backend\(\d+\)/.exec(String(refused)) ?? []
    await waiting.db.$queryRawUnsafe(advice)

    expect(await withMigrationLock(waiting, async () => 'done')).toBe('done')
    expect(await held).toBeInstanceOf(Error)
  },
)

test('no migration leaves the transaction that it shares with its record', () => {
  const leaves = /^\s*(begin|start transaction|commit|end|rollback|vacuum|reindex)\b[^$]*;|\bconcurrently\b/im
  expect(migrationNames().filter((name) => leaves.test(readMigration(name)))).toEqual([])
})

test('a database that is newer than the program is refused with the name of what is unknown', async () => {
  const database = await open(await migratedDatabase())
  await database.db.$executeRaw`
    INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
    VALUES ('x', 'x', '29990101000000_from_the_future', now(), 1)`
  await expect(migrate(database)).rejects.toThrow(/newer than this program: .*29990101000000_from_the_future/)
})

test('a step that fails is rolled back and told; once its cause is gone the next start goes on', async () => {
  const database = await open(await emptyDatabase())
  // A type of that name in the way: the migration fails after it has made others.
  await database.runScript('CREATE TYPE "webhook_attempts" AS (in_the_way int)')
  await expect(migrate(database)).rejects.toThrow(/webhook_attempts/)
  const [{ count } = { count: -1 }] = await database.db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pg_tables WHERE schemaname = 'public' AND tablename = 'posts'`
  expect(count).toBe(0)
  await database.runScript('DROP TYPE "webhook_attempts"')
  expect(await migrate(database)).toEqual(migrationNames())
})

test('a database of another program is refused and left as it is', async () => {
  const database = await open(await emptyDatabase())
  await database.runScript('CREATE TABLE somebody_elses (id int)')
  await expect(migrate(database)).rejects.toThrow(/has tables that Presswire did not make/)
})

test.skipIf(inject('kind') !== 'embedded')(
  'a command that migrates ends when its work is done (the same engine on both; a PostgreSQL comes migrated)',
  { timeout: 60_000 },
  async () => {
    await cp(emptyFolder, lent.home.env.DATA_DIR ?? '', { recursive: true })
    const program = lent.home.start('migrate')
    let hasEnded = false
    const ended = program.ended.then((how) => {
      hasEnded = true
      return how
    })
    await until(() => program.stderr().includes('Applied'), 50_000)

    // Prisma's engine leaves timers of 10 s behind: half of that tells them from a slow machine.
    await until(() => hasEnded, 5_000)
    expect(await ended).toMatchObject({ code: 0, stdout: '' })
  },
)

const dropJobQueue = '20261128120500_drop_job_queue'

/** A database that is to be migrated from a version with a job queue, in which these queues are. */
const databaseWithQueues = async (...queues: string[]): Promise<Database> => {
  const database = await open(await migratedDatabase())
  await database.runScript(`
    DELETE FROM _prisma_migrations WHERE migration_name = '${dropJobQueue}';
    CREATE SCHEMA pgboss;
    CREATE TABLE pgboss.queue (name text PRIMARY KEY);
    CREATE TABLE pgboss.job (name text REFERENCES pgboss.queue, data jsonb);
    INSERT INTO pgboss.queue SELECT unnest(string_to_array('${queues.join()}', ','));
    INSERT INTO pgboss.job SELECT name FROM pgboss.queue`)
  return database
}

const hasJobQueue = async ({ db }: Pick<Database, 'db'>): Promise<boolean> => {
  const [row] = await db.$queryRaw<{ found: boolean }[]>`
    SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'pgboss') AS found`
  return row?.found === true
}

test('the job queue of an older version goes', async () => {
  const database = await databaseWithQueues('webhook-deliveries')
  expect(await migrate(database)).toEqual([dropJobQueue])
  expect(await hasJobQueue(database)).toBe(false)
})

test.for([{ queues: ['webhook-deliveries', 'theirs'] }, { queues: ['theirs'] }, { queues: [] }])(
  'a schema of that name with the queues $queues is not ours to drop',
  async ({ queues }) => {
    const database = await databaseWithQueues(...queues)
    expect(await migrate(database)).toEqual([dropJobQueue])
    expect(await hasJobQueue(database)).toBe(true)
  },
)

test.skipIf(inject('kind') === 'embedded')(
  'a job queue that the role may not drop keeps no version from starting (the embedded database has one role)',
  async () => {
    const { db, driver, runScript } = await databaseWithQueues('webhook-deliveries')
    const role = `presswire_test_${randomBytes(6).toString('hex')}`
    const url = new URL('pool' in driver ? (driver.pool.options.connectionString ?? '') : '')
    await runScript(`
      CREATE ROLE ${role} LOGIN PASSWORD '${role}';
      GRANT ALL ON SCHEMA public TO ${role};
      GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`)
    ends.push(() => runScript(`DROP OWNED BY ${role}; DROP ROLE ${role}`))
    const plain = await open({ url: Object.assign(url, { username: role, password: role }).href })

    for (const right of ['USAGE ON SCHEMA pgboss', 'SELECT ON ALL TABLES IN SCHEMA pgboss']) {
      expect(await migrate(plain)).toEqual([dropJobQueue])
      expect(await hasJobQueue({ db })).toBe(true)
      await runScript(`
        DELETE FROM _prisma_migrations WHERE migration_name = '${dropJobQueue}'; GRANT ${right} TO ${role}`)
    }
    expect(await migrate(plain)).toEqual([dropJobQueue])
    expect(await hasJobQueue({ db })).toBe(true)
  },
)

test('every migration folder holds one migration and is named by date and deed', async () => {
  expect(migrationNames().filter((name) => !/^\d{14}(_[a-z]+){2,}$/.test(name))).toEqual([])
  for (const name of migrationNames()) {
    const folder = new URL(`../../prisma/migrations/${name}/`, import.meta.url)
    expect(await readdir(folder)).toEqual(['migration.sql'])
  }
})
