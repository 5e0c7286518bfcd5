import { inject } from 'vitest'
import type { Home } from './process.ts'

/**
 * Ends the leases of processes that were killed, which others respect for 25 s, as if that time had passed; while nothing
 * runs. The embedded database needs no help: its next start knows that nobody else can be sending.
 */
export const endLeases = async (home: Home): Promise<void> => {
  if (inject('kind') === 'embedded') return
  await home.withDatabase((db) =>
    db.webhookDelivery.updateMany({
      where: { leasedUntil: { not: null } },
      data: { leasedUntil: new Date(Date.now() - 1_000) },
    }),
  )
}
