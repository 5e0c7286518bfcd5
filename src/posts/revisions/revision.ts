import { Prisma } from '../../db/generated/client.ts'
import { newId } from '../../lib/id.ts'
import type { Rendered } from '../../markup/rendered.ts'
import type { Write } from '../../write/write.ts'
import { changedFieldsOf, type PostState, type Snapshot, snapshotOf } from './snapshot.ts'
import { readSnapshot, storedSnapshot } from './stored-snapshot.ts'

/** What made a revision; `state`: a change of status or schedule with nothing written. */
export type RevisionAction =
  | 'created'
  | 'imported'
  | 'saved'
  | 'restored'
  | 'published'
  | 'unpublished'
  | 'scheduled'
  | 'unscheduled'
  | 'trashed'
  | 'state'

/** Writes down one save: who, when, what changed, and what restores it. Returns its id. */
export const writeRevision = async (
  w: Write,
  postId: string,
  version: number,
  action: RevisionAction,
  snapshot: Snapshot,
  before: Snapshot | null,
  rendered: Rendered | null = null,
): Promise<string> => {
  const id = newId('revision')
  await w.tx.postRevision.create({
    data: {
      id,
      postId,
      version,
      action,
      actor: w.viewer.name,
      actorId: w.viewer.keyId,
      changedFields: before ? changedFieldsOf(before, snapshot) : [],
      snapshot: storedSnapshot(snapshot),
      rendered: rendered ? (rendered as unknown as Prisma.InputJsonObject) : Prisma.DbNull,
      createdAt: w.now,
    },
  })
  return id
}

/** What a person is editing: the pending draft over a published post, else the post itself. */
export const workingCopyOf = async (w: Write, state: PostState): Promise<Snapshot> => {
  if (state.post.draftId === null) return snapshotOf(state)
  const draft = await w.tx.postRevision.findUniqueOrThrow({ where: { id: state.post.draftId } })
  return readSnapshot(draft.snapshot)
}
