import type { Viewer } from '../auth/viewer.ts'
import type { Tx } from '../db/client.ts'
import type { Event } from '../db/generated/client.ts'
import { RequestError } from '../errors.ts'
import type { EventType } from './catalog.ts'
import { endOfLog, type LogReader, readLog, readSequence } from './log.ts'

/** Resolves at the next commit with events, or after a while all the same. */
export type NextCommit = () => Promise<void>

export type Follow = (
  viewer: Viewer,
  types: EventType[] | null,
  after: string | null,
) => Promise<AsyncGenerator<{ events: Event }>>

// A page of the log; a slow reader holds no more than this in memory.
const batch = 100

/** Whether the viewer's credential still holds: a stream may outlive the key that opened it. */
export type StillHolds = (viewer: Viewer) => Promise<boolean>

/**
 * The events after a sequence, in commit order and without end: what is in the log first, then each as it is committed.
 * Without `after`, from the moment on at which it resolves; with one that is older than what is kept, or that the log ends
 * before, it throws CURSOR_EXPIRED. Leaving it ends it at once, also while it waits for a commit. Once the viewer's key is revoked or has
 * expired nothing more is told.
 */
export const createFollow =
  (db: Tx, nextCommit: NextCommit, stillHolds: StillHolds): Follow =>
  async (viewer, types, after) => {
    const start = after === null ? await endOfLog(db) : readSequence(after)
    const left = Promise.withResolvers<'left'>()
    const wait = () => Promise.race([nextCommit(), left.promise])
    const log = read(db, { viewer, types, start, stillHolds }, wait)
    const leave = log.return.bind(log)
    // A generator that waits does not see that it is left: it has to be woken to it.
    log.return = (value) => {
      left.resolve('left')
      return leave(value)
    }
    return log
  }

type Subscription = LogReader & { start: bigint; stillHolds: StillHolds }

async function* read(
  db: Tx,
  { start, stillHolds, ...reader }: Subscription,
  wait: () => Promise<unknown>,
): AsyncGenerator<{ events: Event }> {
  let sequence = start
  for (;;) {
    const committed = wait()
    const { events, end } = await readLog(db, reader, sequence, batch)
    if (events.length > 0 && !(await stillHolds(reader.viewer))) {
      throw new RequestError(
        'UNAUTHENTICATED',
        'The API key was revoked or has expired since the stream began.',
      )
    }
    for (const event of events) {
      yield { events: event }
      sequence = event.sequence
    }
    if (events.length === batch) continue
    // Nor is what was not for this reader looked at again, or missed by retention.
    sequence = end
    if ((await committed) === 'left') return
  }
}
