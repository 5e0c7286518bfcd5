import type { Tx } from '../db/client.ts'
import { isOutage } from '../db/outage.ts'
import { system } from '../keys/viewer.ts'
import { ExpectedError, InvalidStateError } from '../lib/errors.ts'
import { holdTerms } from '../taxonomy/shared/locks.ts'
import type { Write, Writer } from '../write/write.ts'
import { postToWrite } from './load-for-update.ts'
import { publishPost } from './publish.ts'
import { endSchedule, unpublishPost } from './take-back.ts'

// A schedule that was long away is worked off in steps, each with its own transaction a post.
const batch = 100

/** Who is told of what did not go as somebody wished. */
export type ScheduleHandlers = {
  /** A schedule that cannot be carried out has ended. */
  onEnded(id: string, reason: string): void
  /** Something failed that nobody expects; it is tried again at the next look, and holds up no other one. */
  onError(id: string, error: unknown): void
}

/**
 * Publishes what is due and takes back what has ended, each in a transaction of its own and as a person would. A post that
 * another process is at is skipped, so that however many look, each fires once. Returns how many fired.
 */
export const fireDue = async (
  db: Tx,
  write: Writer,
  now: Date,
  handlers: ScheduleHandlers,
): Promise<number> => {
  let fired = 0
  let place: Due | undefined
  do {
    const due = await dueAfter(db, now, place)
    for (const { id } of due) {
      try {
        fired += (await fireOne(write, id, handlers)) ? 1 : 0
      } catch (error) {
        if (isOutage(error)) throw error
        handlers.onError(id, error)
      }
    }
    place = due.length === batch ? due.at(-1) : undefined
  } while (place && fired < batch)
  return fired
}

const scheduler = system('schedule')

type Due = { id: string; at: Date }

const dueAfter = (db: Tx, now: Date, place: Due | undefined): Promise<Due[]> =>
  db.$queryRaw<Due[]>`
    SELECT id, at FROM (
      SELECT id, least(scheduled_at, unpublish_at) AS at FROM posts
      WHERE status IN ('SCHEDULED', 'PUBLISHED') AND (scheduled_at <= ${now} OR unpublish_at <= ${now})
    ) due
    WHERE (at, id) > (${place?.at ?? new Date(0)}::timestamptz, ${place?.id ?? ''})
    ORDER BY at, id LIMIT ${batch}`

const fireOne = async (write: Writer, id: string, { onEnded }: ScheduleHandlers): Promise<boolean> => {
  try {
    const { events } = await write(scheduler, (w) => fire(w, id))
    return events.length > 0
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error
    // What cannot be published will not be by trying again: the schedule ends, and a person is told. Killed before that
    // it is due still, and comes here again.
    const { message } = error
    const { events } = await write(scheduler, (w) => giveUp(w, id, message))
    if (events.length > 0) onEnded(id, message)
    return events.length > 0
  }
}

const fire = async (w: Write, id: string): Promise<void> => {
  const due = await lockDue(w, id)
  if (due?.starts) {
    if (!due.isApproved) throw new InvalidStateError(notApproved)
    await publishPost(w, { id })
  }
  if (due?.ends) await unpublishPost(w, { id })
}

/** A post whose time has come to be taken back is taken back, whatever keeps its edits from being published. */
const giveUp = async (w: Write, id: string, reason: string): Promise<void> => {
  const due = await lockDue(w, id)
  if (due?.starts) await endSchedule(w, await postToWrite(w, { id }), reason)
  if (due?.ends) await unpublishPost(w, { id })
}

const notApproved = 'It was saved by somebody who may not publish after it was scheduled.'

/** Looked at again under the lock: another process may have fired it, or a person changed it, since it was found. */
const lockDue = async (w: Write, id: string) => {
  // Before the row, as everybody locks: a merge of terms would wait for the row while this waits for the merge.
  await holdTerms(w)
  const [row] = await w.tx.$queryRaw<{ starts: boolean; ends: boolean; isApproved: boolean }[]>`
    SELECT coalesce(scheduled_at <= ${w.now}, false) AS starts, coalesce(unpublish_at <= ${w.now}, false) AS ends,
      coalesce(scheduled_version = head_version, false) AS "isApproved"
    FROM posts WHERE id = ${id} AND status IN ('SCHEDULED', 'PUBLISHED') FOR UPDATE SKIP LOCKED`
  return row
}
