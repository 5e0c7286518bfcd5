import { setTimeout as pause } from 'node:timers/promises'
import { OperatorError } from '../../lib/errors.ts'
import type { Database } from '../database.ts'

/** The one connection on which migrations run. */
export type Session = {
  run(sql: string): Promise<unknown>
  has(sql: string): Promise<boolean>
}

/**
 * Does the work while no other process migrates the same database.
 *
 * @throws OperatorError that names who does, when it has done so for too long.
 */
export const withMigrationLock = async <T>(
  { driver }: Database,
  work: (session: Session) => Promise<T>,
  patienceMs = 60_000,
): Promise<T> => {
  if ('pglite' in driver) {
    // The embedded folder has one process, which the folder's lock sees to.
    const { pglite } = driver
    const has = async (sql: string) => (await pglite.query(sql)).rows.length > 0
    return work({ run: (sql) => pglite.exec(sql), has })
  }
  const client = await driver.pool.connectWithoutLimit()
  const rows = async <Row>(sql: string) => (await client.query(sql)).rows as Row[]
  try {
    // A step may take as long as it takes; for the tables it waits as long as for this lock.
    await client.query(
      `SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = ${patienceMs}`,
    )
    const end = performance.now() + patienceMs
    while (!(await rows<{ got: boolean }>(`SELECT pg_try_advisory_lock(${key}) AS got`))[0]?.got) {
      if (performance.now() > end) throw takesTooLong(await rows<Holder>(holders), patienceMs)
      await pause(200)
    }
    return await work({ run: (sql) => client.query(sql), has: async (sql) => (await rows(sql)).length > 0 })
  } finally {
    // Closed, not given back: its settings and its lock end with it.
    client.release(true)
  }
}

// Presswire's own: Prisma's engine takes 72707369 on a connection that it chooses itself.
const key = 72_707_370

type Holder = { pid: number; address: string | null }

const holders = `
  SELECT a.pid, a.client_addr::text AS address FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = ${key} AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`

const takesTooLong = ([holder]: Holder[], patienceMs: number): OperatorError => {
  const who = holder
    ? `a process at ${holder.address ?? 'this machine'} (session ${holder.pid})`
    : 'another process'
  const end = holder ? `, or end its session (SELECT pg_terminate_backend(${holder.pid}))` : ''
  return new OperatorError(
    `For ${patienceMs / 1_000} s ${who} has been migrating this database. Wait until it is done, stop it${end}, and start again.`,
  )
}
