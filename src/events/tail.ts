import type { Event } from '../db/generated/client.ts'
import type { LogPage } from './log.ts'

// Without a notification the log is looked at all the same: one may have been lost with its connection. Often enough for a
// stream to end within 5 s of its key.
const lookAgainMs = 4_000
// Of what was committed last so much is kept for readers who are a little behind; who is further behind reads for himself.
const mostKept = 500

/** One reader's place at the end of the log. */
export type Seat = {
  /** The events after a sequence, of all types and for all viewers; null when the tail does not reach back so far. */
  since(sequence: bigint): { events: Event[]; end: bigint } | null
  /** Resolves when there may be something after a sequence, when it is time to look again, or when the reader leaves. */
  wait(sequence: bigint): Promise<void>
  /** Counts up each time that the log is looked at. */
  look(): number
  leave(): void
}

export type Tail = {
  /** Takes a seat for a reader who has read the log up to a sequence. */
  sit(sequence: bigint): Seat
  /** Something was committed. */
  ring(): void
  close(): void
}

/**
 * The end of the log, read once for all who follow it: however many there are, a commit costs one statement, and a quiet day
 * one every 4 s and no memory. With nobody who follows it is not read at all.
 *
 * @param readAfter what was committed after a sequence, whoever may see it, up to a limit.
 */
export const createTail = (readAfter: (sequence: bigint, limit: number) => Promise<LogPage>): Tail => {
  const waiting = new Set<() => void>()
  let seats = 0
  let log: { from: bigint; end: bigint; events: Event[] } | null = null
  let failure: { error: unknown } | null = null
  let reading: Promise<void> | null = null
  let isRung = false
  let looks = 0
  let timer: NodeJS.Timeout | undefined

  const ring = () => {
    isRung = true
    if (seats === 0 || reading) return
    reading = read().finally(() => {
      reading = null
      wake()
      if (isRung) ring()
    })
  }

  const read = async () => {
    isRung = false
    if (!log) return
    try {
      const { events, end } = await readAfter(log.end, mostKept)
      looks++
      const isWhole = events.length < mostKept
      const readTo = isWhole ? end : (events.at(-1)?.sequence ?? end)
      const all = [...log.events, ...events]
      const left = all.slice(0, Math.max(0, all.length - mostKept))
      log = { from: left.at(-1)?.sequence ?? log.from, end: readTo, events: all.slice(left.length) }
      isRung ||= !isWhole
    } catch (error) {
      // Told to those who follow now; who comes next begins anew.
      failure = { error }
      log = null
    }
  }

  const wake = () => {
    const woken = [...waiting]
    waiting.clear()
    for (const resolve of woken) resolve()
  }

  const stop = () => {
    clearInterval(timer)
    timer = undefined
    log = null
    failure = null
  }

  const begin = (sequence: bigint) => {
    log = { from: sequence, end: sequence, events: [] }
    failure = null
    // What was committed since that was read has rung for nobody.
    ring()
  }

  const sit = (sequence: bigint): Seat => {
    seats++
    if (!log) begin(sequence)
    timer ??= setInterval(ring, lookAgainMs).unref()
    let hasLeft = false
    let leaving = () => undefined as unknown
    return {
      since: (after) => {
        if (failure) throw failure.error
        if (!log || after < log.from) return null
        return { events: log.events.filter((event) => event.sequence > after), end: log.end }
      },
      wait: async (after) => {
        if (!log && !failure && !hasLeft) begin(after)
        if (hasLeft || failure || (log && log.end > after)) return
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.add(resolve)
        leaving = () => {
          waiting.delete(resolve)
          resolve()
        }
        await promise
      },
      look: () => looks,
      leave: () => {
        if (hasLeft) return
        hasLeft = true
        leaving()
        seats--
        if (seats === 0) stop()
      },
    }
  }

  return { sit, ring, close: stop }
}
