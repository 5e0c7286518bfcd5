import type { ApiKeyScope } from '../../../db/generated/client.ts'
import { type Seal, SealError } from '../../../lib/encryption.ts'
import { openHeaders } from '../../endpoints/header.ts'
import { sealContext } from '../../endpoints/secret.ts'
import { type Outcome, unanswered } from '../../http/outcome.ts'
import { parseRetryAfter } from '../../http/retry-after.ts'
import type { Sender } from '../../http/sender.ts'
import { signatureHeaders } from '../../http/sign.ts'
import { askedForMs, nextAttemptDelayMs } from './backoff.ts'
import type { Leased } from './claim.ts'

/** A leased delivery that there is something to send of. */
export type Composed = Leased & { body: string }

/** What became of one attempt: everything that is written down about it. */
export type Attempt = {
  deliveryId: string
  endpointId: string
  /** Where it was sent. */
  url: string
  number: number
  /** What the body that was sent was rendered with. */
  scopes: ApiKeyScope[]
  startedAt: Date
  outcome: Outcome
  /** Null: there will be no other attempt. */
  retryDelayMs: number | null
  /** For how long the receiver asked that nothing be sent to it. */
  restMs: number
}

export type AttemptParts = {
  sender: Sender
  seal: Seal
  userAgent: string
  now: () => Date
  random: () => number
}

/** Signs and sends once. Whatever the receiver does is an outcome, never an exception. */
export const attempt = async (delivery: Composed, parts: AttemptParts): Promise<Attempt> => {
  const startedAt = parts.now()
  const outcome = await signAndSend(delivery, parts, startedAt)
  const number = delivery.attemptCount + 1
  const retryAfterMs = outcome.retryAfter === null ? null : parseRetryAfter(outcome.retryAfter, parts.now())
  const planned = number - delivery.resentAfter
  const retryDelayMs = outcome.ok
    ? null
    : nextAttemptDelayMs({ attempt: planned, random: parts.random(), retryAfterMs, outcome })
  return {
    deliveryId: delivery.id,
    endpointId: delivery.endpointId,
    url: delivery.url,
    scopes: delivery.scopes,
    number,
    startedAt,
    outcome,
    retryDelayMs,
    restMs: askedForMs(outcome.statusCode, retryAfterMs),
  }
}

const cannotBeMade =
  'The request cannot be signed or sent as the endpoint is stored. Rotate its secret or set its headers again.'

const signAndSend = async (
  { id, endpointId, url, body, sealedSecrets, sealedHeaders }: Composed,
  { sender, seal, userAgent }: AttemptParts,
  startedAt: Date,
): Promise<Outcome> => {
  try {
    const secrets = sealedSecrets.map((sealed) => seal.open(sealed, sealContext(endpointId)))
    const own = openHeaders(seal, endpointId, sealedHeaders)
    const timestampSeconds = Math.floor(startedAt.getTime() / 1_000)
    const signature = signatureHeaders({ id, timestampSeconds, body, secrets })
    return await sender.send({
      url,
      body,
      headers: { ...own, 'content-type': 'application/json', 'user-agent': userAgent, ...signature },
    })
  } catch (error) {
    // What cannot be sent must show in the log of attempts, where the endpoint's owner looks, and be tried again later: a
    // delivery without an attempt would come round with every lease and never end.
    if (error instanceof SealError) return unanswered('request_invalid', error.message, 0)
    // What else is thrown may quote what was sealed, as JSON's errors do.
    const detail = error instanceof TypeError ? error.message : (error as Error).name
    return unanswered('request_invalid', cannotBeMade, 0, detail)
  }
}
