import type { Tx } from '../db/client.ts'
import type { Prisma } from '../db/generated/client.ts'

// One statement locks and deletes this many events with their renderings: some ten milliseconds.
const batch = 500

/**
 * Forgets some of the events that happened before a time, with their renderings. Always the oldest of the log and never one
 * behind a gap: an event that is not fanned out yet is kept, or that somebody still needs, and so is everything after it.
 * The log remembers how far it has forgotten, in the same statement.
 *
 * @param isAwaited whether an event of the table `events` is still needed, as a condition in SQL.
 * @returns how many; 0 when nothing is left to forget.
 */
export const forgetEvents = async (db: Tx, before: Date, isAwaited: Prisma.Sql): Promise<number> => {
  // Of two processes at once the second waits for the first one's rows and then finds them gone.
  const [forgotten] = await db.$queryRaw<[{ count: number }]>`
    WITH oldest AS (
      SELECT sequence, occurred_at < ${before} AND fanned_out_at IS NOT NULL AND NOT ${isAwaited} AS is_over
      FROM events ORDER BY sequence LIMIT ${batch}
    ), kept AS (
      SELECT coalesce(min(sequence) FILTER (WHERE NOT is_over), max(sequence) + 1) AS first FROM oldest
    ), deleted AS (
      DELETE FROM events USING kept WHERE events.sequence < kept.first RETURNING events.sequence
    ), remembered AS (
      INSERT INTO retention (id, forgotten_through)
      SELECT 1, max(sequence) FROM deleted HAVING count(*) > 0
      ON CONFLICT (id) DO UPDATE
      SET forgotten_through = greatest(retention.forgotten_through, excluded.forgotten_through)
    )
    SELECT count(*)::int AS count FROM deleted`
  return forgotten.count
}

/** Forgets some of the texts of before a time that no event refers to, nor another text builds upon. Returns how many. */
export const forgetTexts = (db: Tx, before: Date): Promise<number> => db.$executeRaw`
  DELETE FROM state_texts WHERE id IN (
    SELECT text.id FROM state_texts text
    WHERE text.created_at < ${before}
      AND NOT EXISTS (SELECT FROM events WHERE events.before_text_id = text.id)
      AND NOT EXISTS (SELECT FROM state_texts other WHERE other.base_id = text.id)
    LIMIT ${batch}
  )`
