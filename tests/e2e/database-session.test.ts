import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { forCaller } from '../../src/db/caller.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { hasPgBouncer, startPgBouncer } from '../support/pgbouncer.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'
import { serveOn } from '../support/serving.ts'

// What the embedded database is in no session of.
describe.skipIf(inject('kind') !== 'postgres')('a session of PostgreSQL', () => {
  let url = ''
  let name = ''
  let beside: pg.Client
  beforeAll(async () => {
    const server = inject('postgres')
    ;({ url, name } = await createTestDatabase(server.url, server.template))
    beside = new pg.Client({ connectionString: url })
    await beside.connect()
  })
  afterAll(async () => {
    await beside.end()
    await dropTestDatabase(inject('postgres').url, name)
  })

  const opened = async <T>(to: string, work: (database: Database) => Promise<T>): Promise<T> => {
    const database = await openDatabase({ url: to })
    return work(database).finally(() => database.close())
  }
  const settingsOf = async ({ db }: Database) => {
    const [row] = await db.$queryRaw<Record<string, string>[]>`
      SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS dates,
        current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
        current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('search_path') AS path`
    return row
  }
  const forCallers = {
    zone: 'UTC',
    dates: 'ISO, MDY',
    statement: '5s',
    lock: '4s',
    idle: '10s',
    path: 'public',
  }

  test('is in UTC and has its limits, whatever the database and the options of the URL say', async () => {
    await beside.query(`ALTER DATABASE ${name} SET timezone = 'Europe/Berlin'`)
    await beside.query(`ALTER DATABASE ${name} SET datestyle = 'German'`)
    await beside.query(`ALTER DATABASE ${name} SET statement_timeout = 0`)
    await beside.query(`ALTER DATABASE ${name} SET search_path = elsewhere`)
    const options = `${url}?options=${encodeURIComponent('-c timezone=Asia/Tokyo -c lock_timeout=0')}`
    const caller = new AbortController().signal
    for (const to of [url, options])
      await opened(to, async (database) => {
        expect(await forCaller(caller, () => settingsOf(database))).toEqual(forCallers)
        expect(await settingsOf(database)).toEqual({ ...forCallers, statement: '1min', lock: '20s' })
      })
    await beside.query(`ALTER DATABASE ${name} RESET ALL`)
  })

  test.each(['LATIN1', 'SQL_ASCII'])(
    'in a database of the encoding %s is refused in one line',
    async (encoding) => {
      const other = `${name}_${encoding.toLowerCase()}`
      await beside.query(
        `CREATE DATABASE ${other} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
      )
      const to = new URL(url)
      to.pathname = `/${other}`
      const refused = openDatabase({ url: to.href })
      await expect(refused).rejects.toThrow(`has the encoding ${encoding}`)
      await expect(refused).rejects.toHaveProperty('name', 'OperatorError')
      await beside.query(`DROP DATABASE ${other}`)
    },
  )

  describe.skipIf(!hasPgBouncer())('through PgBouncer (skipped where it is not installed)', () => {
    test('by session is what it has to be', { timeout: 60_000 }, async () => {
      await beside.query(`ALTER DATABASE ${name} SET timezone = 'Europe/Berlin'`)
      const { url: to, stop } = await startPgBouncer(url, 'session')
      await opened(to, async (database) =>
        expect(await settingsOf(database)).toMatchObject({ zone: 'UTC', statement: '1min' }),
      )
      await stop()
      await beside.query(`ALTER DATABASE ${name} RESET ALL`)
    })

    test.each(['transaction', 'statement'] as const)(
      'by %s is refused in one line that says what to do',
      { timeout: 60_000 },
      async (mode) => {
        const { url: to, stop } = await startPgBouncer(url, mode)
        const refused = openDatabase({ url: to })
        await expect(refused).rejects.toThrow('pool_mode = session')
        await expect(refused).rejects.toHaveProperty('name', 'OperatorError')
        await stop()
      },
    )
  })

  test('where a role may have 4 at once: 16 requests at once wait for one and are answered', {
    timeout: 60_000,
  }, async () => {
    const role = `${name}_few`
    await beside.query(`CREATE ROLE ${role} LOGIN SUPERUSER`)
    await beside.query(`ALTER ROLE ${role} NOSUPERUSER CONNECTION LIMIT 4`)
    await beside.query(`GRANT ALL ON SCHEMA public TO ${role}`)
    await beside.query(`ALTER DATABASE ${name} OWNER TO ${role}`)
    await beside.query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`)
    const to = new URL(url)
    to.username = role
    const { anonymous, stop } = await serveOn(to.href, { ROLE: 'api' })
    for (let round = 0; round < 3; round++) {
      const query = '{ posts { totalCount } authors { totalCount } tags { totalCount } }'
      const answers = await Promise.all(Array.from({ length: 16 }, () => anonymous.send(query)))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    }
    await stop()
    await beside.query(`ALTER DATABASE ${name} OWNER TO postgres`)
    await beside.query(`DROP OWNED BY ${role}`)
    await beside.query(`DROP ROLE ${role}`)
  })
})
