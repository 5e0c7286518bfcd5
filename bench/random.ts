/** Random numbers that are the same in every run of one seed. */
export type Random = {
  /** At least 0 and below 1. */
  next(): number
  /** A whole number, at least 0 and below `end`. */
  below(end: number): number
  /** `count` different elements, in random order; all of them where there are fewer. */
  pick<T>(from: readonly T[], count: number): T[]
}

/** mulberry32: 32 bits of state, which is enough for a blog, and the same on every machine. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (end: number) => Math.floor(next() * end)
  const pick = <T>(from: readonly T[], count: number): T[] => {
    const picked = new Set<T>()
    while (picked.size < Math.min(count, from.length)) {
      const one = from[below(from.length)]
      if (one !== undefined) picked.add(one)
    }
    return [...picked]
  }
  return { next, below, pick }
}
