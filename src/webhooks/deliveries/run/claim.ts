import type { Db, Tx } from '../../../db/client.ts'
import type { ApiKeyScope, WebhookOrdering } from '../../../db/generated/client.ts'
import type { FreeSlots } from './concurrency.ts'
import { type Policies, rateSlotAfter, throttleOf } from './throttle.ts'

/** A delivery that this process has leased and may send. */
export type Leased = {
  id: string
  endpointId: string
  url: string
  /** Null when it is still to be rendered. */
  body: string | null
  /** What its body was rendered with. */
  scopes: ApiKeyScope[]
  attemptCount: number
  /** How many of them were before it was last sent again by hand. */
  resentAfter: number
  sealedSecrets: string[]
  sealedHeaders: string | null
}

export type Claimed = {
  deliveries: Leased[]
  /** Endpoints to claim for again, and in how long, though nothing of theirs ends here before. */
  again: { endpointId: string; delayMs: number }[]
}

/** How long a delivery is its holder's: the total time-out of 15 s and room for writing down; then the holder is dead. */
export const leaseMs = 25_000

// Whoever holds an endpoint's row is writing attempts down, which takes milliseconds.
const lockedAgainMs = 20

/**
 * Leases what is due of these endpoints, as much of each as its policies let out: `maxInFlight` counts the leases of all
 * processes, the breaker lets one probe through, the rate limit spaces, and with PER_SUBJECT nothing goes before an
 * earlier delivery about the same subject. The endpoints' rows are locked meanwhile, so that processes take turns; one
 * that another process holds is skipped, so that it makes no other wait.
 */
export const claim = (db: Db, endpointIds: string[], slots: FreeSlots, now: Date): Promise<Claimed> =>
  db.$transaction(async (tx) => {
    const endpoints = await lockActive(tx, endpointIds, now)
    const throttled = endpoints.map((endpoint) => ({ endpoint, throttle: throttleOf(endpoint, now) }))
    const open = throttled.flatMap(({ endpoint: { id, ordering, consecutiveFailures }, throttle }) =>
      throttle.inFlight === 0 || throttle.begin === 0
        ? []
        : [
            {
              id,
              inFlight: throttle.inFlight,
              begin: throttle.begin ?? slots.healthy,
              perSubject: ordering === 'PER_SUBJECT',
              failing: consecutiveFailures > 0,
            },
          ],
    )
    const due = open.length > 0 ? await leaseDue(tx, open, slots, now) : []
    const byEndpoint = Map.groupBy(due, (row) => row.endpointId)
    const again = await skippedOf(tx, endpointIds, endpoints, now)
    for (const { endpoint, throttle } of throttled) {
      const begun = byEndpoint.get(endpoint.id)?.length ?? 0
      const after = begun > 0 ? await takeRate(tx, endpoint, begun, now) : endpoint
      // Full, or held up by time alone: nothing that ends here would have it claimed for again.
      const { againAt } =
        throttle.begin === null || begun < throttle.begin ? throttle : throttleOf(after, now)
      if (againAt) again.push({ endpointId: endpoint.id, delayMs: againAt.getTime() - now.getTime() })
    }
    const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]))
    const deliveries = due.flatMap((row) => {
      const endpoint = byId.get(row.endpointId)
      if (!endpoint) return []
      const { url, sealedSecrets, sealedHeaders } = endpoint
      return [{ ...row, url, sealedSecrets, sealedHeaders }]
    })
    return { deliveries, again }
  })

/** Gives a delivery back that was cut off because this process stops: that is no attempt, and another may start at once. */
export const release = async (db: Db, id: string): Promise<void> =>
  void (await db.webhookDelivery.updateMany({ where: { id }, data: { leasedUntil: null } }))

type EndpointRow = Policies & {
  id: string
  url: string
  ordering: WebhookOrdering
  consecutiveFailures: number
  sealedSecrets: string[]
  sealedHeaders: string | null
}

const lockActive = (tx: Tx, ids: string[], now: Date): Promise<EndpointRow[]> =>
  // NO KEY: the fan-out that inserts deliveries refers to the row and need not wait.
  tx.$queryRaw<EndpointRow[]>`
    SELECT e.id, e.url, e.ordering::text, e.max_in_flight AS "maxInFlight",
      e.rate_limit_per_minute AS "rateLimitPerMinute", e.rate_slot_at AS "rateSlotAt", e.open_until AS "openUntil",
      e.consecutive_failures AS "consecutiveFailures", e.sealed_headers AS "sealedHeaders",
      ARRAY(SELECT s.sealed FROM webhook_secrets s
            WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > ${now})
            ORDER BY s.created_at DESC) AS "sealedSecrets"
    FROM webhook_endpoints e
    WHERE e.id = ANY(${ids}) AND e.status = 'ACTIVE' AND (e.expires_at IS NULL OR e.expires_at > ${now})
    ORDER BY e.id FOR NO KEY UPDATE OF e SKIP LOCKED`

type Open = { id: string; inFlight: number; begin: number; perSubject: boolean; failing: boolean }
type DueRow = Pick<Leased, 'id' | 'endpointId' | 'body' | 'scopes' | 'attemptCount' | 'resentAfter'>

// A statement of its own, after the lock: its snapshot has the leases of whoever held the lock before.
const leaseDue = (
  tx: Tx,
  endpoints: Open[],
  { any, idle, healthy, ended }: FreeSlots,
  now: Date,
): Promise<DueRow[]> =>
  tx.$queryRaw<DueRow[]>`
    WITH open AS MATERIALIZED (
      SELECT e.*, (SELECT count(*) FROM (
        -- Ordered, PostgreSQL walks the index, and drops the entries of deliveries that have ended as it goes.
        -- By id, and not by number: which of them are written down by now only this statement knows.
        SELECT 1 FROM webhook_deliveries d
        WHERE d.endpoint_id = e.id AND d.leased_until > ${now} AND d.id <> ALL(${[...ended]})
        ORDER BY d.leased_until LIMIT e."inFlight"
      ) alive) AS leased
      FROM json_to_recordset(${JSON.stringify(endpoints)}::json)
        AS e(id text, "inFlight" int, begin int, "perSubject" boolean, failing boolean)
    ), due AS MATERIALIZED (
      SELECT d.id, d.next_attempt_at, open.failing, open.leased + row_number() OVER (
        PARTITION BY open.id ORDER BY d.next_attempt_at, d.sequence, d.id) AS slot
      FROM open CROSS JOIN LATERAL (
        SELECT d.id, d.next_attempt_at, d.sequence FROM webhook_deliveries d
        WHERE d.endpoint_id = open.id AND d.status = 'PENDING' AND d.next_attempt_at <= ${now}
          AND (d.leased_until IS NULL OR d.leased_until <= ${now})
          -- Each by an index: one of the same subject, a batch, and before a batch anything.
          AND NOT (open."perSubject" AND (
            EXISTS (
              SELECT 1 FROM webhook_deliveries earlier
              WHERE earlier.endpoint_id = d.endpoint_id AND earlier.subject_id = d.subject_id
                AND earlier.status = 'PENDING' AND (earlier.sequence, earlier.id) < (d.sequence, d.id))
            OR EXISTS (
              SELECT 1 FROM webhook_deliveries earlier
              WHERE earlier.endpoint_id = d.endpoint_id AND earlier.subject_id IS NULL
                AND earlier.status = 'PENDING' AND (earlier.sequence, earlier.id) < (d.sequence, d.id))
            OR (d.subject_id IS NULL AND EXISTS (
              SELECT 1 FROM webhook_deliveries earlier
              WHERE earlier.endpoint_id = d.endpoint_id AND earlier.status = 'PENDING'
                AND (earlier.sequence, earlier.id) < (d.sequence, d.id)))))
        ORDER BY d.next_attempt_at, d.sequence, d.id
        LIMIT greatest(0, least(open.begin, open."inFlight" - open.leased))
        FOR NO KEY UPDATE OF d SKIP LOCKED
      ) d
    ), chosen AS (
      SELECT id FROM (
        -- Those first who have the fewest in flight, so that nobody is counted before them who gets nothing.
        SELECT id, slot, failing,
          row_number() OVER (ORDER BY slot > 1, slot = 1 AND failing, slot, next_attempt_at, id) AS rank
        FROM due
      ) ranked
      WHERE rank <= CASE WHEN slot > 1 THEN ${any}::int WHEN failing THEN ${idle}::int ELSE ${healthy}::int END
    )
    UPDATE webhook_deliveries d SET leased_until = ${new Date(now.getTime() + leaseMs)}
    FROM chosen WHERE d.id = chosen.id
    RETURNING d.id, d.endpoint_id AS "endpointId", d.body, d.scopes::text[] AS scopes,
      d.attempt_count AS "attemptCount", d.resent_after AS "resentAfter"`

/** The endpoints whose rows another transaction holds. */
const skippedOf = async (
  tx: Tx,
  wanted: string[],
  found: { id: string }[],
  now: Date,
): Promise<Claimed['again']> => {
  const known = new Set(found.map(({ id }) => id))
  const missing = wanted.filter((id) => !known.has(id))
  if (missing.length === 0) return []
  const skipped = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM webhook_endpoints
    WHERE id = ANY(${missing}) AND status = 'ACTIVE' AND (expires_at IS NULL OR expires_at > ${now})`
  return skipped.map(({ id }) => ({ endpointId: id, delayMs: lockedAgainMs }))
}

const takeRate = async (tx: Tx, endpoint: EndpointRow, begun: number, now: Date): Promise<EndpointRow> => {
  const rateSlotAt = rateSlotAfter(endpoint, begun, now)
  if (rateSlotAt)
    await tx.$executeRaw`UPDATE webhook_endpoints SET rate_slot_at = ${rateSlotAt} WHERE id = ${endpoint.id}`
  return { ...endpoint, rateSlotAt }
}
