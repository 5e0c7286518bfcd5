import type { Tx } from './client.ts'

/** Lets each statement of some work within a transaction take so long at the most; it fails then, as any statement may. */
export type LimitStatements = <T>(tx: Tx, ms: number, work: () => Promise<T>) => Promise<T>

/** On PostgreSQL. The work leaves the transaction able to go on: what may fail in it has a savepoint. */
export const limitStatements: LimitStatements = async (tx, ms, work) => {
  const [row] = await tx.$queryRaw<{ before: string }[]>`
    SELECT current_setting('statement_timeout') AS before, set_config('statement_timeout', ${String(ms)}, true)`
  try {
    return await work()
  } finally {
    await tx.$executeRaw`SELECT set_config('statement_timeout', ${row?.before ?? '0'}, true)`
  }
}

/** The embedded database, which is one thread, cannot interrupt itself: what is asked of it has to be small. */
export const unlimitedStatements: LimitStatements = (_tx, _ms, work) => work()
