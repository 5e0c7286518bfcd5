import type { Db } from './client.ts'

export type DatabaseClock = {
  /** The time by the database's clock, to some milliseconds. */
  now(): Date
  /** Looks again how far the two clocks are apart: they drift, and a machine's may be set. */
  compare(): Promise<void>
}

/**
 * The time of all processes. Leases, due times and schedules are written by one process and read by another: two machines
 * whose clocks differ by a minute would take each other for dead. The database's clock is the one that they share.
 */
export const startDatabaseClock = async (db: Db): Promise<DatabaseClock> => {
  let aheadMs = 0
  const compare = async () => {
    const asked = Date.now()
    const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`
    const answered = Date.now()
    // What the answer took is not known to be the way there or the way back.
    const between = asked + (answered - asked) / 2
    if (row && answered - asked < longestAnswerMs) aheadMs = row.now.getTime() - between
  }
  await compare()
  return { now: () => new Date(Date.now() + aheadMs), compare }
}

// A slow answer says little of the time; the next one will do.
const longestAnswerMs = 1_000
