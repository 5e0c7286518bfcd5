import type { Tx } from '../../db/client.ts'

// Some ten milliseconds.
const batch = 500

/**
 * Forgets some of the revisions of before a time that never were public, and returns how many. Kept are pending edits, what
 * was brought back, the newest of each post and the newest in which something was written: by that an import knows what was
 * edited here since, and by what it brought itself.
 */
export const forgetRevisions = (db: Tx, before: Date): Promise<number> => db.$executeRaw`
  DELETE FROM post_revisions WHERE id IN (
    SELECT revision.id FROM post_revisions revision
    WHERE NOT revision.is_public AND revision.created_at < ${before}
      AND NOT revision.was_restored AND revision.action <> 'imported'
      AND NOT EXISTS (SELECT FROM posts WHERE posts.draft_id = revision.id)
      AND EXISTS (
        SELECT FROM post_revisions newer WHERE newer.post_id = revision.post_id AND newer.version > revision.version
          AND cardinality(newer.changed_fields) > 0
      )
    LIMIT ${batch}
  )`
