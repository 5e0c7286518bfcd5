import { setTimeout as pause } from 'node:timers/promises'
import type { Pace } from '../../events/subscribe.ts'
import type { Viewer } from '../../keys/viewer.ts'
import { type Call, Refusal } from '../call.ts'

/** How many streams may be open: of one address or network, of one key, and in all. */
export type StreamLimits = { ofCaller: number; ofKey: number; inAll: number }

const defaultStreamLimits: StreamLimits = { ofCaller: 20, ofKey: 100, inAll: 500 }

// Of all streams together so many are told an event at a time. Making it takes the processor from everybody else.
const toldAtOnce = 4
// What takes less holds up nobody.
const restFromMs = 50

export type Streams = {
  /** Takes a place for a stream; returns what gives it back. Throws a Refusal where there is none. */
  open(call: Call, viewer: Viewer): () => void
  /**
   * When a stream may be told its next event: when its caller's limits have room, and a few others at most are being told
   * theirs. After one that took long its place rests for as long, so that those that are heavy take turns with all else.
   */
  pace(call: Call, viewer: Viewer): Pace
}

/**
 * Bounds what streams cost.
 *
 * @param roomFor how many milliseconds a caller has to wait before an event may be counted for him; 0: it was counted.
 */
export const createStreams = (
  roomFor: (call: Call, viewer: Viewer) => Promise<number>,
  limits: StreamLimits = defaultStreamLimits,
): Streams => {
  const ofCallers = createCount()
  const ofKeys = createCount()
  let inAll = 0
  const turns = createTurns(toldAtOnce)

  return {
    open: (call, { keyId }) => {
      if (ofCallers.of(call.caller) >= limits.ofCaller) throw tooMany('This address', limits.ofCaller)
      if (keyId !== null && ofKeys.of(keyId) >= limits.ofKey) throw tooMany('This API key', limits.ofKey)
      if (inAll >= limits.inAll) throw full()
      const change = (by: number) => {
        inAll += by
        ofCallers.change(call.caller, by)
        if (keyId !== null) ofKeys.change(keyId, by)
      }
      change(1)
      let isOpen = true
      return () => {
        if (isOpen) change(-1)
        isOpen = false
      }
    },

    pace: (call, viewer) => {
      let begun: { at: number; release: () => void } | null = null
      const end = () => {
        if (!begun) return
        const { at, release } = begun
        begun = null
        const took = performance.now() - at
        if (took < restFromMs) release()
        else setTimeout(release, took).unref()
      }
      return {
        begin: async (signal) => {
          end()
          for (;;) {
            const waitMs = await roomFor(call, viewer)
            if (waitMs === 0) break
            await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
            if (signal.aborted) return
          }
          const release = await turns.take()
          if (signal.aborted) release()
          else begun = { at: performance.now(), release }
        },
        end,
      }
    },
  }
}

const createCount = () => {
  const counts = new Map<string, number>()
  const of = (who: string) => counts.get(who) ?? 0
  const change = (who: string, by: number) => {
    const count = of(who) + by
    if (count > 0) counts.set(who, count)
    else counts.delete(who)
  }
  return { of, change }
}

/** So many at a time, the others in the order in which they came. */
const createTurns = (atOnce: number) => {
  const waiting: (() => void)[] = []
  let free = atOnce
  const release = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  return {
    take: async (): Promise<() => void> => {
      if (free > 0) free--
      else await new Promise<void>((resolve) => waiting.push(resolve))
      return release
    },
  }
}

const tooMany = (who: string, most: number) =>
  new Refusal(
    429,
    'RATE_LIMITED',
    `${who} has ${most} streams open already, which is the most. Close one first.`,
    {
      'retry-after': '5',
    },
  )

const full = () =>
  new Refusal(503, 'SERVICE_UNAVAILABLE', 'Too many streams are open. Try again later.', {
    'retry-after': '30',
  })
