import type { Post } from '../db/generated/client.ts'
import { requireScope } from '../keys/require-scope.ts'
import { InvalidStateError, TakenError } from '../lib/errors.ts'
import type { Write } from '../write/write.ts'
import { recordPostEvent } from './events.ts'
import { type LockedPost, type PostAction, postToWrite } from './load-for-update.ts'
import { type Permalink, permalinkFor } from './permalink.ts'
import { workingCopyOf } from './revisions/revision.ts'
import { dateOf, type PostState, type Snapshot } from './revisions/snapshot.ts'
import { changeState, saveLive } from './save.ts'

/** Takes a published post back to draft, with its pending edits, or cancels a schedule. A draft stays as it is. */
export const unpublishPost = async (w: Write, input: PostAction): Promise<Post> => {
  requireScope(w, 'CONTENT_PUBLISH')
  const before = await postToWrite(w, input)
  refuseTrashed(before)
  const { status } = before.post
  if (status === 'DRAFT') return before.post
  return takeBack(w, before, 'DRAFT', status === 'SCHEDULED' ? 'unscheduled' : 'unpublished')
}

/**
 * Makes a post a draft, or throws it away, with its pending edits. There is nothing that this hangs on: it has to be
 * possible at any time, by hand and by a schedule.
 *
 * @param reason why, where nobody asked for it.
 */
export const takeBack = async (
  w: Write,
  before: LockedPost,
  status: 'DRAFT' | 'TRASHED',
  action: 'unpublished' | 'unscheduled' | 'trashed',
  reason: string | null = null,
): Promise<Post> => {
  const { snapshot, place, kept } = await placedCopyOf(w, before)
  const state = { status, scheduledAt: null, unpublishAt: null } as const
  const after = await saveLive(w, before, snapshot, place, action, state)
  const why = [reason, kept, endedWith(before)].filter((sentence) => sentence !== null).join(' ')
  await recordPostEvent(w, `post.${action}`, before, after, ['status'], why || null)
  return after.post
}

/** Ends a schedule that published nothing, and says why; what is live stays so. */
export const endSchedule = async (w: Write, before: LockedPost, reason: string): Promise<Post> => {
  if (before.post.status === 'SCHEDULED') return takeBack(w, before, 'DRAFT', 'unscheduled', reason)
  const after = await changeState(w, before, { scheduledAt: null })
  await recordPostEvent(w, 'post.unscheduled', before, after, ['scheduledAt'], reason)
  return after.post
}

export const refuseTrashed = ({ post }: PostState): void => {
  if (post.status !== 'TRASHED') return
  throw new InvalidStateError('The post is in the trash; restore it first.', ['input', 'id'])
}

/** The date that a schedule gave goes with the schedule; one that an author wrote stays. */
export const withoutScheduledDate = (snapshot: Snapshot, { post }: PostState): Snapshot =>
  post.status === 'SCHEDULED' && post.scheduledAt?.getTime() === dateOf(snapshot)?.getTime()
    ? { ...snapshot, publishedAt: null }
    : snapshot

const endedWith = ({ post }: PostState): string | null =>
  post.status === 'PUBLISHED' && post.scheduledAt !== null
    ? `Its pending edits were to be published at ${post.scheduledAt.toISOString()}; that ended with it.`
    : null

type Placed = { snapshot: Snapshot; place: Permalink; kept: string | null }

/** Nobody holds the slug of pending edits: where another post has come to have it, this one keeps its own. */
const placedCopyOf = async (w: Write, before: PostState): Promise<Placed> => {
  const { post } = before
  const snapshot = withoutScheduledDate(await workingCopyOf(w, before), before)
  try {
    return {
      snapshot,
      place: await permalinkFor(w, snapshot, dateOf(snapshot) ?? post.createdAt, post),
      kept: null,
    }
  } catch (error) {
    if (!(error instanceof TakenError)) throw error
    const { slug, path, pathIsManual } = post
    const kept = `The slug "${snapshot.slug}" of its edits, or their path, belongs to another post by now; it has kept "${slug}" and ${path}.`
    const place = { slug, path, pathIsManual }
    return { snapshot: { ...snapshot, slug, path: pathIsManual ? path : null }, place, kept }
  }
}
