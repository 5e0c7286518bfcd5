import type { Db } from '../../../db/client.ts'

/**
 * Ends every lease, for the start of the only process there can be: nobody is sending, and what a crash cut off need not
 * wait until its lease runs out.
 */
export const endLeases = async (db: Db): Promise<void> =>
  void (await db.$executeRaw`UPDATE webhook_deliveries SET leased_until = NULL WHERE leased_until IS NOT NULL`)
