import type { Db } from '../../../db/client.ts'
import type { Queue } from '../../../queue/queue.ts'

/**
 * Sets an alarm for every endpoint that something is due for: whatever a crash left behind, or an alarm that was lost.
 * `afterCrash` is for the start of the only process there can be, when no lease can be alive: then nothing waits for one
 * to run out.
 */
export const rearm = async (db: Db, queue: Queue, now: Date, afterCrash: boolean): Promise<number> =>
  db.$transaction(async (tx) => {
    if (afterCrash)
      await tx.$executeRaw`UPDATE webhook_deliveries SET leased_until = NULL WHERE leased_until IS NOT NULL`
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT e.id FROM webhook_endpoints e
      WHERE e.status = 'ACTIVE' AND (e.open_until IS NULL OR e.open_until <= ${now}) AND EXISTS (
        SELECT 1 FROM webhook_deliveries d
        WHERE d.endpoint_id = e.id AND d.status = 'PENDING' AND d.next_attempt_at <= ${now}
          AND (d.leased_until IS NULL OR d.leased_until <= ${now}))`
    await queue.set(
      tx,
      due.map(({ id }) => ({ id, delayMs: 0 })),
    )
    return due.length
  })
