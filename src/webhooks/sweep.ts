import type { Db } from '../db/client.ts'
import type { Queue } from '../queue/queue.ts'

// A backlog beyond this is armed by the next sweeps.
const batch = 1_000

// An alarm of a healthy system rings within a second or two; what is later than this has lost its own.
const graceMs = 5_000

/**
 * Sets new alarms for deliveries that are due and have none that rang: whatever a crash left behind. `afterCrash` is for
 * the start of the only process there can be, when no lease can be alive: then nothing waits for one to run out.
 */
export const rearm = async (db: Db, queue: Queue, now: Date, afterCrash: boolean): Promise<number> =>
  db.$transaction(async (tx) => {
    if (afterCrash)
      await tx.$executeRaw`UPDATE webhook_deliveries SET leased_until = NULL WHERE leased_until IS NOT NULL`
    const overdue = afterCrash ? now : new Date(now.getTime() - graceMs)
    const due = await tx.$queryRaw<{ id: string }[]>`
      SELECT d.id FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id
      WHERE d.status = 'PENDING' AND e.status = 'ACTIVE' AND d.next_attempt_at <= ${overdue}
        AND (d.leased_until IS NULL OR d.leased_until <= ${now})
      ORDER BY d.next_attempt_at LIMIT ${batch}`
    await queue.set(
      tx,
      due.map(({ id }) => ({ id, delayMs: 0 })),
    )
    return due.length
  })
