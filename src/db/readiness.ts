import type { Database } from './database.ts'

/**
 * Why the database cannot be used as it is, or null when reads and writes work. A server that takes no writes is left for
 * whichever answers at its address now: it may have been the primary once.
 */
export const whyNotReady = async ({ db, driver }: Database): Promise<string | null> => {
  const [session] = await db.$queryRaw<{ readOnly: string }[]>`
    SELECT current_setting('transaction_read_only') AS "readOnly"`
  if (session?.readOnly !== 'on') return null
  if ('pool' in driver) driver.pool.renew()
  return 'The database takes no writes: it is a standby, or read-only.'
}
