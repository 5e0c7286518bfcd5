import type { Tx } from '../db/client.ts'
import { type Event, Prisma } from '../db/generated/client.ts'
import type { Viewer } from '../keys/viewer.ts'
import { RequestError } from '../lib/errors.ts'
import type { EventType } from './catalog.ts'
import { eventsVisibleToSql } from './visibility.ts'

/** What of the log is asked for: of these types (null: all) and for this viewer. */
export type LogReader = { viewer: Viewer; types: readonly EventType[] | null }

/** Where reading begins: after a sequence that a reader names, or wherever the log begins (null). */
export type LogPosition = bigint | null

export type LogPage = {
  events: Event[]
  /** The newest sequence there was: with fewer events than the limit nothing up to it is left to be read. */
  end: bigint
}

/**
 * The next events in commit order, in one statement. What is forgotten and where the log ends are read in the same
 * snapshot: nothing can be deleted, or committed, between them and leave a gap that nobody sees.
 *
 * @param limit how many at most.
 * @throws RequestError CURSOR_EXPIRED when events after `after` are kept no longer, or when the log has no such event.
 */
export const readLog = async (
  db: Tx,
  { viewer, types }: LogReader,
  after: LogPosition,
  limit: number,
): Promise<LogPage> => {
  const ofTypes = types === null ? Prisma.sql`TRUE` : Prisma.sql`events.type = ANY(${[...types]}::text[])`
  const rows = await db.$queryRaw<(Bounds & (Event | { id: null }))[]>`
    SELECT log.*, page.*
    FROM (
      SELECT ${forgottenThrough} AS "forgotten", ${newestSequence} AS "end",
        EXISTS (SELECT FROM events WHERE sequence = ${after}) AS "isThere"
    ) log LEFT JOIN LATERAL (
      SELECT ${eventColumns} FROM events
      WHERE events.sequence > ${after ?? 0n} AND ${eventsVisibleToSql(viewer)} AND ${ofTypes}
      ORDER BY events.sequence LIMIT ${limit}
    ) page ON TRUE
    ORDER BY page.sequence`
  const { forgotten, end, isThere } = rows[0] ?? { forgotten: 0n, end: 0n, isThere: false }
  if (after !== null && after < forgotten) throw expired(after, forgotten)
  if (after !== null && after > end) throw ahead(after, end)
  if (after !== null && after > forgotten && !isThere) throw lost(after)
  return { events: rows.filter((row) => row.id !== null), end }
}

/** Where the log ends: the newest sequence, also when retention has left nothing of it. */
export const endOfLog = async (db: Tx): Promise<bigint> => {
  const [{ end }] = await db.$queryRaw<[{ end: bigint }]>`SELECT ${newestSequence} AS "end"`
  return end
}

/** Reads the cursor of an event, which is its sequence. @throws RequestError INVALID_CURSOR. */
export const readSequence = (after: string): bigint => {
  // Eighteen digits always fit PostgreSQL's bigint, which would fail on more.
  if (/^\d{1,18}$/.test(after)) return BigInt(after)
  throw new RequestError(
    'INVALID_CURSOR',
    `"after" must be the sequence of an event, such as "1042", not "${after}".`,
  )
}

/** The columns of an event as it is told: all but those that only the program reads. */
export const eventColumns = Prisma.raw(
  `id, sequence, type, occurred_at AS "occurredAt", actor, actor_id AS "actorId", subject_type AS "subjectType", subject_id AS "subjectId",
   subject_version AS "subjectVersion", changed_fields AS "changedFields", previous, invalidates, paths,
   is_public AS "isPublic", detail, fanned_out_at AS "fannedOutAt"`,
)

const forgottenThrough = Prisma.sql`coalesce((SELECT forgotten_through FROM retention), 0)`
const newestSequence = Prisma.sql`greatest(${forgottenThrough}, (SELECT max(sequence) FROM events))`

type Bounds = { forgotten: bigint; end: bigint; isThere: boolean }

/** The log was longer once: whoever waited here for it to grow would miss what is written under the numbers in between. */
const ahead = (after: bigint, end: bigint): RequestError =>
  new RequestError('CURSOR_EXPIRED', `"after" is ${after}, and the log ends at ${end}: ${restored}`)

/** The log had such an event once, and has grown past it since. */
const lost = (after: bigint): RequestError =>
  new RequestError('CURSOR_EXPIRED', `"after" is ${after}, and the log has no such event: ${restored}`)

const restored =
  'the site was restored from a backup that is older than this cursor, or it is the cursor of another site. Read again what you keep, then go on without "after".'

const expired = (after: bigint, forgotten: bigint): RequestError =>
  new RequestError(
    'CURSOR_EXPIRED',
    `"after" is ${after}, and the events up to ${forgotten} are kept no longer: read again what they were about, then go on without "after".`,
  )
