import type { Db, Tx } from '../db/client.ts'
import { Prisma } from '../db/generated/client.ts'
import type { Queue } from '../queue/queue.ts'
import type { Attempt } from './delivery.ts'

/**
 * Writes down what became of attempts, in one transaction however many there are: the attempt rows, the deliveries'
 * states, their endpoints' health and the next alarms. A delivery that was cancelled meanwhile stays cancelled.
 */
export const settle = (db: Db, queue: Queue, attempts: Attempt[], now: Date): Promise<void> =>
  db.$transaction(async (tx) => {
    await insertAttempts(tx, attempts)
    await updateDeliveries(tx, attempts, now)
    await updateEndpoints(tx, attempts, now)
    const retries = attempts.flatMap(({ deliveryId, retryDelayMs }) =>
      retryDelayMs === null ? [] : [{ id: deliveryId, delayMs: retryDelayMs }],
    )
    await queue.set(tx, retries)
  })

const insertAttempts = (tx: Tx, attempts: Attempt[]) =>
  tx.webhookAttempt.createMany({
    data: attempts.map(({ deliveryId, number, startedAt, outcome }) => ({
      deliveryId,
      number,
      startedAt,
      durationMs: Math.round(outcome.durationMs),
      statusCode: outcome.statusCode,
      error: outcome.ok ? null : `${outcome.error}: ${outcome.reason}`,
      responseHeaders: outcome.responseHeaders ?? Prisma.DbNull,
      responseBody: outcome.responseBody,
    })),
    // A lease that ran out while its holder was still sending: the first to write the number wins.
    skipDuplicates: true,
  })

const updateDeliveries = (tx: Tx, attempts: Attempt[], now: Date) => {
  const rows = attempts.map(({ deliveryId, number, outcome, retryDelayMs }) => ({
    id: deliveryId,
    number,
    status: outcome.ok ? 'DELIVERED' : retryDelayMs === null ? 'FAILED' : 'PENDING',
    reason: outcome.ok ? null : outcome.reason,
    next: retryDelayMs === null ? null : new Date(now.getTime() + retryDelayMs).toISOString(),
  }))
  return tx.$executeRaw`
    UPDATE webhook_deliveries d
    SET status = r.status::"WebhookDeliveryStatus", reason = r.reason, next_attempt_at = r.next,
        attempt_count = r.number, leased_until = NULL
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS r(id text, number int, status text, reason text, next timestamptz)
    WHERE d.id = r.id AND d.status = 'PENDING'`
}

/** The receiver's 410 says that it is gone for good: it is disabled, and what waits for it is cancelled. */
const updateEndpoints = async (tx: Tx, attempts: Attempt[], now: Date): Promise<void> => {
  const byEndpoint = Map.groupBy(attempts, (attempt) => attempt.endpointId)
  for (const [id, own] of byEndpoint) {
    const succeeded = own.some(({ outcome }) => outcome.ok)
    const failed = own.filter(({ outcome }) => !outcome.ok).length
    await tx.$executeRaw`
      UPDATE webhook_endpoints SET
        consecutive_failures = CASE WHEN ${succeeded} THEN 0 ELSE consecutive_failures + ${failed}::int END,
        last_success_at = CASE WHEN ${succeeded} THEN ${now}::timestamptz ELSE last_success_at END,
        first_failure_at = CASE WHEN ${succeeded} THEN NULL ELSE coalesce(first_failure_at, ${now}::timestamptz) END,
        last_failure_at = CASE WHEN ${failed > 0} THEN ${now}::timestamptz ELSE last_failure_at END
      WHERE id = ${id}`
    if (own.some(({ outcome }) => outcome.statusCode === 410))
      await disable(tx, id, 'It answered 410 Gone.', now)
  }
}

const disable = async (tx: Tx, id: string, reason: string, now: Date): Promise<void> => {
  await tx.webhookEndpoint.updateMany({
    where: { id, status: { not: 'DISABLED' } },
    data: { status: 'DISABLED', statusReason: reason, statusChangedAt: now },
  })
  await tx.webhookDelivery.updateMany({
    where: { endpointId: id, status: 'PENDING' },
    data: { status: 'CANCELLED', nextAttemptAt: null, reason: 'The endpoint was disabled.' },
  })
}
