import type { Db, Tx } from '../../db/client.ts'

// One statement locks and changes this many rows: some ten milliseconds, thirty on the embedded database.
const batch = 1_000

/**
 * Ends some of what waits for an endpoint that gets nothing more, and lets some of the log of a deleted one go, until its
 * row can be deleted, too. An endpoint may have a million deliveries: in one statement everybody would wait.
 *
 * @returns how many rows; 0 when nothing is left to do.
 */
export const deleteSomeEndpoints = (db: Db): Promise<number> =>
  db.$transaction(async (tx) => {
    const [endpoint] = await tx.$queryRaw<{ id: string; deletedAt: Date | null; reason: string | null }[]>`
      SELECT id, deleted_at AS "deletedAt", status_reason AS reason FROM webhook_endpoints e
      WHERE deleted_at IS NOT NULL OR (status = 'DISABLED' AND EXISTS (
        SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.status = 'PENDING'))
      ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED`
    if (!endpoint) return 0
    const { id, deletedAt, reason } = endpoint
    const cancelled = await cancelSome(tx, id, deletedAt ? deletedReason : disabledReason(reason))
    if (cancelled > 0 || !deletedAt) return cancelled
    const forgotten = await forgetSome(tx, id)
    if (forgotten > 0) return forgotten
    await tx.webhookEndpoint.delete({ where: { id } })
    return 1
  })

/** Why a delivery was cancelled that waited for an endpoint which was deleted. */
export const deletedReason = 'The endpoint was deleted.'

/** Why a delivery was cancelled that waited for an endpoint which was disabled, for a reason or for none. */
export const disabledReason = (reason: string | null): string =>
  ['The endpoint was disabled.', reason].filter(Boolean).join(' ')

/** Ends some of what waits to be sent to an endpoint, the oldest first. Returns how many. The caller has locked the endpoint. */
export const cancelSome = (tx: Tx, endpointId: string, reason: string): Promise<number> =>
  tx.$executeRaw`
    UPDATE webhook_deliveries
    SET status = 'CANCELLED', next_attempt_at = NULL, leased_until = NULL, reason = ${reason}
    WHERE id IN (
      SELECT id FROM webhook_deliveries WHERE endpoint_id = ${endpointId} AND status = 'PENDING' LIMIT ${batch})`

const forgetSome = (tx: Tx, endpointId: string): Promise<number> =>
  tx.$executeRaw`
    UPDATE webhook_deliveries SET endpoint_id = NULL
    WHERE id IN (SELECT id FROM webhook_deliveries WHERE endpoint_id = ${endpointId} LIMIT ${batch})`
