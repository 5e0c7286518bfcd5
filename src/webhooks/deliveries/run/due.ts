import type { Tx } from '../../../db/client.ts'
import { shortestWaitMs } from './throttle.ts'

/**
 * The endpoints that something is due for: a retry, a batch window that has closed, a probe, or whatever a crash, a lost
 * notification or another process left behind. One probe of an index for each active endpoint, of which there are 200, however
 * much waits: what comes first there is due, or is being sent, as a hundred deliveries can be.
 */
export const dueEndpoints = async (db: Tx, now: Date): Promise<string[]> => {
  const soon = new Date(now.getTime() + shortestWaitMs)
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT e.id FROM webhook_endpoints e CROSS JOIN LATERAL (
      SELECT FROM webhook_deliveries d
      WHERE d.endpoint_id = e.id AND d.status = 'PENDING' AND d.next_attempt_at <= ${now}
        AND (d.leased_until IS NULL OR d.leased_until <= ${now})
      -- Ordered, PostgreSQL walks the index, and drops the entries of deliveries that have ended as it goes.
      ORDER BY d.next_attempt_at LIMIT 1
    ) due
    WHERE e.status = 'ACTIVE' AND (e.expires_at IS NULL OR e.expires_at > ${now})
      AND (e.open_until IS NULL OR e.open_until <= ${now})
      -- A claim knows to the millisecond when the rate limit lets more out.
      AND (e.rate_limit_per_minute IS NULL OR e.rate_slot_at IS NULL OR e.rate_slot_at <= ${soon})`
  return rows.map(({ id }) => id)
}
