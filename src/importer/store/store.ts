import { createHash } from 'node:crypto'
import type { Post, Prisma } from '../../db/generated/client.ts'
import { newId } from '../../lib/id.ts'
import { formatOffsetDateTime } from '../../lib/offset-date-time.ts'
import type { Permalink } from '../../posts/permalink.ts'
import {
  changedFieldsOf,
  emptySnapshot,
  lockPost,
  type PostState,
  type Snapshot,
  snapshotOf,
} from '../../posts/revisions/snapshot.ts'
import { insertPost, saveLive } from '../../posts/save.ts'
import type { ByName } from '../../taxonomy/kinds.ts'
import { holdTerms } from '../../taxonomy/shared/locks.ts'
import type { Write } from '../../write/write.ts'
import type { ImportedPost, ImportFinding } from '../entry.ts'
import { notice, type Stored } from '../outcome.ts'
import { importedAction } from './announce.ts'
import type { KnownPost } from './known-posts.ts'
import { leadOldPaths } from './old-paths.ts'
import { withOwnIds } from './own-ids.ts'
import { placeOf } from './permalink.ts'
import { termIdsOf } from './terms.ts'

/** Of all that the importer makes of a file: a newer importer that makes something else of it writes its post again. */
export const checksumOf = (post: ImportedPost): string =>
  createHash('sha256').update(JSON.stringify(post)).digest('base64url')

/**
 * Stores one post of an import: creates it, or changes the post that it `was`. One that was edited here since is left
 * alone, with a finding. Where nothing differs that the API shows (a comment in the front matter), no version is made.
 *
 * @throws Refused when it cannot go in.
 */
export const storePost = async (
  w: Write,
  source: string,
  written: ImportedPost,
  was: KnownPost | null,
): Promise<Stored> => {
  await holdTerms(w)
  // Null, too, when the post was deleted after the run had begun: then it is a new one.
  const before = was && (await lockPost(w.tx, was.postId))
  const { status, scheduledAt } = stateOf(written, w.now)
  if (before && (await wasEditedHere(w, before.post, status))) {
    return { result: 'skipped', touched: 'nothing', findings: [editedHere(written.file)] }
  }
  const id = before?.post.id ?? newId('post')
  const { post, findings: ofIds } = await withOwnIds(w, source, written, { id, was: before && was })
  const date = post.date?.instant ?? before?.post.publishedAt ?? before?.post.createdAt ?? w.now
  const { place, findings: ofPlace } = await placeOf(w, post, { id, date })
  const termIds = await termIdsOf(w, post)
  const snapshot = snapshotFrom(post, place, termIds, publishedAt(post, before, w.now))
  const { guid, legacyId, dialect } = post
  const columns: Columns = { status, scheduledAt, guid, legacyId, dialect }
  const hasMoved =
    was?.file !== post.file || was.sourceId !== post.sourceId || was.dateText !== dateText(post)
  const isChanged = before === null || hasMoved || differs(before, snapshot, place, columns)
  if (before === null) await insert(w, id, snapshot, place, columns, updatedAt(post, w.now))
  else if (isChanged) await save(w, before, snapshot, place, columns)
  const oldPaths = { id, path: place.path, file: post.file, oldPaths: post.redirectFrom }
  const { isNew: hasNewPath, findings: ofPaths } = await leadOldPaths(w, oldPaths)
  await writeOrigin(w, source, id, post, checksumOf(written))
  const isPublic = status === 'PUBLISHED' || before?.post.status === 'PUBLISHED'
  const hasChanged = isChanged || hasNewPath
  return {
    result: before === null ? 'created' : hasChanged ? 'changed' : 'unchanged',
    touched: !hasChanged ? 'nothing' : isPublic ? 'public' : 'private',
    isPublic,
    findings: [...ofIds, ...ofPlace, ...ofPaths],
  }
}

/** What is published in the future is scheduled; only its date decides. */
const stateOf = ({ status, date }: ImportedPost, now: Date): Pick<Post, 'status' | 'scheduledAt'> =>
  status === 'PUBLISHED' && date !== null && date.instant > now
    ? { status: 'SCHEDULED', scheduledAt: date.instant }
    : { status, scheduledAt: null }

/**
 * Whether somebody changed the post since its last import, or its status to another one than the file's. A schedule that
 * fires changes neither.
 */
const wasEditedHere = async (w: Write, post: Post, status: Post['status']): Promise<boolean> => {
  const revisions = await w.tx.postRevision.findMany({
    where: { postId: post.id },
    orderBy: { version: 'desc' },
    select: { action: true, version: true, changedFields: true },
  })
  const lastImport = revisions.findIndex(({ action }) => action === importedAction)
  const since = lastImport < 0 ? revisions : revisions.slice(0, lastImport)
  if (since.some(({ changedFields }) => changedFields.length > 0) || post.status === 'TRASHED') return true
  return post.headVersion !== revisions[lastImport]?.version && post.status !== status
}

const snapshotFrom = (
  post: ImportedPost,
  { slug }: Permalink,
  termIds: ByName<'idsField', string[]>,
  publishedAt: string | null,
): Snapshot => ({
  // What a source says nothing of is not written.
  ...emptySnapshot,
  title: post.title,
  source: post.source,
  format: post.format,
  slug,
  path: post.path,
  excerpt: post.excerpt,
  layout: post.layout,
  publishedAt,
  seo: { ...emptySnapshot.seo, ...post.seo },
  // In the order in which the database gives the keys back, or it would look changed every time.
  coverImage: post.coverImage && { alt: post.coverImage.alt, url: post.coverImage.url },
  metadata: post.metadata as Prisma.JsonObject,
  ...termIds,
})

/** With the offset that it was written with. A post that is public without a date was published when it came in. */
const publishedAt = ({ date, status }: ImportedPost, before: PostState | null, now: Date): string | null => {
  if (date) return formatOffsetDateTime(date)
  if (status === 'DRAFT') return null
  return (
    (before && snapshotOf(before).publishedAt) ?? formatOffsetDateTime({ instant: now, offsetMinutes: 0 })
  )
}

/** A date in the future is no date of a change. */
const updatedAt = ({ updated, date }: ImportedPost, now: Date): Date => {
  const written = updated?.instant ?? date?.instant ?? now
  return written > now ? now : written
}

const dateText = ({ date }: ImportedPost): string | null => date?.text ?? null

type Columns = Pick<Post, 'status' | 'scheduledAt' | 'guid' | 'legacyId' | 'dialect'>

const differs = (before: PostState, snapshot: Snapshot, { path }: Permalink, columns: Columns): boolean =>
  changedFieldsOf(snapshotOf(before), snapshot).length > 0 ||
  before.post.path !== path ||
  before.post.status !== columns.status ||
  before.post.guid !== columns.guid ||
  before.post.legacyId !== columns.legacyId ||
  before.post.dialect !== columns.dialect

const insert = (
  w: Write,
  id: string,
  snapshot: Snapshot,
  place: Permalink,
  columns: Columns,
  updatedAt: Date,
): Promise<PostState> => {
  const wasPublic = columns.status === 'PUBLISHED'
  return insertPost(w, id, snapshot, place, importedAction, { ...columns, wasPublic, updatedAt })
}

const save = (
  w: Write,
  before: PostState,
  snapshot: Snapshot,
  place: Permalink,
  columns: Columns,
): Promise<PostState> => {
  const isPublic = columns.status === 'PUBLISHED'
  const wasPublic = before.post.wasPublic || isPublic
  const unpublishAt = isPublic ? before.post.unpublishAt : null
  return saveLive(w, before, snapshot, place, importedAction, { ...columns, wasPublic, unpublishAt })
}

const writeOrigin = async (
  w: Write,
  source: string,
  postId: string,
  post: ImportedPost,
  checksum: string,
): Promise<void> => {
  const { sourceId, frontMatter } = post
  const origin = { source, path: post.file, checksum, sourceId, dateText: dateText(post), frontMatter }
  await w.tx.postOrigin.upsert({ where: { postId }, create: { postId, ...origin }, update: origin })
}

const editedHere = (file: string): ImportFinding =>
  notice(
    file,
    'edited-here',
    'The file has changed, but so has the post here since it was imported; it was left alone.',
    'Bring the change over by hand.',
  )
