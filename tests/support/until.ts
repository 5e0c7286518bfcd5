import { setTimeout as pause } from 'node:timers/promises'

// Often enough to cost a test nothing, seldom enough to leave the machine to what is waited for.
const intervalMs = 20

/** Waits for a condition: the only way in which a test waits. Resolves with what it found. */
export const until = async <T>(
  condition: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> => {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = await condition()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain for: ${condition}`)
    await pause(intervalMs)
  }
}
