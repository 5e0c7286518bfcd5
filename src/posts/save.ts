import { isDeepStrictEqual } from 'node:util'
import { type Post, Prisma } from '../db/generated/client.ts'
import { hasScope } from '../keys/viewer.ts'
import { indexPosts } from '../search/index-posts.ts'
import { kindNames, kinds } from '../taxonomy/kinds.ts'
import type { Write } from '../write/write.ts'
import { contentColumns, linkTerms, unlinkTerms } from './fields/columns.ts'
import type { Permalink } from './permalink.ts'
import { appear, leavePath } from './redirects.ts'
import { renderingOf } from './rendering.ts'
import { type RevisionAction, writeRevision } from './revisions/revision.ts'
import { type PostState, type Snapshot, snapshotOf, withTerms } from './revisions/snapshot.ts'

/** Writes a new post in whatever state its columns say; the importer's way in, too. */
export const insertPost = async (
  w: Write,
  id: string,
  snapshot: Snapshot,
  place: Permalink,
  action: RevisionAction,
  columns: Partial<Post> = {},
): Promise<PostState> => {
  const content = contentColumns(snapshot, await renderingOf(w, null, snapshot, columns.dialect), place)
  const { guid = null, legacyId = null, status = 'DRAFT', scheduledAt = null, wasPublic = false } = columns
  const { dialect = null } = columns
  const times = {
    createdAt: columns.createdAt ?? w.now,
    updatedAt: columns.updatedAt ?? w.now,
    sortDate: content.publishedAt ?? scheduledAt ?? w.now,
  }
  const post = await w.tx.post.create({
    data: {
      ...{ id, ...content, guid, legacyId, dialect, status, wasPublic, ...times },
      ...approved(w, { scheduledAt, scheduledVersion: null }, 1),
    },
  })
  await linkTerms(w, { id, status, sortDate: times.sortDate }, snapshot)
  const isPublic = status === 'PUBLISHED'
  const shown = isPublic ? await appear(w, { id, path: place.path }) : []
  const after = await withTerms(w.tx, post, snapshot)
  await indexPosts(w.tx, w.site.searchLanguage, [after.post])
  await writeRevision(w, id, { version: 1, action, snapshot: snapshotOf(after), before: null, isPublic })
  return { ...after, shown }
}

/**
 * Writes what is live of a post, remembers where it was public before, and clears the pending edits. What did not change is
 * not written again: what is published is mostly what was saved before.
 */
export const saveLive = async (
  w: Write,
  before: PostState,
  snapshot: Snapshot,
  place: Permalink,
  action: RevisionAction,
  state: Partial<
    Pick<Post, 'status' | 'wasPublic' | 'scheduledAt' | 'unpublishAt' | 'guid' | 'legacyId' | 'dialect'>
  >,
): Promise<PostState> => {
  const { post } = before
  const version = post.headVersion + 1
  const content = contentColumns(snapshot, await renderingOf(w, before, snapshot, state.dialect), place)
  const sortDate = content.publishedAt ?? post.scheduledAt ?? post.createdAt
  const data = {
    ...content,
    ...state,
    ...approved(w, { ...post, ...state }, version),
    sortDate,
    version,
    headVersion: version,
    draftId: null,
    updatedAt: w.now,
  }
  const status = state.status ?? post.status
  const isFiledAnew = !isFiledAlike(snapshotOf(before), snapshot)
  // Links that stay follow the status and the date of their post by themselves.
  if (isFiledAnew) await unlinkTerms(w, post.id)
  const saved = await w.tx.post.update({ where: { id: post.id }, data: changedOf(post, data) })
  if (isFiledAnew) await linkTerms(w, { id: post.id, status, sortDate }, snapshot)
  const isPublic = status === 'PUBLISHED'
  if (post.status === 'PUBLISHED' && !(isPublic && post.path === place.path)) await leavePath(w, post)
  const shown = isPublic ? await appear(w, { id: post.id, path: place.path }) : []
  const after = await withTerms(w.tx, saved, snapshot)
  if (isFiledAnew || searchedFields.some((field) => post[field] !== saved[field]))
    await indexPosts(w.tx, w.site.searchLanguage, [saved])
  const save = { version, action, snapshot: snapshotOf(after), before: snapshotOf(before), isPublic }
  await writeRevision(w, post.id, save)
  return { ...after, shown }
}

const isFiledAlike = (before: Snapshot, after: Snapshot): boolean =>
  kindNames.every((kind) => isDeepStrictEqual(before[kinds[kind].idsField], after[kinds[kind].idsField]))

const searchedFields = ['title', 'excerptText', 'contentText'] as const satisfies (keyof Post)[]

/** The columns that are to have another value: a text of megabytes goes nowhere when it stays. */
const changedOf = <Data extends { metadata: unknown }>(post: Post, data: Data): Partial<Data> => {
  const isOther = ([field, value]: [string, unknown]) => !isDeepStrictEqual(post[field as keyof Post], value)
  const changed = Object.fromEntries(Object.entries(data).filter(isOther)) as Partial<Data>
  // Its keys are kept in the order in which they were written, which is no difference to `isDeepStrictEqual`.
  const isReordered = JSON.stringify(post.metadata) !== JSON.stringify(data.metadata)
  return isReordered ? { ...changed, metadata: data.metadata } : changed
}

/** Changes the state of a post and nothing of what was written. */
export const changeState = async (
  w: Write,
  before: PostState,
  state: Partial<Pick<Post, 'status' | 'scheduledAt' | 'unpublishAt'>>,
): Promise<PostState> => {
  const { post } = before
  const headVersion = post.headVersion + 1
  // Pending edits keep their own version apart from what is live.
  const version = post.draftId === null ? headVersion : post.version
  const data = {
    ...state,
    ...approved(w, { ...post, ...state }, headVersion),
    ...{ version, headVersion },
    // Whoever reads what has changed since a time finds every version.
    updatedAt: version === post.version ? post.updatedAt : w.now,
  }
  const saved = await w.tx.post.update({ where: { id: post.id }, data })
  const snapshot = snapshotOf(before)
  const isPublic = saved.status === 'PUBLISHED'
  await writeRevision(w, post.id, {
    version: headVersion,
    action: 'state',
    snapshot,
    before: snapshot,
    isPublic,
  })
  return { ...before, post: saved }
}

/** Keeps edits over a published post apart from what is live, until it is published again. */
export const savePending = async (
  w: Write,
  before: PostState,
  snapshot: Snapshot,
  base: Snapshot,
  action: RevisionAction,
  state: Partial<Pick<Post, 'scheduledAt'>> = {},
): Promise<PostState> => {
  const { post } = before
  const version = post.headVersion + 1
  const { rendered } = await renderingOf(w, before, snapshot)
  const save = { version, action, snapshot, before: base, isPublic: false, rendered }
  const draftId = await writeRevision(w, post.id, save)
  // It may be gone, with a run of saves.
  if (post.draftId)
    await w.tx.postRevision.updateMany({ where: { id: post.draftId }, data: { rendered: Prisma.DbNull } })
  const data = { draftId, headVersion: version, ...approved(w, { ...post, ...state }, version) }
  const saved = await w.tx.post.update({ where: { id: post.id }, data })
  return { ...before, post: saved }
}

/**
 * What every save of a post says of its schedule. It is for the one version that somebody who may publish has chosen or
 * saved: where anybody else makes the next one the schedule stays with the one before, and cannot fire.
 */
const approved = (
  w: Write,
  { scheduledAt, scheduledVersion }: Pick<Post, 'scheduledAt' | 'scheduledVersion'>,
  version: number,
): Pick<Post, 'scheduledAt' | 'scheduledVersion'> => {
  if (scheduledAt === null) return { scheduledAt, scheduledVersion: null }
  return { scheduledAt, scheduledVersion: hasScope(w.viewer, 'CONTENT_PUBLISH') ? version : scheduledVersion }
}
