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

/** One save: what was done, what is written now and was written before it, and what is to be kept of it. */
export type Save = {
  version: number
  action: RevisionAction
  snapshot: Snapshot
  /** Null: there was nothing. */
  before: Snapshot | null
  /** Whether readers see it from now on. */
  isPublic: boolean
  /** What was made of it, of pending edits. */
  rendered?: Rendered
}

/**
 * Writes down one save: who, when, what changed, and what restores it. Returns its id. Of a run of saves by one key the
 * newest alone is kept.
 */
export const writeRevision = async (w: Write, postId: string, save: Save): Promise<string> => {
  const run = save.action === 'saved' ? await endRun(w, postId) : null
  const before = run?.before ?? save.before
  const id = newId('revision')
  await w.tx.postRevision.create({
    data: {
      id,
      postId,
      version: save.version,
      action: save.action,
      actor: w.viewer.name,
      actorId: w.viewer.keyId,
      changedFields: before ? changedFieldsOf(before, save.snapshot) : [],
      snapshot: storedSnapshot(save.snapshot),
      rendered: save.rendered ? (save.rendered as unknown as Prisma.InputJsonObject) : Prisma.DbNull,
      createdAt: w.now,
      runBeganAt: run?.beganAt,
      isPublic: save.isPublic,
    },
  })
  return id
}

// Editors save by themselves every few seconds; who looks for an older text looks for one of some minutes ago.
const runMs = 10 * 60 * 1_000

/**
 * Deletes the save before this one where both are of one run: by the same key, with nothing in between, and no more than ten
 * minutes after the first. Such a save never was public, which would have made another revision, nor restored from: what is newest is
 * what is being edited.
 */
const endRun = async (
  { tx, viewer, now }: Write,
  postId: string,
): Promise<{ beganAt: Date; before: Snapshot | null } | null> => {
  if (viewer.keyId === null) return null
  const newest = await tx.postRevision.findFirst({
    where: { postId },
    orderBy: { version: 'desc' },
    select: { id: true, action: true, actorId: true, createdAt: true, runBeganAt: true },
  })
  if (newest?.action !== 'saved' || newest.actorId !== viewer.keyId) return null
  const beganAt = newest.runBeganAt ?? newest.createdAt
  if (now.getTime() - beganAt.getTime() > runMs) return null
  await tx.postRevision.delete({ where: { id: newest.id }, select: { id: true } })
  const earlier = await tx.postRevision.findFirst({
    where: { postId },
    orderBy: { version: 'desc' },
    select: { snapshot: true },
  })
  return { beganAt, before: earlier && readSnapshot(earlier.snapshot) }
}

/** What a person is editing: the pending draft over a published post, else the post itself. */
export const workingCopyOf = async (w: Write, state: PostState): Promise<Snapshot> => {
  if (state.post.draftId === null) return snapshotOf(state)
  const draft = await w.tx.postRevision.findUniqueOrThrow({ where: { id: state.post.draftId } })
  return readSnapshot(draft.snapshot)
}
