import type { Tx } from '../db/client.ts'
import type { ApiKeyScope } from '../db/generated/client.ts'
import type { LimitStatements } from '../db/statement-timeout.ts'
import type { Patience } from './patience.ts'

/** A filter that a listener has, as JSON, and whose eyes it looks with. What has the same key matches the same. */
export type Interest = { key: string; filter: object; scopes: ApiKeyScope[] }

/** The keys of the interests that a subject matches, and of those that it does not. In neither: nobody could say. */
export type Verdict = { matched: string[]; missed: string[] }

/** What judging needs of others: who wants to be told of what (webhooks), and what a filter means (posts). */
export type InterestPorts = {
  /** All that there are, each once. */
  interests(tx: Tx): Promise<Interest[]>
  /**
   * For each interest those of these ids that match it as they are now; what is not there does not. Null for one that is
   * refused: it was kept when filters could be larger.
   */
  matching(tx: Tx, interests: Interest[], ids: string[]): Promise<(Set<string> | null)[]>
  /** Told of a filter that failed. */
  onError(error: unknown, interest: Interest): void
  limitStatements: LimitStatements
  /** With filters, by their keys. */
  patience: Patience
}

/** Says which interests a subject matches as it is now. */
export type Judge = (subjectId: string) => Promise<Verdict>

/**
 * The judge of one transaction, which asks it of a subject before and after it is changed: whoever had it among theirs is
 * told that it left. An interest that fails takes nothing with it; it matches neither way, and who has it is told.
 */
export const createJudge = (tx: Tx, ports: InterestPorts): Judge => {
  let read: Promise<Interest[]> | undefined
  return async (subjectId) => {
    // Read once: before and after are about the same filters.
    read ??= ports.interests(tx)
    const interests = (await read).filter(({ key }) => ports.patience.allows(key))
    const verdict: Verdict = { matched: [], missed: [] }
    if (interests.length === 0) return verdict
    await ports.limitStatements(tx, judgeTimeoutMs, async () => {
      for (const some of groupsOf(interests, ports.patience)) await judge(tx, ports, some, subjectId, verdict)
    })
    return verdict
  }
}

/** What holds of a subject that was `before` what it is `after`; null: it is new. */
export const eitherOf = (before: Verdict | null, after: Verdict): Verdict => ({
  matched: [...new Set([...(before?.matched ?? []), ...after.matched])],
  missed: after.missed.filter((key) => before === null || before.missed.includes(key)),
})

// A filter at its limits has some thousands of values, and a statement holds 32,767.
const interestsAtOnce = 10

// As long as a document may take.
const judgeTimeoutMs = 200

/** Those that took long each by itself, so that the next time tells which of them it is. */
const groupsOf = (interests: Interest[], patience: Patience): Interest[][] => {
  const [quick, slow] = [false, true].map((isSlow) =>
    interests.filter(({ key }) => patience.isSlow(key) === isSlow),
  )
  const groups = (slow ?? []).map((one) => [one])
  for (let from = 0; from < (quick?.length ?? 0); from += interestsAtOnce)
    groups.unshift(quick?.slice(from, from + interestsAtOnce) ?? [])
  return groups
}

const judge = async (
  tx: Tx,
  ports: InterestPorts,
  interests: Interest[],
  subjectId: string,
  verdict: Verdict,
): Promise<void> => {
  const start = performance.now()
  await tx.$executeRaw`SAVEPOINT judging`
  try {
    const matches = await ports.matching(tx, interests, [subjectId])
    for (const [index, interest] of interests.entries()) {
      const found = matches[index]
      if (found === null) ports.onError(new Error('It is larger than filters may be.'), interest)
      else verdict[found?.has(subjectId) ? 'matched' : 'missed'].push(interest.key)
    }
    await tx.$executeRaw`RELEASE SAVEPOINT judging`
    const ms = performance.now() - start
    // Of several it is not known which one took the time; the next look tells.
    for (const { key } of interests) ports.patience.note(key, ms)
  } catch (error) {
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT judging`
    await tx.$executeRaw`RELEASE SAVEPOINT judging`
    const [only, ...more] = interests
    if (only && more.length === 0) {
      ports.patience.note(only.key, performance.now() - start)
      return ports.onError(error, only)
    }
    // One of them is at fault, and the others are not to suffer for it.
    for (const interest of interests) await judge(tx, ports, [interest], subjectId, verdict)
  }
}
