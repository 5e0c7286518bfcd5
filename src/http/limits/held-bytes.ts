import { type Hold, Refusal } from '../call.ts'

/** How many bytes may be held: for one caller, and in all. */
export type HeldBytesLimits = { ofCaller: number; inAll: number }

export const defaultHeldBytesLimits: HeldBytesLimits = { ofCaller: 64_000_000, inAll: 256_000_000 }

// Never refused, and small beside what a connection costs: answers to mutations should arrive.
const alwaysHeld = 65_536

// Who has taken nothing for so long goes first when there is no room.
const stalledMs = 3_000

export type HeldBytes = {
  /** `cut` ends the call, when its room is needed and nothing of what is held was taken for a while. */
  hold(caller: string, cut: () => void): Hold
  /** Throws a Refusal while a caller, or all together, have taken so little that there is no room for another answer. */
  checkRoom(caller: string): void
}

type Held = { caller: string; bytes: number; takenAt: number; cut: () => void }

/** Counts what is held in memory for callers who send or read slowly, and bounds it. */
export const createHeldBytes = (limits: HeldBytesLimits = defaultHeldBytesLimits): HeldBytes => {
  const holds = new Set<Held>()
  const ofCallers = new Map<string, number>()
  let inAll = 0

  const change = (held: Held, by: number) => {
    const { caller } = held
    held.bytes += by
    inAll += by
    const own = (ofCallers.get(caller) ?? 0) + by
    if (own > 0) ofCallers.set(caller, own)
    else ofCallers.delete(caller)
    if (held.bytes > 0) holds.add(held)
    else holds.delete(held)
  }

  const ensureRoom = (caller: string, bytes: number) => {
    while ((ofCallers.get(caller) ?? 0) + bytes > limits.ofCaller)
      if (!cutStalled((held) => held.caller === caller)) throw ofCallerFull()
    while (inAll + bytes > limits.inAll) if (!cutStalled(() => true)) throw inAllFull()
  }

  const cutStalled = (isMeant: (held: Held) => boolean): boolean => {
    const before = performance.now() - stalledMs
    const stalled = [...holds].filter((held) => isMeant(held) && held.takenAt < before)
    const [longest] = stalled.sort((one, other) => one.takenAt - other.takenAt)
    if (!longest) return false
    change(longest, -longest.bytes)
    longest.cut()
    return true
  }

  return {
    hold: (caller, cut) => {
      const held = { caller, bytes: 0, takenAt: performance.now(), cut }
      return {
        add: (bytes) => {
          if (held.bytes + bytes > alwaysHeld) ensureRoom(caller, bytes)
          held.takenAt = performance.now()
          change(held, bytes)
        },
        less: (bytes) => {
          held.takenAt = performance.now()
          change(held, -Math.min(bytes, held.bytes))
        },
        release: () => change(held, -held.bytes),
      }
    },
    checkRoom: (caller) => ensureRoom(caller, 0),
  }
}

const ofCallerFull = () =>
  new Refusal(
    429,
    'RATE_LIMITED',
    'This address has asked for more than it reads. Read the answers that are under way, or ask for less at once.',
    { 'retry-after': '5' },
  )

const inAllFull = () =>
  new Refusal(503, 'SERVICE_UNAVAILABLE', 'Too many answers are under way. Try again in a few seconds.', {
    'retry-after': '5',
  })
