import type { Tx } from '../../../db/client.ts'

/**
 * Forgets the bodies of deliveries of these events, batches that hold one of them included, and what was answered to them.
 * What is still to be sent, or is sent again, shows the state of then. What is on its way just now cannot be called back.
 */
export const forgetBodiesOf = async (tx: Tx, subjectId: string, eventIds: string[]): Promise<void> => {
  const rows = await tx.$queryRaw<{ id: string; endpointId: string | null }[]>`
    SELECT id, endpoint_id AS "endpointId" FROM webhook_deliveries WHERE event_id = ANY(${eventIds})
    UNION
    SELECT d.id, d.endpoint_id FROM webhook_batched_events b JOIN webhook_deliveries d ON d.id = b.delivery_id
    WHERE b.event_id = ANY(${eventIds})
    UNION
    -- Of events that are kept no longer; by an index that begins with the endpoint.
    SELECT id, endpoint_id FROM webhook_deliveries
    WHERE subject_id = ${subjectId} AND event_id IS NULL
      AND (endpoint_id IS NULL OR endpoint_id = ANY(ARRAY(SELECT id FROM webhook_endpoints)))`
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  const endpointIds = [...new Set(rows.flatMap(({ endpointId }) => endpointId ?? []))]
  // Before their deliveries, as everybody locks them.
  await tx.$queryRaw`
    SELECT 1 FROM webhook_endpoints WHERE id = ANY(${endpointIds}) ORDER BY id FOR NO KEY UPDATE`
  // Who composes one just now has lost its lease, and keeps nothing.
  await tx.$executeRaw`
    UPDATE webhook_deliveries SET body = NULL,
      leased_until = CASE WHEN status = 'PENDING' AND body IS NULL THEN NULL ELSE leased_until END
    WHERE id = ANY(${ids})`
  await tx.$executeRaw`
    UPDATE webhook_attempts SET response_headers = NULL, response_body = NULL WHERE delivery_id = ANY(${ids})`
}
