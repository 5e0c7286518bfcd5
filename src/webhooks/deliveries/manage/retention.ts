import type { Tx } from '../../../db/client.ts'

// One statement locks and changes this many rows: some ten milliseconds.
const batch = 1_000

/**
 * Forgets some of the deliveries that were made before a time and are over, with their attempts. What is still to be sent
 * is kept, however old it is, and so is what was sent (again) since then.
 *
 * @returns how many; 0 when nothing is left to forget.
 */
export const forgetDeliveries = (db: Tx, before: Date): Promise<number> =>
  db.$executeRaw`
    DELETE FROM webhook_deliveries WHERE id IN (
      SELECT d.id FROM webhook_deliveries d
      WHERE d.created_at < ${before} AND d.status <> 'PENDING'
        AND NOT EXISTS (SELECT FROM webhook_attempts a WHERE a.delivery_id = d.id AND a.started_at >= ${before})
      ORDER BY d.created_at, d.id LIMIT ${batch} FOR UPDATE SKIP LOCKED
    )`

/**
 * Forgets what was answered to some of the attempts that began before a time; that they were made, when and with what
 * status stays. How far it came is remembered, so that the next call need not look at all the older ones.
 *
 * @returns how many; 0 when nothing is left to forget.
 */
export const forgetResponses = async (db: Tx, before: Date): Promise<number> => {
  const [forgotten] = await db.$queryRaw<[{ count: number }]>`
    WITH cleared AS (
      UPDATE webhook_attempts SET response_headers = NULL, response_body = NULL
      WHERE (delivery_id, number) IN (
        SELECT delivery_id, number FROM webhook_attempts
        WHERE started_at >= coalesce((SELECT responses_cleared_to FROM retention), '-infinity')
          AND started_at < ${before} AND (response_headers IS NOT NULL OR response_body IS NOT NULL)
        ORDER BY started_at LIMIT ${batch}
      )
      RETURNING started_at
    ), remembered AS (
      INSERT INTO retention (id, responses_cleared_to)
      SELECT 1, coalesce(max(started_at), ${before}) FROM cleared
      ON CONFLICT (id) DO UPDATE SET responses_cleared_to = excluded.responses_cleared_to
    )
    SELECT count(*)::int AS count FROM cleared`
  return forgotten.count
}
