import { system } from '../auth/viewer.ts'
import type { Tx } from '../db/client.ts'
import { ExpectedError } from '../errors.ts'
import type { Write, Writer } from '../write.ts'
import { publishPost, unpublishPost } from './publish.ts'

// A schedule that was long away is worked off in steps, each with its own transaction a post.
const batch = 100

/**
 * Publishes what is due and takes back what has ended, each in a transaction of its own and as a person would. A post that
 * another process is at is skipped, so that however many look, each fires once. Returns how many fired.
 */
export const fireDue = async (
  db: Tx,
  write: Writer,
  now: Date,
  onRefused: (id: string, error: ExpectedError) => void,
): Promise<number> => {
  const due = await db.$queryRaw<{ id: string }[]>`
    SELECT id FROM posts
    WHERE status IN ('SCHEDULED', 'PUBLISHED') AND (scheduled_at <= ${now} OR unpublish_at <= ${now})
    ORDER BY least(scheduled_at, unpublish_at) LIMIT ${batch}`
  let fired = 0
  for (const { id } of due) {
    try {
      const { events } = await write(scheduler, (w) => fire(w, id))
      fired += events.length > 0 ? 1 : 0
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error
      // What cannot be published will not be by trying again: the schedule ends, and a person is told.
      await write(scheduler, (w) => abandon(w, id))
      onRefused(id, error)
    }
  }
  return fired
}

/** When the next one is due; null when nothing is scheduled. */
export const nextDue = async (db: Tx): Promise<Date | null> => {
  const [row] = await db.$queryRaw<{ at: Date | null }[]>`
    SELECT least(
      (SELECT min(scheduled_at) FROM posts WHERE status IN ('SCHEDULED', 'PUBLISHED')),
      (SELECT min(unpublish_at) FROM posts WHERE status IN ('SCHEDULED', 'PUBLISHED'))
    ) AS at`
  return row?.at ?? null
}

const scheduler = system('schedule')

const abandon = async (w: Write, id: string): Promise<void> =>
  void (await w.tx.post.updateMany({ where: { id }, data: { scheduledAt: null, unpublishAt: null } }))

const fire = async (w: Write, id: string): Promise<void> => {
  // Looked at again under the lock: another process may have fired it, or a person changed it, since it was found.
  const [row] = await w.tx.$queryRaw<{ starts: boolean; ends: boolean }[]>`
    SELECT coalesce(scheduled_at <= ${w.now}, false) AS starts, coalesce(unpublish_at <= ${w.now}, false) AS ends
    FROM posts WHERE id = ${id} AND status IN ('SCHEDULED', 'PUBLISHED') FOR UPDATE SKIP LOCKED`
  if (row?.starts) await publishPost(w, { id })
  if (row?.ends) await unpublishPost(w, { id })
}
