import type pg from 'pg'
import { OperatorError } from '../../lib/errors.ts'
import type { PostgresClient } from './client.ts'
import type { PostgresPool } from './pool.ts'

/**
 * Opens a first connection, and refuses a pooler that lends sessions by the transaction or the statement: LISTEN would be
 * heard by nobody, and a lock stay behind in a session that somebody else is given.
 *
 * @throws OperatorError where the same session is lent to two of our connections, or another one to the same.
 */
export const refuseSharedSessions = async (pool: PostgresPool): Promise<void> => {
  const one = await pool.connect()
  try {
    // A server tells its own pid when a connection opens; a pooler tells a number of its own.
    const { session, processID } = one as unknown as PostgresClient & { processID: number | null }
    if (!session || processID === session.pid) return
    const other = await pool.connect()
    try {
      if (await areShared(one, other)) throw shared()
    } finally {
      other.release(true)
    }
  } catch (error) {
    // A pooler by the statement allows no transactions.
    throw (error as { code?: string }).code === '08P01' ? shared() : error
  } finally {
    one.release()
  }
}

const areShared = async (one: pg.PoolClient, other: pg.PoolClient): Promise<boolean> => {
  const first = await pidOf(one)
  await other.query('BEGIN')
  const second = await pidOf(other)
  const third = await pidOf(one)
  await other.query('COMMIT')
  const fourth = await pidOf(one)
  return second === first || third !== first || fourth !== first
}

const pidOf = async (client: pg.PoolClient): Promise<number> => {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid ?? 0
}

const shared = (): OperatorError =>
  new OperatorError(
    'DATABASE_URL leads to a pooler that pools by transaction or by statement. Presswire listens and holds locks, which needs a session of its own for each connection: let the pooler pool by session (PgBouncer: pool_mode = session), or set DATABASE_URL to the server itself.',
  )
