import type { Tx } from '../db/client.ts'

// A step's worth: each is an article that is written again without its past.
const batch = 500

export type Forgotten = {
  /** The last event of the step. */
  last: bigint
  ids: string[]
  /** Whether there may be more after it. */
  isFull: boolean
}

/**
 * Takes from some events about a subject all that they tell of it: the state before them, previous values, reasons, what
 * documents showed of them. What stays is that something happened, when, by whom, which fields it was about, and the paths
 * and cache tags by which what shows it is found and purged. A fan-out that has one of them in hand is waited for.
 */
export const forgetEventsAbout = async (tx: Tx, subjectId: string, after: bigint): Promise<Forgotten> => {
  const rows = await tx.$queryRaw<{ id: string; sequence: bigint }[]>`
    SELECT id, sequence FROM events WHERE subject_id = ${subjectId} AND sequence > ${after}
    ORDER BY sequence LIMIT ${batch} FOR UPDATE`
  const ids = rows.map(({ id }) => id)
  if (ids.length > 0) {
    await tx.$executeRaw`
      UPDATE events SET before = NULL, before_text_id = NULL, previous = NULL, detail = NULL WHERE id = ANY(${ids})`
    // Without data and failure it is rendered when it is sent: in the state of then.
    await tx.$executeRaw`
      UPDATE event_renderings SET data = NULL, errors = NULL, failure = NULL WHERE event_id = ANY(${ids})`
  }
  return { ids, last: rows.at(-1)?.sequence ?? after, isFull: rows.length === batch }
}

/** What all public events about a subject have made stale: it is purged once more with its deletion. */
export const staleWith = async (
  tx: Tx,
  subjectId: string,
): Promise<{ invalidates: string[]; paths: string[] }> => {
  const [row] = await tx.$queryRaw<{ invalidates: string[]; paths: string[] }[]>`
    SELECT
      ARRAY(SELECT DISTINCT unnest(invalidates) FROM events WHERE subject_id = ${subjectId} AND is_public) AS invalidates,
      ARRAY(SELECT DISTINCT unnest(paths) FROM events WHERE subject_id = ${subjectId} AND is_public) AS paths`
  return row ?? { invalidates: [], paths: [] }
}

/** Whether the log still knows that a subject was deleted. */
export const knowsDeletionOf = async (tx: Tx, subjectId: string): Promise<boolean> =>
  (await tx.event.findFirst({
    where: { subjectId, type: { endsWith: '.deleted' } },
    select: { id: true },
  })) !== null
