import type { Tx } from '../db/client.ts'
import type { ApiKeyScope } from '../db/generated/client.ts'

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
    const interests = await read
    const verdict: Verdict = { matched: [], missed: [] }
    for (let from = 0; from < interests.length; from += interestsAtOnce)
      await judge(tx, ports, interests.slice(from, from + interestsAtOnce), subjectId, verdict)
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

const judge = async (
  tx: Tx,
  ports: InterestPorts,
  interests: Interest[],
  subjectId: string,
  verdict: Verdict,
): Promise<void> => {
  await tx.$executeRaw`SAVEPOINT judging`
  try {
    const matches = await ports.matching(tx, interests, [subjectId])
    for (const [index, interest] of interests.entries()) {
      const found = matches[index]
      if (found === null) ports.onError(new Error('It is larger than filters may be.'), interest)
      else verdict[found?.has(subjectId) ? 'matched' : 'missed'].push(interest.key)
    }
    await tx.$executeRaw`RELEASE SAVEPOINT judging`
  } catch (error) {
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT judging`
    await tx.$executeRaw`RELEASE SAVEPOINT judging`
    const [only, ...more] = interests
    if (only && more.length === 0) return ports.onError(error, only)
    // One of them is at fault, and the others are not to suffer for it.
    for (const interest of interests) await judge(tx, ports, [interest], subjectId, verdict)
  }
}
