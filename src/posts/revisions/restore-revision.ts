import type { Post } from '../../db/generated/client.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { NotFoundError, TakenError, ValidationError } from '../../lib/errors.ts'
import { prefixOf } from '../../lib/id.ts'
import { kindNames, kinds } from '../../taxonomy/kinds.ts'
import { tableOf } from '../../taxonomy/shared/rows.ts'
import type { Write } from '../../write/write.ts'
import { postToWrite } from '../load-for-update.ts'
import { saveEdits } from '../post.ts'
import { renderBeforeLock } from '../rendering.ts'
import { workingCopyOf } from './revision.ts'
import { type Snapshot, termIdsBy } from './snapshot.ts'
import { readSnapshot } from './stored-snapshot.ts'

/**
 * Saves what a revision holds as the newest edits. Authors and terms that exist no longer are left out.
 *
 * @throws NotFoundError; VersionConflictError; TakenError when its slug or path has come to belong to another post;
 *   ValidationError when it cannot be rendered any more.
 */
export const restorePostRevision = async (
  w: Write,
  { revisionId, expectedVersion }: { revisionId: string; expectedVersion?: number | null },
): Promise<Post> => {
  requireScope(w, 'CONTENT_WRITE')
  const revision =
    prefixOf(revisionId) === 'revision'
      ? await w.tx.postRevision.findUnique({ where: { id: revisionId } })
      : null
  if (!revision)
    throw new NotFoundError(`There is no revision with the id "${revisionId}".`, ['input', 'revisionId'])
  const written = readSnapshot(revision.snapshot)
  const { source, format, excerpt } = written
  await renderBeforeLock(w, revision.postId, { source, format, excerpt }).catch(ofRevision)
  const before = await postToWrite(w, { id: revision.postId, expectedVersion })
  const snapshot = await withoutWhatIsGone(w, written)
  const base = await workingCopyOf(w, before)
  const post = await saveEdits(w, before, base, snapshot, 'restored').catch(ofRevision)
  if (post.headVersion > before.post.headVersion)
    await w.tx.postRevision.updateMany({ where: { id: revisionId }, data: { wasRestored: true } })
  return post
}

/** The slug that is taken, and the source, are not in the input, which names only the revision. */
const ofRevision = (error: unknown): never => {
  const path = ['input', 'revisionId']
  if (error instanceof TakenError) throw new TakenError(error.message, path)
  if (error instanceof ValidationError)
    throw new ValidationError(error.issues.map(({ message }) => ({ message, path })))
  throw error
}

const withoutWhatIsGone = async (w: Write, snapshot: Snapshot): Promise<Snapshot> => {
  const there = new Set<string>()
  for (const kind of kindNames) {
    const where = { id: { in: snapshot[kinds[kind].idsField] } }
    for (const { id } of await tableOf(w.tx, kind).findMany({ where, select: { id: true } })) there.add(id)
  }
  return {
    ...snapshot,
    ...termIdsBy((kind) => snapshot[kinds[kind].idsField].filter((id) => there.has(id))),
  }
}
