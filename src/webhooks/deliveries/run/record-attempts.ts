import type { Tx } from '../../../db/client.ts'
import { system } from '../../../keys/viewer.ts'
import type { Write, Writer } from '../../../write/write.ts'
import { type Health, hasFailedForLong, healthAfter } from '../../endpoints/health.ts'
import { setEndpointStatus } from '../../endpoints/status.ts'
import type { Attempt } from './attempt.ts'

const worker = system('webhooks')

/**
 * Writes down what became of attempts, in one transaction however many there are and in the order in which they ended:
 * the attempt rows, the deliveries' states and next times, and their endpoints' health. A delivery that was cancelled
 * meanwhile stays cancelled.
 */
export const recordAttempts = async (write: Writer, attempts: Attempt[]): Promise<void> =>
  void (await write(worker, async (w) => {
    // The endpoints first and in one order, as everybody locks them who changes them.
    const before = await lockHealth(w, attempts)
    await insertAttempts(w.tx, attempts)
    await updateDeliveries(w, attempts)
    const after = before.map((row) => ({ ...row, ...healthOf(row, attempts, w.now) }))
    await updateHealth(w.tx, after)
    for (const endpoint of after) await disableIfGone(w, endpoint, attempts)
  }))

type EndpointHealth = Health & { id: string; url: string }

// Health is told to the second; to write it with every success would have a fast endpoint's claims wait for its row.
const healthIsFreshMs = 1_000

/** Locks those endpoints whose health the attempts change: a success of one that is well and was so a moment ago does not. */
const lockHealth = ({ tx, now }: Write, attempts: Attempt[]): Promise<EndpointHealth[]> => {
  const failed = attempts.filter(({ outcome }) => !outcome.ok)
  return tx.$queryRaw<EndpointHealth[]>`
    SELECT id, url, consecutive_failures AS "consecutiveFailures", first_failure_at AS "firstFailureAt",
      last_failure_at AS "lastFailureAt", last_success_at AS "lastSuccessAt", open_until AS "openUntil", trips
    FROM webhook_endpoints
    WHERE id = ANY(${endpointsOf(attempts)}) AND deleted_at IS NULL AND (
      id = ANY(${endpointsOf(failed)}) OR consecutive_failures > 0 OR first_failure_at IS NOT NULL
      OR open_until IS NOT NULL OR trips > 0 OR last_success_at IS NULL
      OR last_success_at < ${new Date(now.getTime() - healthIsFreshMs)})
    ORDER BY id FOR NO KEY UPDATE`
}

const endpointsOf = (attempts: Attempt[]): string[] => [
  ...new Set(attempts.map(({ endpointId }) => endpointId)),
]

const insertAttempts = (tx: Tx, attempts: Attempt[]) => {
  const rows = attempts.map(({ deliveryId, endpointId, number, scopes, startedAt, outcome }) => ({
    delivery_id: deliveryId,
    endpoint_id: endpointId,
    number,
    scopes,
    started_at: startedAt,
    duration_ms: Math.round(outcome.durationMs),
    status_code: outcome.statusCode,
    error: outcome.ok ? null : `${outcome.error}: ${outcome.reason}`,
    response_headers: outcome.responseHeaders,
    response_body: outcome.responseBody,
  }))
  // A lease that ran out while its holder was still sending: the first to write the number wins.
  return tx.$executeRaw`
    INSERT INTO webhook_attempts
      (delivery_id, endpoint_id, number, scopes, started_at, duration_ms, status_code, error, response_headers, response_body)
    SELECT delivery_id, endpoint_id, number, scopes, started_at, duration_ms, status_code, error, response_headers, response_body
    FROM json_populate_recordset(NULL::webhook_attempts, ${JSON.stringify(rows)}::json) done
    -- One that was cancelled in flight may have been forgotten since: its row must not take the others with it.
    WHERE EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.id = done.delivery_id)
    ON CONFLICT DO NOTHING`
}

const updateDeliveries = ({ tx, now }: Write, attempts: Attempt[]) => {
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

const healthOf = (before: EndpointHealth, attempts: Attempt[], now: Date): Health =>
  attempts
    .filter((attempt) => isOf(before, attempt))
    .reduce<Health>(
      (health, { outcome: { ok }, startedAt, restMs }) => healthAfter(health, { ok, startedAt, restMs }, now),
      before,
    )

/** What was in flight when an endpoint moved says nothing of the place where it is now. */
const isOf = (endpoint: EndpointHealth, { endpointId, url }: Attempt): boolean =>
  endpointId === endpoint.id && url === endpoint.url

const updateHealth = (tx: Tx, rows: EndpointHealth[]) =>
  tx.$executeRaw`
    UPDATE webhook_endpoints e
    SET consecutive_failures = r."consecutiveFailures", first_failure_at = r."firstFailureAt",
        last_failure_at = r."lastFailureAt", last_success_at = r."lastSuccessAt", open_until = r."openUntil",
        trips = r.trips
    FROM json_to_recordset(${JSON.stringify(rows)}::json)
      AS r(id text, "consecutiveFailures" int, "firstFailureAt" timestamptz, "lastFailureAt" timestamptz,
           "lastSuccessAt" timestamptz, "openUntil" timestamptz, trips int)
    WHERE e.id = r.id`

/** A receiver that says that it is gone for good, or has failed for days, is sent nothing more. */
const disableIfGone = async (w: Write, endpoint: EndpointHealth, attempts: Attempt[]): Promise<void> => {
  const failed = attempts.filter((attempt) => isOf(endpoint, attempt) && !attempt.outcome.ok)
  const last = failed.at(-1)
  if (!last) return
  if (failed.some(({ outcome }) => outcome.statusCode === 410)) {
    await setEndpointStatus(w, endpoint.id, 'DISABLED', 'It answered 410 Gone.')
  } else if (hasFailedForLong(endpoint, w.now) && (await anotherFailed(w.tx, endpoint, last.deliveryId))) {
    const since = endpoint.firstFailureAt?.toISOString()
    await setEndpointStatus(w, endpoint.id, 'DISABLED', `Every attempt has failed since ${since}.`)
  }
}

/**
 * Whether deliveries other than this one have failed since the endpoint's last success. The first failure is 120 h and
 * more before this one, so that two of different deliveries are 12 h apart whenever the other one was.
 */
const anotherFailed = async (
  tx: Tx,
  { id, firstFailureAt }: EndpointHealth,
  deliveryId: string,
): Promise<boolean> => {
  const [found] = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM webhook_attempts a JOIN webhook_deliveries d ON d.id = a.delivery_id
    WHERE d.endpoint_id = ${id} AND d.id <> ${deliveryId} AND a.started_at >= ${firstFailureAt} AND a.error IS NOT NULL
    LIMIT 1`
  return found !== undefined
}
