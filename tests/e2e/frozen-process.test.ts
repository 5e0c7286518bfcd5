import { expect, inject, test } from 'vitest'
import { LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { withHome } from '../support/process.ts'
import { until } from '../support/until.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()

// The promise is 10 s and a moment; the margin is for a loaded machine.
const soonMs = 40_000

test.skipIf(inject('kind') !== 'postgres')(
  'a process that is frozen while it writes lets go of its locks after 10 s: others write, and read all the while',
  { timeout: 300_000 },
  async () => {
    const { home } = lent
    const key = await home.newKey()
    const frozen = await home.serve()
    const other = await home.serve()
    const [atFrozen, atOther] = [frozen.clientOf(key), other.clientOf(key)]
    const statusOf = async (path: string) => (await fetch(other.url + path)).status

    // In a transaction that is idle while it holds the lock under which everybody writes.
    let publishing = true
    const loops = Array.from({ length: 8 }, async (_, loop) => {
      for (let count = 0; publishing; count++)
        await publishNew(atFrozen, `Frozen ${loop} ${count}`).catch(() => undefined)
    })
    await home.withDatabase(async (db) => {
      const holds = async () => {
        const rows = await db.$queryRaw<unknown[]>`
          SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
          WHERE l.locktype = 'advisory' AND l.objid = 7273701 AND l.granted AND a.state = 'idle in transaction'
            AND a.datname = current_database()`
        return rows.length > 0
      }
      await until(async () => {
        process.kill(frozen.pid, 'SIGSTOP')
        if (await holds()) return true
        process.kill(frozen.pid, 'SIGCONT')
        return false
      }, 60_000)
    })

    const startedAt = performance.now()
    const writes = Array.from({ length: 12 }, (_, number) =>
      until(() => publishNew(atOther, `Meanwhile ${number}`).catch(() => null), soonMs),
    )
    await atOther.run(LatestPostsDocument, { first: 1 })
    expect(await statusOf('/readyz')).toBe(200)
    await Promise.all(writes)
    expect(performance.now() - startedAt).toBeLessThan(soonMs)

    publishing = false
    process.kill(frozen.pid, 'SIGCONT')
    await Promise.all(loops)
    await until(() => publishNew(atFrozen, 'Thawed').catch(() => null))
    // Each that was acknowledged is there once, whatever became of what was frozen.
    await home.withDatabase(async (db) => {
      const published = await db.post.findMany({
        where: { title: { startsWith: 'Meanwhile' }, status: 'PUBLISHED' },
        distinct: ['title'],
      })
      expect(published).toHaveLength(12)
      expect(await db.post.count({ where: { title: 'Thawed', status: 'PUBLISHED' } })).toBe(1)
    })
    expect((await other.kill('SIGTERM')).code).toBe(0)
    expect((await frozen.kill('SIGTERM')).code).toBe(0)
  },
)
