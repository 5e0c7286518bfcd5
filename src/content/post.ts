import { type Post, Prisma } from '../db/generated/client.ts'
import { InvalidStateError, NotFoundError, ValidationError, VersionConflictError } from '../errors.ts'
import { newId, prefixOf } from '../id.ts'
import { formatOffsetDateTime } from '../offset-date-time.ts'
import type { Write } from '../write.ts'
import { type Place, placeFor } from './place.ts'
import { recordPostFact } from './post.facts.ts'
import { emptySnapshot, type PostInput, withInput } from './post.input.ts'
import { leaveRedirect, takeOverPath } from './redirect.ts'
import { contentColumns, fileUnder, render, workingCopyOf, writeRevision } from './save.ts'
import { changedFieldsOf, lockPost, type PostState, readPost, type Snapshot, snapshotOf } from './snapshot.ts'

/** Creates a draft. */
export const createPost = async (w: Write, input: PostInput): Promise<Post> => {
  const snapshot = await withInput(w, emptySnapshot, input)
  const id = newId('post')
  const place = await placeFor(w, snapshot, dateOf(snapshot) ?? w.now, id)
  const after = await insertPost(w, id, snapshot, place, 'created')
  await recordPostFact(w, 'post.created', null, after, [])
  return after.post
}

/** Saves a post. Over a published one the edits wait in `draft` until it is published again; saving nothing new does nothing. */
export const updatePost = async (
  w: Write,
  { id, expectedVersion, ...input }: PostInput & { id: string; expectedVersion?: number | null },
): Promise<Post> => {
  const before = await postToWrite(w, id, expectedVersion)
  const base = await workingCopyOf(w, before)
  const snapshot = await withInput(w, base, input)
  const place = await placeFor(w, snapshot, dateOf(snapshot) ?? before.post.createdAt, id)
  // A slug that is made anew may turn out to be the old one.
  const placed = { ...snapshot, slug: place.slug }
  const changed = changedFieldsOf(base, placed)
  if (changed.length === 0) return before.post
  const after =
    before.post.status === 'PUBLISHED'
      ? await savePending(w, before, placed, base)
      : await saveLive(w, before, placed, place, 'saved', { status: before.post.status })
  await recordPostFact(w, 'post.draft_saved', before, after, changed)
  return after.post
}

/** Makes a draft public, or the pending edits of a published post live. A published post without edits stays as it is. */
export const publishPost = async (
  w: Write,
  { id, expectedVersion }: { id: string; expectedVersion?: number | null },
): Promise<Post> => {
  const before = await postToWrite(w, id, expectedVersion)
  if (before.post.status === 'TRASHED') {
    throw new InvalidStateError('The post is in the trash; restore it before you publish it.', [
      'input',
      'id',
    ])
  }
  const wasLive = before.post.status === 'PUBLISHED'
  if (wasLive && before.post.draftId === null) return before.post
  const snapshot = publishedNow(await workingCopyOf(w, before), w.now)
  const place = await placeFor(w, snapshot, dateOf(snapshot) ?? w.now, id)
  const state = { status: 'PUBLISHED', wasPublic: true, scheduledAt: null } as const
  const after = await saveLive(w, before, snapshot, place, 'published', state)
  const changed = liveChanges(before, after)
  await recordPostFact(
    w,
    wasLive ? 'post.updated' : 'post.published',
    before,
    after,
    wasLive ? changed : ['status', ...changed],
  )
  return after.post
}

/** Takes a published post back to draft, with its pending edits. A draft stays as it is. */
export const unpublishPost = async (
  w: Write,
  { id, expectedVersion }: { id: string; expectedVersion?: number | null },
): Promise<Post> => {
  const before = await postToWrite(w, id, expectedVersion)
  if (before.post.status === 'DRAFT') return before.post
  if (before.post.status !== 'PUBLISHED') {
    throw new InvalidStateError(`The post is ${before.post.status.toLowerCase()}, not published.`, [
      'input',
      'id',
    ])
  }
  const snapshot = await workingCopyOf(w, before)
  const place = await placeFor(w, snapshot, dateOf(snapshot) ?? before.post.createdAt, id)
  const after = await saveLive(w, before, snapshot, place, 'unpublished', {
    status: 'DRAFT',
    unpublishAt: null,
  })
  await recordPostFact(w, 'post.unpublished', before, after, ['status'])
  return after.post
}

/** Writes a new post in whatever state its columns say; the importer's way in, too. */
export const insertPost = async (
  w: Write,
  id: string,
  snapshot: Snapshot,
  place: Place,
  action: string,
  columns: Partial<Post> = {},
): Promise<PostState> => {
  const content = contentColumns(snapshot, render(snapshot), place)
  const { guid = null, legacyId = null, status = 'DRAFT', scheduledAt = null, wasPublic = false } = columns
  const times = {
    createdAt: columns.createdAt ?? w.now,
    updatedAt: columns.updatedAt ?? w.now,
    sortDate: content.publishedAt ?? scheduledAt ?? w.now,
  }
  await w.tx.post.create({
    data: { id, ...content, guid, legacyId, status, scheduledAt, wasPublic, ...times },
  })
  await fileUnder(w, id, snapshot)
  if (status === 'PUBLISHED') await takeOverPath(w, place.path)
  const after = await readPost(w.tx, id)
  await writeRevision(w, id, 1, action, snapshotOf(after), null)
  return after
}

/** Writes what is live of a post, leaves a redirect where it was public before, and clears the pending edits. */
export const saveLive = async (
  w: Write,
  before: PostState,
  snapshot: Snapshot,
  place: Place,
  action: string,
  state: Partial<
    Pick<Post, 'status' | 'wasPublic' | 'scheduledAt' | 'unpublishAt' | 'guid' | 'legacyId' | 'updatedAt'>
  >,
): Promise<PostState> => {
  const { post } = before
  const version = post.headVersion + 1
  const content = contentColumns(snapshot, render(snapshot), place)
  const sortDate = content.publishedAt ?? post.scheduledAt ?? post.createdAt
  const data = {
    ...content,
    ...state,
    sortDate,
    version,
    headVersion: version,
    draftId: null,
    updatedAt: w.now,
  }
  await w.tx.post.update({ where: { id: post.id }, data })
  await fileUnder(w, post.id, snapshot)
  if (post.wasPublic) await leaveRedirect(w, post.id, post.path, place.path)
  if ((state.status ?? post.status) === 'PUBLISHED') await takeOverPath(w, place.path)
  const after = await readPost(w.tx, post.id)
  await writeRevision(w, post.id, version, action, snapshotOf(after), snapshotOf(before))
  return after
}

const savePending = async (
  w: Write,
  before: PostState,
  snapshot: Snapshot,
  base: Snapshot,
): Promise<PostState> => {
  const { post } = before
  const version = post.headVersion + 1
  const draftId = await writeRevision(w, post.id, version, 'saved', snapshot, base, render(snapshot))
  if (post.draftId)
    await w.tx.postRevision.update({ where: { id: post.draftId }, data: { rendered: Prisma.DbNull } })
  await w.tx.post.update({ where: { id: post.id }, data: { draftId, headVersion: version } })
  return readPost(w.tx, post.id)
}

const postToWrite = async (
  w: Write,
  id: string,
  expectedVersion: number | null | undefined,
): Promise<PostState> => {
  const state = prefixOf(id) === 'post' ? await lockPost(w.tx, id) : null
  if (!state) throw new NotFoundError(`There is no post with the id "${id}".`, ['input', 'id'])
  if (expectedVersion != null && expectedVersion !== state.post.headVersion) {
    throw new VersionConflictError(
      `The post is at version ${state.post.headVersion}, not ${expectedVersion}: someone saved it since. Read it again and repeat the change.`,
      id,
    )
  }
  return state
}

const publishedNow = (snapshot: Snapshot, now: Date): Snapshot => {
  const date = dateOf(snapshot)
  if (date && date > now) {
    throw new ValidationError([
      {
        message: `publishedAt (${snapshot.publishedAt}) is in the future; clear it to publish now.`,
        path: ['input', 'id'],
      },
    ])
  }
  return date
    ? snapshot
    : { ...snapshot, publishedAt: formatOffsetDateTime({ instant: now, offsetMinutes: 0 }) }
}

const liveChanges = (before: PostState, after: PostState): string[] => {
  const changed = changedFieldsOf(snapshotOf(before), snapshotOf(after))
  return before.post.path !== after.post.path && !changed.includes('path') ? [...changed, 'path'] : changed
}

const dateOf = (snapshot: Snapshot): Date | null =>
  snapshot.publishedAt === null ? null : new Date(snapshot.publishedAt)
