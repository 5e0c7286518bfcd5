import type { Tx } from '../../db/client.ts'

/** How an endpoint has been doing. */
export type HealthReport = {
  id: string
  /** Since when attempts are counted. */
  since: Date
  attempts: number
  failedAttempts: number
  lastSuccessAt: Date | null
  lastFailureAt: Date | null
  lastError: string | null
  pending: number
  oldestPendingAt: Date | null
  /** Until when the breaker holds everything; null when it does not. */
  heldUntil: Date | null
}

/** How the attempts at these endpoints went of late, and what waits: one statement, each part of it read from an index. */
export const readHealth = async (db: Tx, ids: string[], now: Date): Promise<Map<string, HealthReport>> => {
  const since = new Date(now.getTime() - windowMs)
  const rows = await db.$queryRaw<HealthReport[]>`
    SELECT e.id, ${since}::timestamptz AS since, recent.attempts, recent.failed AS "failedAttempts",
      e.last_success_at AS "lastSuccessAt", e.last_failure_at AS "lastFailureAt", last.error AS "lastError",
      backlog.pending, backlog.oldest AS "oldestPendingAt",
      CASE WHEN e.open_until > ${now} THEN e.open_until END AS "heldUntil"
    FROM webhook_endpoints e
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS attempts, count(error)::int AS failed FROM (
        SELECT a.error FROM webhook_attempts a WHERE a.endpoint_id = e.id AND a.started_at >= ${since}
        ORDER BY a.started_at DESC LIMIT ${mostAttempts}
      ) newest
    ) recent
    CROSS JOIN LATERAL (
      SELECT count(*)::int AS pending, min(d.created_at) AS oldest FROM webhook_deliveries d
      WHERE d.endpoint_id = e.id AND d.status = 'PENDING'
    ) backlog
    LEFT JOIN LATERAL (
      -- The row says when it was: no more than what was sent meanwhile is read.
      SELECT a.error FROM webhook_attempts a
      WHERE a.endpoint_id = e.id AND a.started_at <= e.last_failure_at AND a.error IS NOT NULL
      ORDER BY a.started_at DESC LIMIT 1
    ) last ON TRUE
    WHERE e.id = ANY(${ids})`
  return new Map(rows.map((row) => [row.id, row]))
}

const windowMs = 24 * 60 * 60_000

// Enough for a rate to the tenth of a percent; more would make a busy endpoint's health slow to read.
const mostAttempts = 1_000
