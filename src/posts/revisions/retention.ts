import type { Tx } from '../../db/client.ts'

// Some ten milliseconds.
const batch = 500

/**
 * Forgets the revisions of before a time that never were public. Kept are pending edits, what was brought back, the newest of
 * each post and the newest in which something was written: by that an import knows what was edited here since, and by what it
 * brought itself.
 *
 * @returns a step: it looks at some more of them, each once however many are kept, and returns at how many.
 */
export const forgetRevisions = (db: Tx, before: Date): (() => Promise<number>) => {
  let last: Place = { createdAt: new Date(0), id: '' }
  return async () => {
    const [looked] = await db.$queryRaw<[{ count: number } & (Place | { createdAt: null; id: null })]>`
      WITH old AS (
        SELECT id, post_id, version, created_at, action = 'imported' OR was_restored AS is_kept FROM post_revisions
        WHERE NOT is_public AND created_at < ${before} AND created_at >= ${last.createdAt}
          AND (created_at, id) > (${last.createdAt}, ${last.id})
        ORDER BY created_at, id LIMIT ${batch}
      ), deleted AS (
        DELETE FROM post_revisions USING old WHERE post_revisions.id = old.id AND NOT old.is_kept
          AND NOT EXISTS (SELECT FROM posts WHERE posts.draft_id = old.id)
          AND EXISTS (
            SELECT FROM post_revisions newer WHERE newer.post_id = old.post_id AND newer.version > old.version
              AND cardinality(newer.changed_fields) > 0
          )
      ), looked AS (SELECT count(*)::int AS count FROM old)
      SELECT count, created_at AS "createdAt", id
      FROM looked LEFT JOIN (SELECT created_at, id FROM old ORDER BY created_at DESC, id DESC LIMIT 1) newest ON TRUE`
    if (looked.id !== null) last = { createdAt: looked.createdAt, id: looked.id }
    return looked.count
  }
}

type Place = { createdAt: Date; id: string }
