import { type Post, Prisma } from '../db/generated/client.ts'
import { parseOffsetDateTime } from '../lib/offset-date-time.ts'
import { foldKey } from '../lib/text.ts'
import type { Write } from '../write/write.ts'
import type { Place } from './permalink.ts'
import type { Rendering } from './rendering.ts'
import type { Snapshot } from './revisions/snapshot.ts'

/** The columns that follow from what was written: everything is rendered when it is saved, never in a query. */
export const contentColumns = (snapshot: Snapshot, rendering: Rendering, place: Place) => {
  const published = snapshot.publishedAt === null ? null : parseOffsetDateTime(snapshot.publishedAt)
  return {
    ...place,
    title: snapshot.title,
    titleKey: foldKey(snapshot.title),
    format: snapshot.format,
    source: snapshot.source,
    excerptManual: snapshot.excerpt,
    ...renderedColumns(rendering),
    layout: snapshot.layout,
    seoTitle: snapshot.seo.title,
    seoDescription: snapshot.seo.description,
    canonicalUrl: snapshot.seo.canonicalUrl,
    noindex: snapshot.seo.noindex,
    coverImage: snapshot.coverImage ?? Prisma.DbNull,
    metadata: snapshot.metadata as Prisma.InputJsonObject,
    publishedAt: published?.instant ?? null,
    publishedOffset: published?.offsetMinutes ?? 0,
  }
}

/** The columns that hold what was made of the source. */
export const renderedColumns = ({ rendered, rendererVersion }: Rendering) => ({
  content: rendered.content,
  contentText: rendered.text,
  contentMarkdown: rendered.markdown,
  excerptHtml: rendered.excerptHtml,
  excerptText: rendered.excerptText,
  excerptMarkdown: rendered.excerptMarkdown,
  excerptSource: rendered.excerptSource,
  wordCount: rendered.wordCount,
  images: rendered.images,
  headings: rendered.headings,
  rendererVersion,
})

/** Takes the post off its authors and terms: before its row changes, which would change each link to it. */
export const takeFromShelves = async ({ tx }: Write, postId: string): Promise<void> => {
  await tx.$executeRaw`
    WITH authors AS (DELETE FROM post_authors WHERE post_id = ${postId}),
      categories AS (DELETE FROM post_categories WHERE post_id = ${postId})
    DELETE FROM post_tags WHERE post_id = ${postId}`
}

/** Files the post, which is on no shelf, under its authors and terms, in the written order. */
export const fileUnder = async (
  { tx }: Write,
  { id: postId, status, sortDate }: Pick<Post, 'id' | 'status' | 'sortDate'>,
  snapshot: Snapshot,
): Promise<void> => {
  const link = { postId, status, sortDate }
  const { authorIds, categoryIds, tagIds } = snapshot
  if (authorIds.length > 0) {
    await tx.postAuthor.createMany({
      data: authorIds.map((authorId, position) => ({ ...link, authorId, position })),
    })
  }
  if (categoryIds.length > 0) {
    await tx.postCategory.createMany({
      data: categoryIds.map((categoryId, position) => ({ ...link, categoryId, position })),
    })
  }
  if (tagIds.length > 0) {
    await tx.postTag.createMany({ data: tagIds.map((tagId, position) => ({ ...link, tagId, position })) })
  }
}
