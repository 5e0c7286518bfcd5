import type { Tx } from '../db/client.ts'
import type { Event } from '../db/generated/client.ts'
import type { Viewer } from '../keys/viewer.ts'
import { RequestError } from '../lib/errors.ts'
import type { EventType } from './catalog.ts'
import { endOfLog, type LogReader, readLog, readSequence } from './log.ts'
import type { Seat, Tail } from './tail.ts'
import { maySee } from './visibility.ts'

export type Follow = (
  viewer: Viewer,
  types: EventType[] | null,
  after: string | null,
) => Promise<AsyncGenerator<{ events: Event }>>

/** When a stream may be told its next event. */
export type Pace = {
  /** Resolves when it is its turn, or when `signal` says that it has left. */
  begin(signal: AbortSignal): Promise<void>
  /** The event was made for its reader, or there is none any more. Safe to call at any time. */
  end(): void
}

/** Each at once. */
export const unpaced: Pace = { begin: async () => undefined, end: () => undefined }

// A page of the log; a slow reader holds no more than this in memory.
const batch = 100

const checkAgainMs = 2_000

/** Whether the viewer's credential still holds: a stream may outlive the key that opened it. */
export type StillHolds = (viewer: Viewer) => Promise<boolean>

/**
 * The events after a sequence, in commit order and without end: what is in the log first, then each as it is committed.
 * Without `after`, from the moment on at which it resolves; with one that is older than what is kept, or of no event of
 * the log, it throws CURSOR_EXPIRED. Leaving it ends it at once, also while it waits for a commit. Once the viewer's key is
 * revoked or has expired nothing more is told, and within seconds it ends.
 */
export const createFollow = (db: Tx, tail: Tail, stillHolds: StillHolds) => {
  const holds = sharedByLook(stillHolds)
  return async (
    pace: Pace,
    viewer: Viewer,
    types: EventType[] | null,
    after: string | null,
  ): Promise<AsyncGenerator<{ events: Event }>> => {
    const start = after === null ? await endOfLog(db) : readSequence(after)
    const left = new AbortController()
    const log = read(db, { viewer, types, start, tail, holds, pace, left: left.signal })
    const leave = log.return.bind(log)
    // A generator that waits does not see that it is left: it has to be woken to it.
    log.return = (value) => {
      left.abort()
      return leave(value)
    }
    return log
  }
}

type Subscription = LogReader & {
  start: bigint
  tail: Tail
  holds: (viewer: Viewer, look: number | null) => Promise<boolean>
  pace: Pace
  left: AbortSignal
}

async function* read(db: Tx, subscription: Subscription): AsyncGenerator<{ events: Event }> {
  const { start, tail, holds, pace, left, ...reader } = subscription
  const { viewer, types } = reader
  const isMeant = (event: Event) =>
    maySee(viewer, event) && (types === null || types.some((type) => type === event.type))
  let sequence = start
  let seat: Seat | null = null
  const leave = () => seat?.leave()
  left.addEventListener('abort', leave, { once: true })
  try {
    while (!left.aborted) {
      const look = seat?.look() ?? null
      const shared = seat?.since(sequence) ?? null
      const page = shared ?? (await readLog(db, reader, sequence, batch))
      const events = shared ? shared.events.filter(isMeant) : page.events
      if ((events.length > 0 || seat) && !(await holds(viewer, look))) throw ended()
      let checkedAt = performance.now()
      for (const event of events) {
        await pace.begin(left)
        if (left.aborted) return
        // Telling them all may take minutes.
        if (performance.now() - checkedAt > checkAgainMs) {
          if (!(await holds(viewer, null))) throw ended()
          checkedAt = performance.now()
        }
        yield { events: event }
        sequence = event.sequence
      }
      // There may be more that this reader has to read for himself.
      if (!shared && events.length === batch) continue
      // Nor is what was not for this reader looked at again, or missed by retention.
      sequence = page.end
      if (left.aborted) return
      seat ??= tail.sit(sequence)
      await seat.wait(sequence)
    }
  } finally {
    pace.end()
    leave()
    left.removeEventListener('abort', leave)
  }
}

const ended = (): RequestError =>
  new RequestError('UNAUTHENTICATED', 'The API key was revoked or has expired since the stream began.')

/** Asks once a key for all streams that come from one look at the log. */
const sharedByLook = (stillHolds: StillHolds) => {
  let asked = { look: -1, answers: new Map<string, Promise<boolean>>() }
  return async (viewer: Viewer, look: number | null): Promise<boolean> => {
    const { keyId } = viewer
    if (keyId === null) return true
    if (look === null) return stillHolds(viewer)
    if (asked.look !== look) asked = { look, answers: new Map() }
    const known = asked.answers.get(keyId)
    if (known) return known
    const answer = stillHolds(viewer)
    asked.answers.set(keyId, answer)
    return answer
  }
}
