import { within } from './deadline.ts'
import type { Log } from './log.ts'

/** What was opened, and how it ends: within `ms` of its own accord, or else it is left behind. */
type Part = { name: string; end(ms: number): Promise<unknown> }

export type Stopping = {
  /** Takes and gives: ends with all others of its kind, before what they need. */
  door(name: string, end: Part['end']): void
  /** Needed by the doors until they are closed. */
  service(name: string, end: Part['end']): void
  /** Needed by everything, and so the last to go. */
  base(name: string, end: Part['end']): void
  /** Ends everything within `graceMs`, or a moment later; what fails or takes too long keeps no other from ending. */
  stop(graceMs: number): Promise<void>
}

// What is flushed to somebody else at the stop gets so long: a collector of traces, say, that may have gone before us.
const servicesMs = 1_500
// So that a database that is slow to close still is, within the ten seconds that a supervisor gives.
const baseMs = 1_500

/** One deadline for the end of everything that was opened. */
export const createStopping = (log: Log): Stopping => {
  const doors: Part[] = []
  const services: Part[] = []
  const base: Part[] = []

  const endAll = async (parts: Part[], ms: number, moment = momentMs) => {
    await Promise.all(parts.splice(0).map((part) => endPart(part, ms, moment)))
  }

  const endPart = async ({ name, end }: Part, ms: number, moment: number) => {
    try {
      // It has a moment for what it does when it cuts the rest short itself.
      const ended = await within(ms + moment, end(ms))
      if (ended === 'late') log.warn({ part: name, ms }, 'a part did not stop in time and was left behind')
    } catch (error) {
      log.warn({ err: error, part: name }, 'a part failed to stop')
    }
  }

  return {
    door: (name, end) => void doors.push({ name, end }),
    service: (name, end) => void services.push({ name, end }),
    base: (name, end) => void base.push({ name, end }),
    stop: async (graceMs) => {
      // A start that failed has nothing in flight, and nobody who waits with a watch in hand.
      if (graceMs === 0) {
        for (const parts of [doors, services, base]) await endAll(parts, 0, baseMs)
        return
      }
      const deadline = performance.now() + graceMs
      const rest = servicesMs + baseMs + 2 * momentMs
      await endAll(doors, graceMs > 2 * rest ? graceMs - rest : graceMs)
      await endAll(services, servicesMs)
      await endAll(base, Math.max(baseMs, deadline - performance.now() - momentMs))
    },
  }
}

const momentMs = 200
