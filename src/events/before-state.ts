import type { Tx } from '../db/client.ts'
import { Prisma } from '../db/generated/client.ts'
import { columnName } from '../db/page.ts'
import { hasScope, type Viewer } from '../keys/viewer.ts'
import type { Kind, kinds } from '../taxonomy/kinds.ts'
import type { EventType } from './catalog.ts'
import { readTexts } from './state-texts.ts'

/** A row as it was, with the id of the event that keeps it. */
export type Past<Row> = Row & { stateId: string }

/** What is asked for of the subjects of events, of one type. */
export type PastRows = {
  table: 'posts' | (typeof kinds)[Kind]['plural']
  /** In SQL, of that table. */
  columns: Prisma.Sql
  /** The rule of who sees which row of that table, in SQL. */
  visible: Prisma.Sql
  /** The fields among them that events keep apart, where they do. */
  texts?: string[]
  /** Told how long the texts of a row are, before the next are read: each row may have megabytes. */
  count?: (bytes: number) => void
}

/** What an event keeps of a row: its values by the names of their columns, as `json_populate_record` takes them. */
export const pastOf = (row: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(row).map(([field, value]) => [columnName(field), value]))

/**
 * The rows of the subjects of events as they were before them, in one statement; null where there was nothing, or nothing
 * for this viewer. With content:read that is the state right before the event. Everybody else sees the last state that
 * was public: what the newest public event keeps, up to this one, that took such a state away. (Nothing public changes
 * without a public event.)
 *
 * @param ids of events that the viewer may see.
 */
export const statesBefore = async <Row>(
  { db, viewer }: { db: Tx; viewer: Viewer },
  ids: string[],
  { table, columns, visible, texts = [], count = () => undefined }: PastRows,
): Promise<(Past<Row> | null)[]> => {
  const name = Prisma.raw(table)
  const rows = await db.$queryRaw<(Past<Row> & Kept)[]>`
    SELECT event.id AS "eventId", keeper.id AS "stateId", keeper.before_text_id AS "textId", ${columns}
    FROM events event
    CROSS JOIN LATERAL (
      SELECT keeper.id, keeper.before, keeper.before_text_id FROM events keeper
      WHERE keeper.before IS NOT NULL AND ${keepsFor(viewer)}
      -- Not by the index of sequences, which would be the whole log for a subject that has none.
      ORDER BY keeper.sequence + 0 DESC LIMIT 1
    ) keeper
    CROSS JOIN LATERAL json_populate_record(NULL::${name}, keeper.before) ${name}
    WHERE event.id = ANY(${ids}) AND ${visible}`
  if (texts.length > 0) await addTexts(db, rows, texts, count)
  const byEvent = new Map(rows.map((row) => [row.eventId, row]))
  return ids.map((id) => byEvent.get(id) ?? null)
}

type Kept = { eventId: string; textId: bigint | null }

const addTexts = async (
  db: Tx,
  rows: Kept[],
  fields: string[],
  count: (bytes: number) => void,
): Promise<void> => {
  const byText = Map.groupBy(rows, (row) => row.textId)
  const ids = [...byText.keys()].filter((id) => id !== null)
  if (ids.length === 0) return
  for await (const { id, texts } of readTexts(db, ids)) {
    const asked = Object.fromEntries(fields.map((field) => [field, texts[field]]))
    const bytes = Buffer.byteLength(JSON.stringify(asked))
    for (const row of byText.get(id) ?? []) {
      Object.assign(row, asked)
      count(bytes)
    }
  }
}

/** Which events may keep the state. Those before which nothing was public need not be opened: an article may be large. */
const keepsFor = (viewer: Viewer): Prisma.Sql =>
  hasScope(viewer, 'CONTENT_READ')
    ? Prisma.sql`keeper.id = event.id`
    : Prisma.sql`keeper.subject_id = event.subject_id AND keeper.sequence <= event.sequence
        AND keeper.is_public AND keeper.type <> ALL(${afterNothingPublic})`

// A post is published from a draft, and deleted from the trash.
const afterNothingPublic: EventType[] = ['post.published', 'post.deleted']
