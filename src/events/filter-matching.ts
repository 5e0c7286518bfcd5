import type { Tx } from '../db/client.ts'
import type { ApiKeyScope } from '../db/generated/client.ts'
import type { LimitStatements } from '../db/statement-timeout.ts'
import type { TimeBudget } from './time-budget.ts'

/** A filter that a listener has, as JSON, and the scopes that it looks with. What has the same key matches the same. */
export type SubscriptionFilter = { key: string; filter: object; scopes: ApiKeyScope[] }

/** The keys of the filters that a subject matches, and of those that it does not. In neither: nobody could say. */
export type FilterMatches = { matched: string[]; missed: string[] }

/** What matching needs of others: who wants to be told of what (webhooks), and what a filter means (posts). */
export type FilterPorts = {
  /** All that there are, each once. */
  filters(tx: Tx): Promise<SubscriptionFilter[]>
  /**
   * For each filter those of these ids that match it as they are now; what is not there does not. Null for one that is
   * refused: it was kept when filters could be larger.
   */
  matching(tx: Tx, filters: SubscriptionFilter[], ids: string[]): Promise<(Set<string> | null)[]>
  /** Told of a filter that failed. */
  onError(error: unknown, filter: SubscriptionFilter): void
  limitStatements: LimitStatements
  /** With filters, by their keys. */
  timeBudget: TimeBudget
}

/** Says which filters a subject matches as it is now. */
export type FilterMatcher = (subjectId: string) => Promise<FilterMatches>

/**
 * The matcher of one transaction, which asks it of a subject before and after it is changed: whoever had it among theirs is
 * told that it left. An filter that fails takes nothing with it; it matches neither way, and who has it is told.
 */
export const createFilterMatcher = (tx: Tx, ports: FilterPorts): FilterMatcher => {
  let read: Promise<SubscriptionFilter[]> | undefined
  return async (subjectId) => {
    // Read once: before and after are about the same filters.
    read ??= ports.filters(tx)
    const all = await read
    const chosen = new Set(
      ports.timeBudget.choose(
        all.map(({ key }) => key),
        usualTimeMs,
      ),
    )
    const filters = all.filter(({ key }) => chosen.has(key))
    const filterMatches: FilterMatches = { matched: [], missed: [] }
    if (filters.length === 0) return filterMatches
    await ports.limitStatements(tx, matchTimeoutMs, async () => {
      for (const some of groupsOf(filters, ports.timeBudget))
        await matchSome(tx, ports, some, subjectId, filterMatches)
    })
    return filterMatches
  }
}

/** What holds of a subject that was `before` what it is `after`; null: it is new. */
export const eitherOf = (before: FilterMatches | null, after: FilterMatches): FilterMatches => ({
  matched: [...new Set([...(before?.matched ?? []), ...after.matched])],
  missed: after.missed.filter((key) => before === null || before.missed.includes(key)),
})

// A filter at its limits has some thousands of values, and a statement holds 32,767.
const filtersAtOnce = 10

// Of all together, by what they take usually: they are asked twice.
const usualTimeMs = 30
// As long as a document may take.
const matchTimeoutMs = 200

/** Those that took long each by itself, so that the next time tells which of them it is. */
const groupsOf = (filters: SubscriptionFilter[], timeBudget: TimeBudget): SubscriptionFilter[][] => {
  const [quick, slow] = [false, true].map((isSlow) =>
    filters.filter(({ key }) => timeBudget.isSlow(key) === isSlow),
  )
  const groups = (slow ?? []).map((one) => [one])
  for (let from = 0; from < (quick?.length ?? 0); from += filtersAtOnce)
    groups.unshift(quick?.slice(from, from + filtersAtOnce) ?? [])
  return groups
}

const matchSome = async (
  tx: Tx,
  ports: FilterPorts,
  filters: SubscriptionFilter[],
  subjectId: string,
  filterMatches: FilterMatches,
): Promise<void> => {
  const start = performance.now()
  await tx.$executeRaw`SAVEPOINT matching`
  try {
    const matches = await ports.matching(tx, filters, [subjectId])
    for (const [index, filter] of filters.entries()) {
      const found = matches[index]
      if (found === null) ports.onError(new Error('It is larger than filters may be.'), filter)
      else filterMatches[found?.has(subjectId) ? 'matched' : 'missed'].push(filter.key)
    }
    await tx.$executeRaw`RELEASE SAVEPOINT matching`
    const ms = performance.now() - start
    // Of several it is not known which one took the time; the next look tells.
    for (const { key } of filters) ports.timeBudget.note(key, ms, filters.length)
  } catch (error) {
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT matching`
    await tx.$executeRaw`RELEASE SAVEPOINT matching`
    const [only, ...more] = filters
    if (only && more.length === 0) {
      ports.timeBudget.note(only.key, performance.now() - start)
      return ports.onError(error, only)
    }
    // One of them is at fault, and the others are not to suffer for it.
    for (const filter of filters) await matchSome(tx, ports, [filter], subjectId, filterMatches)
  }
}
