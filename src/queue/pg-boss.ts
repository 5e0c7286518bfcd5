import { randomUUID } from 'node:crypto'
import { fromPglite, fromPrisma, PgBoss } from 'pg-boss'
import type { Database } from '../db/client.ts'
import type { Queue } from './queue.ts'

const deliveries = 'webhook-deliveries'

/** pg-boss on the database that is open already. Its tables live in a schema of their own. */
export const startQueue = async (database: Database, onError: (error: unknown) => void): Promise<Queue> => {
  const { driver } = database
  const boss = new PgBoss({
    db: 'pool' in driver ? fromPool(driver.pool) : fromPglite(driver.pglite),
    backend: 'pool' in driver ? 'postgres' : 'pglite',
    schema: 'pgboss',
    // No cron jobs: schedules are rows of the domain.
    schedule: false,
    superviseIntervalSeconds: 5,
  })
  boss.on('error', onError)
  await boss.start()
  if (!(await boss.getQueue(deliveries))) {
    // A minute after it rang a job is of no more use: the delivery's row says what became of it.
    await boss.createQueue(deliveries, { retryLimit: 0, expireInSeconds: 25, deleteAfterSeconds: 60 })
  }
  // pg-boss reads a queue's settings on first use, outside any transaction: later, inside one, it would wait for itself
  // on the embedded database's single connection.
  await boss.findJobs(deliveries, { id: randomUUID() })
  return {
    set: async (tx, alarms) => {
      if (alarms.length === 0) return
      const jobs = alarms.map(({ id, delayMs }) => ({ data: { id }, startAfter: Math.ceil(delayMs / 1_000) }))
      await boss.insert(deliveries, jobs, { db: fromPrisma(tx) })
    },
    take: async (limit) => {
      const jobs = await boss.fetch<{ id: string }>(deliveries, { batchSize: limit })
      if (jobs.length === 0) return []
      await boss.complete(
        deliveries,
        jobs.map((job) => job.id),
      )
      return jobs.map((job) => job.data.id)
    },
    stop: () => boss.stop({ graceful: false, close: false }),
  }
}

const fromPool = (pool: { query(text: string, values?: unknown[]): Promise<unknown> }) => ({
  executeSql: async (text: string, values?: unknown[]) => {
    const result = await pool.query(text, values)
    // Several statements at once give several results; pg-boss looks for the rows of any of them.
    return { rows: [result].flat().flatMap((part) => (part as { rows: unknown[] }).rows) }
  },
})
