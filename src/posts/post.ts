import type { Post } from '../db/generated/client.ts'
import { requireScope } from '../keys/require-scope.ts'
import { hasScope } from '../keys/viewer.ts'
import { ValidationError } from '../lib/errors.ts'
import { newId } from '../lib/id.ts'
import { holdTerms } from '../taxonomy/shared/locks.ts'
import type { Write } from '../write/write.ts'
import { recordPostEvent } from './events.ts'
import { type PostInput, withInput } from './fields/input.ts'
import { type LockedPost, type PostAction, postToWrite } from './load-for-update.ts'
import { permalinkFor } from './permalink.ts'
import { renderBeforeLock } from './rendering.ts'
import { type RevisionAction, workingCopyOf } from './revisions/revision.ts'
import {
  changedFieldsOf,
  dateOf,
  emptySnapshot,
  type PostState,
  type Snapshot,
} from './revisions/snapshot.ts'
import { insertPost, saveLive, savePending } from './save.ts'
import { withoutScheduledDate } from './take-back.ts'

/** Creates a draft. */
export const createPost = async (w: Write, input: PostInput): Promise<Post> => {
  requireScope(w, 'CONTENT_WRITE')
  await holdTerms(w)
  const snapshot = await withInput(w, emptySnapshot, input)
  const id = newId('post')
  const place = await permalinkFor(w, snapshot, dateOf(snapshot) ?? w.now, { id })
  const after = await insertPost(w, id, snapshot, place, 'created')
  await recordPostEvent(w, 'post.created', null, after, [])
  return after.post
}

/** Saves a post. Over a published one the edits wait in `draft` until it is published again; saving nothing new does nothing. */
export const updatePost = async (
  w: Write,
  { id, expectedVersion, ...input }: PostInput & PostAction,
): Promise<Post> => {
  requireScope(w, 'CONTENT_WRITE')
  await renderBeforeLock(w, id, input)
  const before = await postToWrite(w, { id, expectedVersion })
  const base = await workingCopyOf(w, before)
  const snapshot = await withInput(w, base, input)
  refuseDateAfterSchedule(w, before, snapshot)
  return saveEdits(w, before, base, snapshot, 'saved')
}

/**
 * Saves what somebody made of the working copy: apart from what is live, where there is something live. Who may publish
 * approves by it of what is scheduled; an edit of anybody else ends the schedule, and so does a date after it.
 */
export const saveEdits = async (
  w: Write,
  before: LockedPost,
  base: Snapshot,
  snapshot: Snapshot,
  action: RevisionAction,
): Promise<Post> => {
  const { post } = before
  const ends = whyScheduleEnds(w, before, snapshot)
  const edited = ends === null ? snapshot : withoutScheduledDate(snapshot, before)
  const place = await permalinkFor(w, edited, dateOf(edited) ?? post.createdAt, post)
  // A slug that is made anew may turn out to be the old one.
  const changed = changedFieldsOf(base, { ...snapshot, slug: place.slug })
  if (changed.length === 0) return post
  const placed = { ...edited, slug: place.slug }
  const isLive = post.status === 'PUBLISHED'
  const unscheduled = ends === null ? {} : { scheduledAt: null }
  const draft = ends === null ? {} : ({ status: 'DRAFT', scheduledAt: null, unpublishAt: null } as const)
  const after = isLive
    ? await savePending(w, before, placed, base, action, unscheduled)
    : await saveLive(w, before, placed, place, action, draft)
  if (ends === null) await recordPostEvent(w, 'post.draft_saved', before, after, changed)
  else {
    const fields = [...changed, isLive ? 'scheduledAt' : 'status']
    await recordPostEvent(w, 'post.unscheduled', before, after, fields, ends)
  }
  return after.post
}

/** Whoever sets the date is there to be told; elsewhere it ends the schedule. */
const refuseDateAfterSchedule = (w: Write, { post }: PostState, snapshot: Snapshot): void => {
  if (!isAfterSchedule(post, snapshot) || !hasScope(w.viewer, 'CONTENT_PUBLISH')) return
  const message = `publishedAt (${snapshot.publishedAt}) is later than the time for which the post is scheduled (${post.scheduledAt?.toISOString()}); schedule it for that time first, or cancel the schedule.`
  throw new ValidationError([{ message, path: ['input', 'publishedAt'] }])
}

/** Why the schedule of a post ends with these edits, in a sentence; null when it has none, or it goes on. */
const whyScheduleEnds = (w: Write, { post }: PostState, snapshot: Snapshot): string | null => {
  if (post.scheduledAt === null) return null
  const was = `It was scheduled for ${post.scheduledAt.toISOString()}`
  if (!hasScope(w.viewer, 'CONTENT_PUBLISH'))
    return `${was}, and then edited by somebody who may not publish: look at it and schedule it again.`
  return isAfterSchedule(post, snapshot)
    ? `${was}, and bears a later date now (${snapshot.publishedAt}): schedule it again, for that date or with another one.`
    : null
}

const isAfterSchedule = ({ scheduledAt }: Post, snapshot: Snapshot): boolean => {
  const date = dateOf(snapshot)
  return scheduledAt !== null && date !== null && date > scheduledAt
}
