import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Claim, Execution, RepeatableRequest } from '../../idempotency/store.ts'
import { unavailable } from '../authenticate.ts'
import { type Answer, type Call, Refusal } from '../call.ts'
import type { GraphQLRouteOptions } from '../graphql-route.ts'
import { oneMutation } from './one-mutation.ts'

export type IdempotencyOptions = {
  claim(request: RepeatableRequest): Promise<Claim>
  /** Told of an answer that could not be kept; its caller has it all the same. */
  onError(error: unknown, requestId: string): void
}

/**
 * Repeats of a mutation with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) are answered as the first
 * was, and change nothing. Throws a Refusal: 400 for a request that the header cannot be for, 422 for a key that stands
 * for another request, 409 while the first is in flight.
 */
export const createIdempotency =
  ({ claim, onError }: IdempotencyOptions): NonNullable<GraphQLRouteOptions['intercept']> =>
  async ({ call, params, viewer }, execute) => {
    const key = call.request.headers['idempotency-key']
    if (key === undefined || call.request.method !== 'POST') return execute()
    if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) throw malformedKey()
    const mutation = oneMutation(params)
    if (mutation === 'others') throw notOneMutation()
    // Without a key nothing can be written, so nothing is written twice.
    if (mutation === null || viewer.keyId === null) return execute()
    const request = { keyId: viewer.keyId, hash: sha256(key), requestHash: mutation.hash }
    for (;;) {
      const claimed = await claim(request).catch(unavailable)
      if (claimed.kind === 'other') throw keyReused()
      if (claimed.kind === 'forgotten') throw forgotten()
      if (claimed.kind === 'running') throw inFlight()
      if (claimed.kind === 'answered') return replayed(claimed.answer)
      const { execution } = claimed
      const answer = await answerOf(call, execution, () => execute(execution.nextSlot))
      const isKept = isFailure(call, answer)
        ? await execution.failed().then(() => true)
        : await execution.answered(JSON.stringify(answer)).catch((error: unknown) => {
            onError(error, call.requestId)
            return true
          })
      // Otherwise a repeat has taken the request over: it is its answer that repeats will get.
      if (isKept) return answer
    }
  }

const answerOf = async (
  call: Call,
  execution: Execution,
  execute: () => Promise<Answer>,
): Promise<Answer> => {
  call.facts.errors = undefined
  try {
    const answer = await execute()
    const { body } = answer
    return { ...answer, body: body instanceof Readable ? await text(body) : body }
  } catch (error) {
    await execution.failed().catch(() => undefined)
    throw error
  }
}

/** Ours, that is: a repeat may succeed. What the caller did wrong stays wrong. */
const isFailure = ({ facts }: Call, { status }: Answer): boolean =>
  status >= 500 || (facts.errors ?? []).some((code) => failures.has(code))

const failures = new Set(['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'])

const replayed = (kept: string): Answer => {
  const answer = JSON.parse(kept) as Answer
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } }
}

const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex')

const malformedKey = (): Refusal =>
  new Refusal(
    400,
    'BAD_USER_INPUT',
    'The Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID, in one header.',
  )

const notOneMutation = (): Refusal =>
  new Refusal(
    400,
    'BAD_USER_INPUT',
    'An Idempotency-Key is for a request with exactly one mutation field. Split the request, or leave out the header.',
  )

const keyReused = (): Refusal =>
  new Refusal(
    422,
    'IDEMPOTENCY_KEY_REUSED',
    'This Idempotency-Key was used within 24 hours for a request with another document or other variables. Use a new one.',
  )

const forgotten = (): Refusal =>
  new Refusal(
    422,
    'IDEMPOTENCY_KEY_REUSED',
    'What the request with this Idempotency-Key was about was deleted for good since, and its answer forgotten. Use a new one.',
  )

// Most requests are over within a second.
const inFlight = (): Refusal =>
  new Refusal(
    409,
    'IDEMPOTENCY_KEY_IN_USE',
    'The first request with this Idempotency-Key is still in flight. Ask again in a second.',
    { 'retry-after': '1' },
  )
