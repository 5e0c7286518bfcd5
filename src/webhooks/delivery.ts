import type { Db } from '../db/client.ts'
import { type Seal, SealError } from '../seal.ts'
import { nextAttemptDelayMs } from './backoff.ts'
import { sealContext } from './endpoint.ts'
import { type Outcome, unanswered } from './outcome.ts'
import { parseRetryAfter } from './retry-after.ts'
import type { Sender } from './send.ts'
import { signatureHeaders } from './sign.ts'

/** A delivery that this process has leased and may send. */
export type Leased = {
  id: string
  endpointId: string
  url: string
  body: string
  attemptCount: number
  sealedSecrets: string[]
}

/** What became of one attempt: everything that is written down about it. */
export type Attempt = {
  deliveryId: string
  endpointId: string
  number: number
  startedAt: Date
  outcome: Outcome
  /** Null: there will be no other attempt. */
  retryDelayMs: number | null
}

// The total time-out of 15 s and room for writing down; then another worker may believe this one dead.
const leaseMs = 25_000

/** Leases those of the deliveries that are still due: an alarm that rings twice, or late, finds nothing to do. */
export const lease = (db: Db, ids: string[], now: Date): Promise<Leased[]> =>
  db.$queryRaw<Leased[]>`
    UPDATE webhook_deliveries d SET leased_until = ${new Date(now.getTime() + leaseMs)}
    FROM webhook_endpoints e
    WHERE d.id = ANY(${ids}) AND e.id = d.endpoint_id AND e.status = 'ACTIVE'
      AND d.status = 'PENDING' AND d.next_attempt_at <= ${now}
      AND (d.leased_until IS NULL OR d.leased_until <= ${now})
    RETURNING d.id, e.id AS "endpointId", e.url, d.body, d.attempt_count AS "attemptCount",
      ARRAY(SELECT s.sealed FROM webhook_secrets s
            WHERE s.endpoint_id = e.id AND (s.expires_at IS NULL OR s.expires_at > ${now})
            ORDER BY s.created_at DESC) AS "sealedSecrets"`

/** Gives a delivery back that was cut off because this process stops: that is no attempt, and another may start at once. */
export const release = async (db: Db, id: string): Promise<void> =>
  void (await db.webhookDelivery.updateMany({ where: { id }, data: { leasedUntil: null } }))

export type AttemptParts = {
  sender: Sender
  seal: Seal
  userAgent: string
  now: () => Date
  random: () => number
}

/** Signs and sends once. Whatever the receiver does is an outcome, never an exception. */
export const attempt = async (delivery: Leased, parts: AttemptParts): Promise<Attempt> => {
  const startedAt = parts.now()
  const outcome = await signAndSend(delivery, parts, startedAt)
  const number = delivery.attemptCount + 1
  const retryAfterMs = outcome.retryAfter === null ? null : parseRetryAfter(outcome.retryAfter, parts.now())
  const retryDelayMs = outcome.ok
    ? null
    : nextAttemptDelayMs({ attempt: number, random: parts.random(), retryAfterMs, outcome })
  return {
    deliveryId: delivery.id,
    endpointId: delivery.endpointId,
    number,
    startedAt,
    outcome,
    retryDelayMs,
  }
}

const signAndSend = async (
  { id, endpointId, url, body, sealedSecrets }: Leased,
  { sender, seal, userAgent }: AttemptParts,
  startedAt: Date,
): Promise<Outcome> => {
  try {
    const secrets = sealedSecrets.map((sealed) => seal.open(sealed, sealContext(endpointId)))
    const timestampSeconds = Math.floor(startedAt.getTime() / 1_000)
    const signature = signatureHeaders({ id, timestampSeconds, body, secrets })
    return await sender.send({
      url,
      body,
      headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...signature },
    })
  } catch (error) {
    // A secret that cannot be read must show in the log of attempts, where the endpoint's owner looks.
    if (error instanceof SealError) return unanswered('request_invalid', error.message, 0)
    throw error
  }
}
