import { createHash } from 'node:crypto'
import { ensureAuthor } from '../authors/author.ts'
import { type Place, placeFor } from '../content/place.ts'
import { emptySnapshot } from '../content/post.input.ts'
import { insertPost, saveLive } from '../content/post.ts'
import { slugify } from '../content/slug.ts'
import { readPost, type Snapshot } from '../content/snapshot.ts'
import type { PostOrigin, Prisma } from '../db/generated/client.ts'
import { newId } from '../id.ts'
import { formatOffsetDateTime } from '../offset-date-time.ts'
import { postPath } from '../site.ts'
import { ensureCategory, findCategory } from '../taxonomy/category.ts'
import { ensureTag, findTag } from '../taxonomy/tag.ts'
import { textProblem } from '../text.ts'
import type { Write } from '../write.ts'
import type { ImportedPost, ImportFinding } from './item.ts'

export type Stored = { result: 'created' | 'changed' | 'unchanged' | 'skipped'; findings: ImportFinding[] }

/**
 * Stores one post of an import. What is in already and has not changed in the source is left alone; so is, with a
 * finding, what was edited here since.
 */
export const storePost = async (w: Write, source: string, post: ImportedPost): Promise<Stored> => {
  const checksum = createHash('sha256').update(JSON.stringify(post)).digest('base64url')
  const known = await knownOrigin(w, source, post)
  if (known?.checksum === checksum) return { result: 'unchanged', findings: [] }
  if (known && (await wasEditedHere(w, known.postId)))
    return { result: 'skipped', findings: [editedHere(post)] }
  const title = textProblem(post.title, 1_000)
  if (title) throw new Error(`The title ${title}.`)
  const id = known?.postId ?? newId('post')
  const { place, findings } = await placeOf(w, post, id)
  const snapshot = await snapshotFrom(w, post, place)
  if (known) await saveLive(w, await readPost(w.tx, id), snapshot, place, 'imported', columnsOf(w, post))
  else await insertPost(w, id, snapshot, place, 'imported', columnsOf(w, post))
  await leaveOldPaths(w, id, post)
  const origin = {
    source,
    path: post.file,
    checksum,
    sourceId: post.sourceId,
    dateText: post.date?.text ?? null,
    frontMatter: post.frontMatter,
  }
  await w.tx.postOrigin.upsert({ where: { postId: id }, create: { postId: id, ...origin }, update: origin })
  return { result: known ? 'changed' : 'created', findings }
}

const knownOrigin = async (w: Write, source: string, post: ImportedPost): Promise<PostOrigin | null> =>
  w.tx.postOrigin.findUnique({ where: { source_path: { source, path: post.file } } })

const wasEditedHere = async (w: Write, postId: string): Promise<boolean> => {
  const newest = await w.tx.postRevision.findFirst({
    where: { postId },
    orderBy: { version: 'desc' },
    select: { action: true },
  })
  return newest?.action !== 'imported'
}

const placeOf = async (
  w: Write,
  post: ImportedPost,
  id: string,
): Promise<{ place: Place; findings: ImportFinding[] }> => {
  const date = post.date?.instant ?? w.now
  const wanted = post.slug ?? slugify(post.title)
  const slug = await freeSlug(w, wanted || 'post', post, date, id)
  const findings = slug === wanted || wanted === '' ? [] : [slugTaken(post, wanted, slug)]
  const place = await placeFor(w, { ...emptySnapshot, slug, path: post.path }, date, id)
  return { place, findings }
}

const freeSlug = async (
  w: Write,
  wanted: string,
  post: ImportedPost,
  date: Date,
  id: string,
): Promise<string> => {
  for (let number = 1; ; number++) {
    const slug = number === 1 ? wanted : `${wanted}-${number}`
    const taken = [{ slug }, ...(post.path === null ? [{ path: postPath(w.site, slug, date) }] : [])]
    const holder = await w.tx.post.findFirst({ where: { OR: taken, NOT: { id } }, select: { id: true } })
    if (!holder) return slug
  }
}

const snapshotFrom = async (w: Write, post: ImportedPost, place: Place): Promise<Snapshot> => ({
  title: post.title,
  source: post.source,
  format: post.format,
  slug: place.slug,
  path: post.path,
  excerpt: post.excerpt,
  layout: post.layout,
  publishedAt: post.date ? formatOffsetDateTime(post.date) : publishedWithoutDate(w, post),
  seo: { ...emptySnapshot.seo, ...post.seo },
  coverImage: post.coverImage,
  metadata: post.metadata as Prisma.JsonObject,
  authorIds: unique(
    await each(
      post.authors,
      async ({ slug, name }) =>
        (await ensureAuthor(w, { slug: slug ?? (slugify(name) || 'author'), name })).id,
    ),
  ),
  categoryIds: unique(await each(post.categories, (word) => categoryId(w, word))),
  tagIds: unique(
    await each(
      post.tags,
      async (word) => ((await findTag(w.tx, word)) ?? (await ensureTag(w, word, slugify(word) || 'tag'))).id,
    ),
  ),
})

const categoryId = async (w: Write, word: string): Promise<string> => {
  const category =
    (await findCategory(w.tx, word)) ??
    (await ensureCategory(w, { slug: slugify(word) || 'category', name: word }))
  return category.id
}

const publishedWithoutDate = (w: Write, { status }: ImportedPost): string | null =>
  status === 'PUBLISHED' ? formatOffsetDateTime({ instant: w.now, offsetMinutes: 0 }) : null

const columnsOf = (w: Write, { status, date, updated, guid, legacyId }: ImportedPost) => {
  const scheduled = status === 'PUBLISHED' && date !== null && date.instant > w.now
  return {
    guid,
    legacyId,
    status: scheduled ? ('SCHEDULED' as const) : status,
    scheduledAt: scheduled ? date.instant : null,
    wasPublic: status === 'PUBLISHED' && !scheduled,
    updatedAt: updated?.instant ?? date?.instant ?? w.now,
  }
}

/** Old paths lead to the post, except those that a post lives at. */
const leaveOldPaths = async (w: Write, postId: string, { redirectFrom }: ImportedPost): Promise<void> => {
  for (const path of redirectFrom) {
    if (await w.tx.post.findUnique({ where: { path }, select: { id: true } })) continue
    await w.tx.redirect.upsert({
      where: { path },
      create: { path, postId, status: 301, createdAt: w.now },
      update: { postId },
    })
  }
}

const slugTaken = ({ file }: ImportedPost, wanted: string, slug: string): ImportFinding => ({
  file,
  line: null,
  rule: 'slug-taken',
  message: `The slug "${wanted}" belongs to another post; this one has "${slug}".`,
  action: 'Nothing has to be done; give one of them another slug to choose it yourself.',
  severity: 'warning',
})

const editedHere = ({ file }: ImportedPost): ImportFinding => ({
  file,
  line: null,
  rule: 'edited-here',
  message: 'The file has changed, but the post was edited here since it was imported; it was left alone.',
  action: 'Bring the change over by hand.',
  severity: 'warning',
})

/** In order, and one after the other: they share one transaction. */
const each = async <T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}

const unique = (ids: string[]): string[] => [...new Set(ids)]
