import { expect, test } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { startDatabaseClock } from '../../src/db/clock.ts'

/** A database whose clock is so far from this machine's. */
const databaseAhead = (aheadMs: () => number): Db =>
  ({ $queryRaw: async () => [{ now: new Date(Date.now() + aheadMs()) }] }) as unknown as Db

// Between the two clocks that are read the machine may pause.
const margin = 30_000
const differenceTo = (now: Date) => now.getTime() - Date.now()

test('the time is the database’s, whichever way this machine’s clock is off, and follows it', async () => {
  let ahead = 60_000
  const clock = await startDatabaseClock(databaseAhead(() => ahead))
  expect(Math.abs(differenceTo(clock.now()) - 60_000)).toBeLessThan(margin)
  ahead = -60_000
  await clock.compare()
  expect(Math.abs(differenceTo(clock.now()) + 60_000)).toBeLessThan(margin)
})
