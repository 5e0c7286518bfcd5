import type { Tx } from '../../../db/client.ts'
import type { Backlog } from '../../../lib/metrics.ts'

/** How far deliveries are behind. */
export const readBacklog = async (db: Tx, now: Date): Promise<Omit<Backlog, 'postsToDo'>> => {
  const [oldest] = await db.$queryRaw<{ occurredAt: Date | null }[]>`
    SELECT min(occurred_at) AS "occurredAt" FROM events WHERE fanned_out_at IS NULL`
  const pendingByEndpoint = await db.$queryRaw<{ endpoint: string; pending: number }[]>`
    SELECT endpoint_id AS endpoint, count(*)::int AS pending FROM webhook_deliveries
    WHERE status = 'PENDING' AND endpoint_id IS NOT NULL GROUP BY endpoint_id`
  const since = oldest?.occurredAt?.getTime() ?? now.getTime()
  return { eventLagSeconds: Math.max(0, now.getTime() - since) / 1_000, pendingByEndpoint }
}
