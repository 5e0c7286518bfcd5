import type { Post } from '../db/generated/client.ts'
import { requireScope } from '../keys/require-scope.ts'
import { InvalidStateError, ValidationError, type ValidationIssue } from '../lib/errors.ts'
import { formatOffsetDateTime, type OffsetDateTime } from '../lib/offset-date-time.ts'
import type { Write } from '../write/write.ts'
import { recordPostEvent } from './events.ts'
import { type LockedPost, type PostAction, postToWrite } from './load-for-update.ts'
import { permalinkFor } from './permalink.ts'
import { workingCopyOf } from './revisions/revision.ts'
import { changedFieldsOf, dateOf, type PostState, type Snapshot, snapshotOf } from './revisions/snapshot.ts'
import { changeState, saveLive } from './save.ts'
import { refuseTrashed, withoutScheduledDate } from './take-back.ts'

export type PublishAction = PostAction & {
  /** A time in the future; null and absent: now. */
  at?: OffsetDateTime | null
  /** When to take it back; null clears it, absent leaves it alone. */
  unpublishAt?: OffsetDateTime | null
}

/**
 * Makes a draft public, or the pending edits of a published post live: now, or at a time in the future. What changes
 * nothing is no error.
 */
export const publishPost = async (w: Write, input: PublishAction): Promise<Post> => {
  requireScope(w, 'CONTENT_PUBLISH')
  const before = await postToWrite(w, input)
  refuseTrashed(before)
  refuseWrongTimes(w, input)
  return input.at ? schedule(w, before, input.at, input) : publishNow(w, before, input)
}

const publishNow = async (w: Write, before: LockedPost, { unpublishAt }: PublishAction): Promise<Post> => {
  const { post } = before
  const wasLive = post.status === 'PUBLISHED'
  if (wasLive && post.draftId === null) return changeEnd(w, before, unpublishAt)
  const snapshot = datedNow(await workingCopyOf(w, before), before, w.now)
  const place = await permalinkFor(w, snapshot, dateOf(snapshot) ?? w.now, post)
  const after = await saveLive(w, before, snapshot, place, 'published', {
    status: 'PUBLISHED',
    wasPublic: true,
    scheduledAt: null,
    unpublishAt: unpublishAt === undefined ? post.unpublishAt : (unpublishAt?.instant ?? null),
  })
  const changed = liveChanges(before, after)
  const type = wasLive ? 'post.updated' : 'post.published'
  await recordPostEvent(w, type, before, after, wasLive ? changed : ['status', ...changed])
  return after.post
}

/** A draft waits as SCHEDULED; over a published post its pending edits wait, and what is live stays. */
const schedule = async (
  w: Write,
  before: LockedPost,
  at: OffsetDateTime,
  { unpublishAt }: PublishAction,
): Promise<Post> => {
  const { post } = before
  const wasLive = post.status === 'PUBLISHED'
  if (wasLive && post.draftId === null) {
    throw new InvalidStateError('The post is published and has no edits that could be published later.', [
      'input',
      'at',
    ])
  }
  const end = unpublishAt === undefined ? post.unpublishAt : (unpublishAt?.instant ?? null)
  if (wasLive) refuseLaterDate(await workingCopyOf(w, before), at.instant, 'at')
  if (end !== null && end <= at.instant) {
    const message = `The post is taken back at ${end.toISOString()}, before that; give another unpublishAt, too, or null.`
    throw new ValidationError([{ message, path: ['input', 'at'] }])
  }
  if (sameTime(post.scheduledAt, at.instant) && sameTime(post.unpublishAt, end)) return post
  const changed = [
    ...(wasLive || post.status === 'SCHEDULED' ? [] : ['status']),
    ...(sameTime(post.scheduledAt, at.instant) ? [] : ['scheduledAt']),
    ...(sameTime(post.unpublishAt, end) ? [] : ['unpublishAt']),
  ]
  const after = wasLive
    ? await changeState(w, before, { scheduledAt: at.instant, unpublishAt: end })
    : await scheduleDraft(w, before, at, end)
  await recordPostEvent(w, 'post.scheduled', before, after, changed)
  return after.post
}

const scheduleDraft = async (w: Write, before: PostState, at: OffsetDateTime, unpublishAt: Date | null) => {
  const draft = withoutScheduledDate(snapshotOf(before), before)
  refuseLaterDate(draft, at.instant, 'at')
  const snapshot = draft.publishedAt === null ? { ...draft, publishedAt: formatOffsetDateTime(at) } : draft
  const place = await permalinkFor(w, snapshot, dateOf(snapshot) ?? at.instant, before.post)
  const state = { status: 'SCHEDULED', scheduledAt: at.instant, unpublishAt } as const
  return saveLive(w, before, snapshot, place, 'scheduled', state)
}

const changeEnd = async (
  w: Write,
  before: LockedPost,
  unpublishAt: OffsetDateTime | null | undefined,
): Promise<Post> => {
  const { post } = before
  // A schedule whose edits are gone has nothing left to publish.
  if (post.scheduledAt !== null)
    await w.tx.post.update({
      where: { id: post.id },
      data: { scheduledAt: null, scheduledVersion: null },
    })
  const end = unpublishAt?.instant ?? null
  if (unpublishAt === undefined || sameTime(post.unpublishAt, end)) return post
  const after = await changeState(w, before, { unpublishAt: end })
  await recordPostEvent(w, 'post.scheduled', before, after, ['unpublishAt'])
  return after.post
}

const refuseWrongTimes = ({ now }: Write, { at, unpublishAt }: PublishAction): void => {
  const issues: ValidationIssue[] = []
  if (at && at.instant <= now) {
    const message = `at (${formatOffsetDateTime(at)}) is not in the future; leave it out to publish now.`
    issues.push({ message, path: ['input', 'at'] })
  }
  if (unpublishAt && unpublishAt.instant <= (at?.instant ?? now)) {
    const message = `unpublishAt (${formatOffsetDateTime(unpublishAt)}) is not after the time of publication; choose a later one.`
    issues.push({ message, path: ['input', 'unpublishAt'] })
  }
  if (issues.length > 0) throw new ValidationError(issues)
}

const datedNow = (copy: Snapshot, before: PostState, now: Date): Snapshot => {
  const due = before.post.scheduledAt !== null && before.post.scheduledAt <= now
  // A schedule that fires bears the time it was set for; one that a person overtakes bears the present.
  const snapshot = due ? copy : withoutScheduledDate(copy, before)
  const date = dateOf(snapshot)
  if (date === null)
    return { ...snapshot, publishedAt: formatOffsetDateTime({ instant: now, offsetMinutes: 0 }) }
  refuseLaterDate(snapshot, now, 'id')
  return snapshot
}

const refuseLaterDate = (snapshot: Snapshot, published: Date, field: string): void => {
  const date = dateOf(snapshot)
  if (date === null || date <= published) return
  const message = `The post's own publishedAt (${snapshot.publishedAt}) is later than its publication; clear it, or give that time as "at".`
  throw new ValidationError([{ message, path: ['input', field] }])
}

const liveChanges = (before: PostState, after: PostState): string[] => {
  const changed = changedFieldsOf(snapshotOf(before), snapshotOf(after))
  return before.post.path !== after.post.path && !changed.includes('path') ? [...changed, 'path'] : changed
}

const sameTime = (one: Date | null, other: Date | null): boolean => one?.getTime() === other?.getTime()
