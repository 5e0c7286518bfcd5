import { forNobody } from '../db/caller.ts'
import type { Db, Tx } from '../db/client.ts'
import type { Event, IdempotentAnswer } from '../db/generated/client.ts'
import type { Seal } from '../lib/encryption.ts'
import { RequestError } from '../lib/errors.ts'
import type { IdempotencySlot, RecordedResult } from '../write/write.ts'

/** A request that may be repeated: whose it is, the hash of the name that it was given, and the hash of what it asks. */
export type RepeatableRequest = { keyId: string; hash: string; requestHash: string }

/** The right to run a request, until its lease runs out and a repeat takes it over. */
export type Execution = {
  /** The slot of the next write: call it once a write, in the order of the writes. */
  nextSlot(): IdempotencySlot
  /** Keeps the answer for repeats. False when a repeat has taken over: its answer is the one that counts. */
  answered(answer: string): Promise<boolean>
  /** Gives the request free. It is forgotten, but for what it has committed. */
  failed(): Promise<void>
}

export type Claim =
  | { kind: 'run'; execution: Execution }
  | { kind: 'answered'; answer: string }
  | { kind: 'running' }
  /** The same name was given to a request that asks something else. */
  | { kind: 'other' }
  /** What it told of was deleted for good since, and its answer with it. */
  | { kind: 'forgotten' }

export type IdempotencyParts = { db: Db; seal: Seal; now: () => Date }

// Longer than one write can wait for its transaction and run (10 and 30 s); a request of many writes may lose it, and
// does no harm then: whoever lost the lease can commit nothing more.
const leaseMs = 60_000
// As the API promises.
const lifetimeMs = 24 * 60 * 60 * 1_000

/** Takes a request for running, or says why it must not run (again). Of several at once, in any process, one gets it. */
export const claimRequest = async (parts: IdempotencyParts, request: RepeatableRequest): Promise<Claim> => {
  const { db, now } = parts
  const { keyId, hash, requestHash } = request
  for (;;) {
    const createdAt = now()
    const leasedUntil = new Date(createdAt.getTime() + leaseMs)
    const expiresAt = new Date(createdAt.getTime() + lifetimeMs)
    const row = { ...request, createdAt, leasedUntil, expiresAt }
    const { count } = await db.idempotentAnswer.createMany({ data: [row], skipDuplicates: true })
    if (count === 1) return run(parts, { ...row, sealedOutcome: null })
    const found = await db.idempotentAnswer.findUnique({ where: { keyId_hash: { keyId, hash } } })
    if (!found) continue
    if (found.expiresAt <= createdAt) {
      await db.idempotentAnswer.deleteMany({ where: { keyId, hash, expiresAt: found.expiresAt } })
      continue
    }
    if (found.requestHash !== requestHash) return { kind: 'other' }
    if (found.isForgotten) return { kind: 'forgotten' }
    if (found.sealedAnswer !== null)
      return { kind: 'answered', answer: parts.seal.open(found.sealedAnswer, contextOf(request)) }
    if (found.leasedUntil && found.leasedUntil > createdAt) return { kind: 'running' }
    const [taken] = await db.idempotentAnswer.updateManyAndReturn({
      where: { keyId, hash, sealedAnswer: null, leasedUntil: found.leasedUntil },
      data: { leasedUntil },
    })
    if (taken) return run(parts, { ...taken, leasedUntil })
  }
}

// A statement that deletes this many takes some milliseconds.
const batch = 1_000

/** Forgets some of the requests whose time is over. Returns how many; 0 when none is left. */
export const forgetAnswers = (db: Tx, now: Date): Promise<number> =>
  db.$executeRaw`
    DELETE FROM idempotent_answers WHERE (key_id, hash) IN (
      SELECT key_id, hash FROM idempotent_answers WHERE expires_at <= ${now}
      ORDER BY expires_at LIMIT ${batch} FOR UPDATE SKIP LOCKED
    )`

/** Forgets what requests were answered that had events about a subject. */
export const forgetAnswersAbout = async (tx: Tx, subjectId: string): Promise<void> => {
  await tx.idempotentAnswer.updateMany({
    where: { subjectIds: { has: subjectId } },
    data: { isForgotten: true, sealedAnswer: null, sealedOutcome: null },
  })
}

type Held = RepeatableRequest & Pick<IdempotentAnswer, 'sealedOutcome'> & { leasedUntil: Date }

/** The time of the lease is its token, too: each later one is another time. */
const run = ({ db, seal }: IdempotencyParts, held: Held): Claim => {
  const { keyId, hash, leasedUntil } = held
  const mine = { keyId, hash, leasedUntil }
  const committed = resultsOf(seal, held)
  let writes = 0

  const nextSlot = (): IdempotencySlot => {
    const index = writes++
    return {
      replay: async (tx) => {
        await holdLease(tx, mine)
        return committed.get(index) ?? null
      },
      keep: async (tx, value, events) => {
        const result: Indexed = { index, value, eventIds: events.map(({ id }) => id) }
        const sealed = seal.seal(JSON.stringify(result, tagged), contextOf(held))
        // Added to those of earlier writes, so that a request of many writes does not send all of them each time.
        await tx.$executeRaw`
          UPDATE idempotent_answers SET sealed_outcome = concat_ws(' ', sealed_outcome, ${sealed}::text),
            subject_ids = subject_ids || ${subjectsOf(value, events)}::text[]
          WHERE key_id = ${keyId} AND hash = ${hash}`
      },
    }
  }
  const answered = async (answer: string) => {
    const sealedAnswer = seal.seal(answer, contextOf(held))
    const data = { sealedAnswer, leasedUntil: null }
    const { count } = await db.idempotentAnswer.updateMany({
      where: { ...mine, isForgotten: false },
      data,
    })
    return count === 1
  }
  const failed = async () => {
    const { count } = await db.idempotentAnswer.deleteMany({ where: { ...mine, sealedOutcome: null } })
    if (count === 0) await db.idempotentAnswer.updateMany({ where: mine, data: { leasedUntil: null } })
  }
  // Also when the caller has gone: it is for those who ask again.
  const execution: Execution = {
    nextSlot,
    answered: (answer) => forNobody(() => answered(answer)),
    failed: () => forNobody(failed),
  }
  return { kind: 'run', execution }
}

/** What an result tells of: what its events are about, and what it made or found to be so already. */
const subjectsOf = (value: unknown, events: Event[]): string[] => {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : null
  return [...new Set([...events.map(({ subjectId }) => subjectId), ...(typeof id === 'string' ? [id] : [])])]
}

type Indexed = RecordedResult & { index: number }

/** What earlier attempts committed, by the number of the write: one that met a problem has committed nothing. */
const resultsOf = (seal: Seal, held: Held): Map<number, RecordedResult> => {
  const sealed = held.sealedOutcome?.split(' ') ?? []
  const results = sealed.map((entry) => JSON.parse(seal.open(entry, contextOf(held)), untagged) as Indexed)
  return new Map(results.map((result) => [result.index, result]))
}

/** JSON has no dates and no big integers, and rows have: they come back as what they were. */
function tagged(this: Record<string, unknown>, key: string, value: unknown): unknown {
  // A date has made a text of itself before it gets here.
  if (this[key] instanceof Date) return { $date: value }
  return typeof value === 'bigint' ? { $bigint: String(value) } : value
}

const untagged = (_key: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if ('$date' in value && typeof value.$date === 'string') return new Date(value.$date)
  if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint)
  return value
}

/**
 * Makes sure that the request is still ours until the transaction ends: a repeat that wants to take it over waits for the
 * lock, and then reads what was committed.
 */
const holdLease = async (
  tx: Tx,
  { keyId, hash, leasedUntil }: Omit<Held, 'sealedOutcome' | 'requestHash'>,
) => {
  const held = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM idempotent_answers
    WHERE key_id = ${keyId} AND hash = ${hash} AND leased_until = ${leasedUntil} FOR UPDATE`
  if (held.length === 0)
    throw new RequestError('SERVICE_UNAVAILABLE', 'A repeat of this request has taken it over. Ask again.')
}

/** What answers and results are sealed under: a value copied to another row does not open there. */
const contextOf = ({ keyId, hash }: RepeatableRequest): string => `idempotency/${keyId}/${hash}`
