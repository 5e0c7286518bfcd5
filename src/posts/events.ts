import type { Post } from '../db/generated/client.ts'
import { pastOf } from '../events/before-state.ts'
import { type EventType, mayBePublic } from '../events/catalog.ts'
import { eitherOf } from '../events/filter-matching.ts'
import type { Fact } from '../events/outbox.ts'
import { keepTexts } from '../events/state-texts.ts'
import { lineOf } from '../taxonomy/category/tree.ts'
import { authorPath, categoryPath, type Site, tagPath } from '../urls/site-paths.ts'
import type { Write } from '../write/write.ts'
import type { LockedPost } from './load-for-update.ts'
import { type PostState, snapshotOf } from './revisions/snapshot.ts'

/**
 * Records what happened to a post. What is live before and after decides what is stale: every page and every cache tag
 * that the post was on and is now on.
 *
 * @param reason for people: why it ended otherwise than somebody asked for; null when there is nothing to say.
 */
export const recordPostFact = async (
  w: Write,
  type: EventType,
  before: LockedPost | null,
  after: PostState,
  changedFields: string[],
  reason: string | null = null,
): Promise<void> => {
  // What was not live is nobody's business but the editors', who find it in the revisions.
  const shown = mayBePublic(type) ? [before, after].filter(isLive) : []
  w.record({
    type,
    subjectId: after.post.id,
    subjectVersion: Math.max(after.post.version, after.post.headVersion),
    changedFields,
    previous: before && shown.includes(before) ? previousValues(before, changedFields) : null,
    ...(before && (await stateOf(w, before))),
    invalidates: unique([...(await Promise.all(shown.map((state) => tagsOf(w, state)))), after.shown ?? []]),
    paths: unique(shown.map((state) => pathsOf(w.site, state))),
    verdict: eitherOf(before?.verdict ?? null, await w.judge(after.post.id)),
    detail: reason === null ? undefined : { reason },
    isPublic: shown.length > 0 || (type === 'post.deleted' && after.post.wasPublic),
  } satisfies Fact)
}

const isLive = (state: PostState | null): state is PostState => state?.post.status === 'PUBLISHED'

/** The columns of a post that may be large: the event keeps them apart, and together with those of the events beside it. */
export const textFields = [
  'source',
  'content',
  'contentText',
  'contentMarkdown',
  'excerptManual',
  'excerptHtml',
  'excerptText',
  'excerptMarkdown',
  'images',
  'headings',
  'metadata',
] as const satisfies (keyof Post)[]

/** What the event keeps of a post before it: its row, and under what it was filed. */
const stateOf = async (w: Write, { post, authors, categories, tags }: PostState) => {
  const texts = Object.fromEntries(textFields.map((field) => [field, post[field]]))
  const filed = { authorIds: idsOf(authors), categoryIds: idsOf(categories), tagIds: idsOf(tags) }
  const isLight = ([field, value]: [string, unknown]) => value !== null && !(field in texts)
  const before = pastOf({ ...Object.fromEntries(Object.entries(post).filter(isLight)), ...filed })
  return { before, beforeTextId: await keepTexts(w.tx, post.id, texts, w.now) }
}

const idsOf = (rows: { id: string }[]): string[] => rows.map(({ id }) => id)

const previousValues = (before: PostState, fields: string[]): Record<string, unknown> => {
  const { seo, coverImage, metadata, publishedAt, excerpt, layout } = snapshotOf(before)
  const values: Record<string, unknown> = {
    title: before.post.title,
    slug: before.post.slug,
    path: before.post.path,
    status: before.post.status,
    excerpt,
    layout,
    publishedAt,
    seo,
    coverImage,
    metadata,
    authors: before.authors.map((author) => author.slug),
    categories: before.categories.map((category) => category.slug),
    tags: before.tags.map((tag) => tag.slug),
  }
  // The content itself is not repeated: it may be large, and a receiver that wants it asks for it.
  return Object.fromEntries(fields.filter((field) => field in values).map((field) => [field, values[field]]))
}

const tagsOf = async (w: Write, { post, authors, categories, tags }: PostState): Promise<string[]> => {
  const line = categories.flatMap((category) => lineOf(category.slugPath))
  const ancestors =
    line.length === 0
      ? []
      : await w.tx.category.findMany({ where: { slugPath: { in: line } }, select: { id: true } })
  return [
    post.id,
    'posts',
    ...authors.map((author) => author.id),
    ...ancestors.map((category) => category.id),
    ...tags.map((tag) => tag.id),
  ]
}

const pathsOf = (site: Site, { post, authors, categories, tags }: PostState): string[] => [
  post.path,
  '/',
  ...authors.map((author) => authorPath(site, author.slug)),
  ...categories.flatMap((category) => lineOf(category.slugPath).map((path) => categoryPath(site, path))),
  ...tags.map((tag) => tagPath(site, tag.slug)),
]

const unique = (lists: string[][]): string[] => [...new Set(lists.flat())]
