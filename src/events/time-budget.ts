/** Remembers who took long, so that nobody's write waits for them again and again. */
export type TimeBudget = {
  /** Whether there is time for it now. */
  allows(key: string): boolean
  /** Whether it took long the last time: what was quick goes before it. */
  isSlow(key: string): boolean
  /** How long it took. */
  note(key: string, ms: number): void
}

// A write takes some 20 ms, and on a busy machine several times as long.
const slowMs = 100
// Once may be the machine's fault.
const slowTimes = 3
const restMs = 10 * 60_000
// Of what has not been seen for long the oldest is forgotten.
const maxRemembered = 1_000

/** What took long three times in a row is let be for ten minutes, then tried once more. */
export const createTimeBudget = (clock: () => number = () => performance.now()): TimeBudget => {
  const slow = new Map<string, { times: number; until: number }>()
  return {
    allows: (key) => (slow.get(key)?.until ?? 0) <= clock(),
    isSlow: (key) => slow.has(key),
    note: (key, ms) => {
      const times = (slow.get(key)?.times ?? 0) + 1
      slow.delete(key)
      if (ms <= slowMs) return
      const until = times >= slowTimes ? clock() + restMs : 0
      slow.set(key, { times, until })
      const [oldest] = slow.keys()
      if (slow.size > maxRemembered && oldest !== undefined) slow.delete(oldest)
    },
  }
}
