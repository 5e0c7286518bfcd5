import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { LatestPostsDocument, ViewerDocument } from '../../schema/generated/graphql.ts'
import { type Db, openDatabase } from '../../src/db/client.ts'
import { migrationNames, readMigration } from '../../src/db/migrations/files.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'
import { type Ended, withHome } from '../support/process.ts'

const lent = withHome()
const kills = 50
const patient = { timeout: 3_600_000 }
const isEmbedded = inject('kind') === 'embedded'

/** Kills a command at that many moments, each anywhere in its life, and lets it go through now and then. */
const killAtRandom = async (
  args: string[],
  { before, after }: { before(): Promise<void>; after(ended: Ended, outputs: string[]): Promise<void> },
): Promise<number> => {
  let lifeMs = 3_000
  let killed = 0
  while (killed < kills) {
    await before()
    const outputs: string[] = []
    // Three in a row: each meets what the ones before it have left.
    for (let kill = 0; kill < 3; kill++) {
      const program = lent.home.start(...args)
      await Promise.race([program.ended, pause(Math.random() * lifeMs)])
      const { signal, stderr } = await program.kill('SIGKILL')
      outputs.push(stderr)
      if (signal === 'SIGKILL') killed++
    }
    const whole = lent.home.start(...args)
    if (args[0] === 'serve') {
      await untilSaid(whole.stderr, whole.ended)
      outputs.push(whole.stderr())
      await whole.kill('SIGTERM')
    }
    const ended = await whole.ended
    lifeMs = Math.max(500, ended.durationMs)
    expect(ended.code, ended.stderr).toBe(0)
    await after(ended, outputs)
  }
  return killed
}

const untilSaid = async (said: () => string, ended: Promise<Ended>): Promise<void> => {
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  while (!hasEnded && !said().includes('Presswire is running')) await pause(50)
}

describe.skipIf(!isEmbedded)('the first start (a PostgreSQL is set up by hand)', () => {
  let count = 0

  test(`killed at ${kills} moments leaves nothing that the next one cannot take up`, patient, async () => {
    await killAtRandom(['serve'], {
      before: async () => {
        lent.home.env.DATA_DIR = join(lent.home.folder, `first-${count++}`)
      },
      after: async (_ended, outputs) => {
        const key =
          outputs
            .join('')
            .match(/pw_[\w-]{43}/g)
            ?.at(-1) ?? ''
        const serving = await lent.home.serve()
        expect((await serving.anonymous.run(LatestPostsDocument, { first: 100 })).posts.nodes).toHaveLength(
          13,
        )
        // Whenever it was killed, somebody was shown a key that works.
        expect(await serving.clientOf(key).run(ViewerDocument)).toMatchObject({
          viewer: { scopes: ['ADMIN'] },
        })
        expect(await serving.kill('SIGTERM')).toMatchObject({ code: 0 })
        await rm(lent.home.env.DATA_DIR ?? '', { recursive: true })
      },
    })
  })

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'ended by %s ends well at any moment',
    patient,
    async (signal) => {
      for (const ms of [300, 1_000, 3_000]) {
        lent.home.env.DATA_DIR = join(lent.home.folder, `stopped-${count++}`)
        const program = lent.home.start('serve')
        await pause(ms)
        const { code, signal: by, stderr } = await program.kill(signal)

        // Before Node has begun there is nobody to catch it.
        expect([code, by, stderr]).toEqual(
          by ? [null, signal, ''] : [0, null, expect.not.stringMatching(/\n\s+at /)],
        )
      }
      await (await lent.home.serve()).kill('SIGTERM')
    },
  )

  test.skipIf(process.getuid?.() !== 0)(
    'without room says so, and works once there is some (needs root)',
    patient,
    async () => {
      for (const megabytes of [2, 20, 38]) {
        const folder = join(lent.home.folder, `small-${megabytes}`)
        await mkdir(folder)
        lent.home.env.DATA_DIR = folder
        const script = `mount -t tmpfs -o size=${megabytes}m none ${folder} && chmod 777 ${folder} && { "$@"; echo "first: $?" >&2; mount -o remount,size=400m ${folder}; exec "$@"; }`
        const { code, stderr } = await lent.home.runWithin(
          ['unshare', '--mount', 'sh', '-c', script, 'sh'],
          'migrate',
        )

        expect(code, stderr).toBe(0)
        expect(stderr).not.toMatch(/undefined|\n\s+at /)
        expect(stderr.split('\n')[0]).toMatch(/room|space/)
        expect(stderr).toContain('first: 1')
        expect(stderr).toMatch(/Applied .*create_tables/)
      }
    },
  )
})

describe('a migration', () => {
  const [first = '', ...others] = migrationNames()
  let prepared = ''
  let drop = async () => undefined as unknown

  // As the oldest version left it, with something in it.
  beforeAll(async () => {
    prepared = join(lent.home.folder, 'prepared')
    if (isEmbedded) await fill(await openDatabase({ folder: prepared }))
  }, 300_000)

  test(
    `killed at ${kills} moments over a filled database is taken up, and nothing is lost`,
    patient,
    async () => {
      await killAtRandom(['migrate'], {
        before: async () => {
          await drop()
          if (isEmbedded) {
            lent.home.env.DATA_DIR = join(lent.home.folder, 'upgraded')
            await rm(lent.home.env.DATA_DIR, { recursive: true, force: true })
            return cp(prepared, lent.home.env.DATA_DIR, { recursive: true })
          }
          const { url, name } = await createTestDatabase(inject('postgres').url)
          drop = () => dropTestDatabase(inject('postgres').url, name)
          lent.home.env.DATABASE_URL = url
          await fill(await openDatabase({ url }))
        },
        after: async () => {
          const found = await lent.home.withDatabase(async (db: Db) => [
            await db.author.count(),
            await db.$queryRaw`SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY 1`,
          ])
          expect(found).toEqual([1_000, [first, ...others].map((name) => ({ name }))])
        },
      })
      await drop()
    },
  )

  const fill = async (database: Awaited<ReturnType<typeof openDatabase>>) => {
    await database.runScript(`${readMigration(first)};
      INSERT INTO authors (id, slug, name, name_key, created_at, updated_at)
      SELECT 'author_' || n, 'a' || n, 'A' || n, 'a' || n, now(), now() FROM generate_series(1, 1000) n;
      CREATE TABLE _prisma_migrations (
        id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
        logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
        applied_steps_count int NOT NULL DEFAULT 0);
      INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('1', 'x', '${first}', now())`)
    await database.close()
  }
})

test(`an import killed at ${kills} moments is brought to its end by the next one`, patient, async () => {
  const site = fileURLToPath(new URL('../../prisma/sample-site', import.meta.url))
  if (isEmbedded) {
    lent.home.env.DATA_DIR = join(lent.home.folder, 'imported')
    await cp(inject('embedded').data, lent.home.env.DATA_DIR, { recursive: true })
  } else {
    const { url } = await createTestDatabase(inject('postgres').url, inject('postgres').template)
    lent.home.env.DATABASE_URL = url
  }
  await killAtRandom(['import', site], {
    before: () =>
      lent.home.withDatabase(async (db) => {
        await db.$executeRaw`TRUNCATE posts, authors, categories, tags, events CASCADE`
      }),
    after: () =>
      lent.home.withDatabase(async (db) => {
        expect(await db.post.count()).toBe(15)
        expect(await db.post.count({ where: { status: 'PUBLISHED' } })).toBe(13)
      }),
  })
})
