import type { Tx } from '../db/client.ts'
import type { Author, Category, Post, Prisma, SourceFormat, Tag } from '../db/generated/client.ts'
import { formatOffsetDateTime } from '../offset-date-time.ts'

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
  authorIds: string[]
  categoryIds: string[]
  tagIds: string[]
}

/** A post with what it is filed under, each in the written order. */
export type PostState = {
  post: Post
  authors: Author[]
  categories: Category[]
  tags: Tag[]
  /** The collective cache tags of the lists that got something new when it was published. */
  shown?: string[]
}

/** Reads a post and locks its row until the transaction ends; null when there is none. */
export const lockPost = async (tx: Tx, id: string): Promise<PostState | null> => {
  const [locked] = await tx.$queryRaw<{ id: string }[]>`SELECT id FROM posts WHERE id = ${id} FOR UPDATE`
  return locked ? readPost(tx, id) : null
}

export const readPost = async (tx: Tx, id: string): Promise<PostState> => {
  const { authors, categories, tags, ...post } = await tx.post.findUniqueOrThrow({
    where: { id },
    include: {
      authors: { orderBy: { position: 'asc' }, include: { author: true } },
      categories: { orderBy: { position: 'asc' }, include: { category: true } },
      tags: { orderBy: { position: 'asc' }, include: { tag: true } },
    },
  })
  return {
    post,
    authors: authors.map((row) => row.author),
    categories: categories.map((row) => row.category),
    tags: tags.map((row) => row.tag),
  }
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
