/** Remembers who took long, so that nobody's write waits for them again and again. */
export type TimeBudget = {
  /** Those that there is time for now, beside each other within so many milliseconds: what is quick goes first. */
  choose(keys: string[], ms: number): string[]
  /** Whether it took long the last time. */
  isSlow(key: string): boolean
  /** How long it took; of several that were done at once, how many. */
  note(key: string, ms: number, together?: number): void
}

// A write takes some 20 ms, and on a busy machine several times as long.
const slowMs = 100
// Once may be the machine's fault.
const slowTimes = 3
const restMs = 10 * 60_000
// The shortest of so many is what it takes by itself, on a busy machine, too. Until then nobody can say.
const usualOf = 3
// Of what has not been seen for long the oldest is forgotten.
const maxRemembered = 1_000

type Seen = { recent: number[]; slowInARow: number; restsUntil: number; at: number }

/**
 * What took long three times in a row is let be for ten minutes, then tried once more; and what there is no room for beside
 * others, by what each of them takes usually, until there is room or it has not been tried for ten minutes.
 */
export const createTimeBudget = (clock: () => number = () => performance.now()): TimeBudget => {
  const seen = new Map<string, Seen>()
  const usual = (key: string): number => {
    const { recent, at } = seen.get(key) ?? { recent: [], at: 0 }
    return recent.length < usualOf || clock() - at > restMs ? 0 : Math.min(...recent)
  }
  const choose = (keys: string[], ms: number): string[] => {
    let sum = 0
    return keys
      .filter((key) => (seen.get(key)?.restsUntil ?? 0) <= clock())
      .map((key) => ({ key, takes: usual(key), slow: seen.get(key)?.slowInARow ?? 0 }))
      .toSorted((one, other) => Math.sign(one.slow) - Math.sign(other.slow) || one.takes - other.takes)
      .filter(({ takes }) => {
        sum += takes
        return takes === 0 || sum <= ms
      })
      .map(({ key }) => key)
  }
  const note = (key: string, ms: number, together = 1): void => {
    const { recent, slowInARow, at } = seen.get(key) ?? { recent: [], slowInARow: 0, at: clock() }
    const times = ms > slowMs ? slowInARow + 1 : 0
    const known = clock() - at > restMs ? [] : recent
    seen.delete(key)
    seen.set(key, {
      recent: [...known, ms / together].slice(-usualOf),
      slowInARow: times,
      restsUntil: times >= slowTimes ? clock() + restMs : 0,
      at: clock(),
    })
    const [oldest] = seen.keys()
    if (seen.size > maxRemembered && oldest !== undefined) seen.delete(oldest)
  }
  return { choose, isSlow: (key) => (seen.get(key)?.slowInARow ?? 0) > 0, note }
}
