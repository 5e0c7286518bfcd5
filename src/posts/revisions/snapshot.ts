import type { Tx } from '../../db/client.ts'
import type { Post, Prisma, SourceFormat } from '../../db/generated/client.ts'
import { formatOffsetDateTime } from '../../lib/offset-date-time.ts'
import type { ByName, Kind, kinds } from '../../taxonomy/kinds.ts'
import type { TermRow } from '../../taxonomy/shared/rows.ts'

/** Everything a person writes about a post: what a revision keeps and can restore. */
export type Snapshot = {
  title: string
  source: string
  format: SourceFormat
  slug: string
  /** Null when the path follows PERMALINK. */
  path: string | null
  excerpt: string | null
  layout: string | null
  /** RFC 3339 with the offset it was written with. */
  publishedAt: string | null
  seo: { title: string | null; description: string | null; canonicalUrl: string | null; noindex: boolean }
  coverImage: { url: string; alt: string | null } | null
  metadata: Prisma.JsonObject
} & ByName<'idsField', string[]>

/** A post with its terms, each kind's in the written order. */
export type PostState = { [K in Kind as (typeof kinds)[K]['plural']]: TermRow<K>[] } & {
  post: Post
  /** The collective cache tags of the lists that got something new when it was published. */
  shown?: string[]
}

/** Reads a post and locks its row until the transaction ends; null when there is none. */
export const lockPost = async (tx: Tx, id: string): Promise<PostState | null> => {
  const [locked] = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM posts WHERE id = ${id} FOR UPDATE`
  return locked ? readPost(tx, id) : null
}

const readPost = async (tx: Tx, id: string): Promise<PostState> => {
  const post = await tx.post.findUniqueOrThrow({ where: { id } })
  const [filed] = await tx.$queryRaw<FiledUnder[]>`
    SELECT ARRAY(SELECT author_id FROM post_authors WHERE post_id = ${id} ORDER BY position) AS "authorIds",
      ARRAY(SELECT category_id FROM post_categories WHERE post_id = ${id} ORDER BY position) AS "categoryIds",
      ARRAY(SELECT tag_id FROM post_tags WHERE post_id = ${id} ORDER BY position) AS "tagIds"`
  // A SELECT without FROM has one row.
  return withFiling(tx, post, filed as FiledUnder)
}

type FiledUnder = Pick<Snapshot, 'authorIds' | 'categoryIds' | 'tagIds'>

/** A post whose row is known, with what it is filed under: a statement for each kind that it is under any of. */
export const withFiling = async (tx: Tx, post: Post, filed: FiledUnder): Promise<PostState> => {
  const { authorIds, categoryIds, tagIds } = filed
  return {
    post,
    authors: await inOrder(authorIds, (id) => tx.author.findMany({ where: { id } })),
    categories: await inOrder(categoryIds, (id) => tx.category.findMany({ where: { id } })),
    tags: await inOrder(tagIds, (id) => tx.tag.findMany({ where: { id } })),
  }
}

const inOrder = async <Row extends { id: string }>(
  ids: string[],
  find: (id: { in: string[] }) => Promise<Row[]>,
): Promise<Row[]> => {
  if (ids.length === 0) return []
  const rows = new Map((await find({ in: ids })).map((row) => [row.id, row]))
  return ids.flatMap((id) => rows.get(id) ?? [])
}

export const snapshotOf = ({ post, authors, categories, tags }: PostState): Snapshot => ({
  title: post.title,
  source: post.source,
  format: post.format,
  slug: post.slug,
  path: post.pathIsManual ? post.path : null,
  excerpt: post.excerptManual,
  layout: post.layout,
  publishedAt: post.publishedAt
    ? formatOffsetDateTime({ instant: post.publishedAt, offsetMinutes: post.publishedOffset })
    : null,
  seo: {
    title: post.seoTitle,
    description: post.seoDescription,
    canonicalUrl: post.canonicalUrl,
    noindex: post.noindex,
  },
  coverImage: post.coverImage as Snapshot['coverImage'],
  metadata: post.metadata as Prisma.JsonObject,
  authorIds: authors.map((author) => author.id),
  categoryIds: categories.map((category) => category.id),
  tagIds: tags.map((tag) => tag.id),
})

/** The public names of the fields in which two snapshots differ. */
export const changedFieldsOf = (before: Snapshot, after: Snapshot): string[] =>
  (Object.keys(publicNames) as (keyof Snapshot)[])
    .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
    .flatMap((field) => publicNames[field])

const publicNames: Record<keyof Snapshot, string[]> = {
  title: ['title'],
  source: ['content'],
  format: ['format'],
  slug: ['slug'],
  path: ['path'],
  excerpt: ['excerpt'],
  layout: ['layout'],
  publishedAt: ['publishedAt'],
  seo: ['seo'],
  coverImage: ['coverImage'],
  metadata: ['metadata'],
  authorIds: ['authors'],
  categoryIds: ['categories'],
  tagIds: ['tags'],
}

/** The date that it bears; null when it will bear that of its publication. */
export const dateOf = ({ publishedAt }: Snapshot): Date | null =>
  publishedAt === null ? null : new Date(publishedAt)
