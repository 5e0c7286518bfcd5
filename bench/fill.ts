import { contentColumns } from '../src/content/columns.ts'
import { emptySnapshot } from '../src/content/post.input.ts'
import { type Rendered, renderPost } from '../src/content/render.ts'
import { indexMissing } from '../src/content/search-index.ts'
import type { Db } from '../src/db/client.ts'
import { Prisma } from '../src/db/generated/client.ts'
import { formatOffsetDateTime } from '../src/offset-date-time.ts'
import { foldKey } from '../src/text.ts'
import type { Blog, BlogBody, BlogPost, BlogTerm } from './data.ts'

/** Puts a blog into an empty, migrated database, past the API, with the columns that saving a post would have made. */
export const fillDatabase = async (db: Db, blog: Blog): Promise<void> => {
  const authors: Prisma.AuthorCreateManyInput[] = blog.authors.map(termRow)
  const tags: Prisma.TagCreateManyInput[] = blog.tags.map(termRow)
  const categories = blog.categories.map(
    (term): Prisma.CategoryCreateManyInput => ({ ...termRow(term), slugPath: term.slug }),
  )
  await insert(db, 'authors', authors)
  await insert(db, 'categories', categories)
  await insert(db, 'tags', tags)
  const rendered = new Map<BlogBody, Rendered>()
  for (const posts of chunksOf(blog.posts(), postsAtOnce)) {
    await insert(
      db,
      'posts',
      posts.map((post) => postRow(post, renderOnce(post.body, rendered))),
    )
    await insert(
      db,
      'post_authors',
      links(posts, 'authorId', ({ author }) => [author]),
    )
    await insert(
      db,
      'post_categories',
      links(posts, 'categoryId', ({ categories }) => categories),
    )
    await insert(
      db,
      'post_tags',
      links(posts, 'tagId', ({ tags }) => tags),
    )
  }
  await indexMissing(db, 'simple')
}

// About 5 MB of JSON: few round trips, and little memory for either side.
const postsAtOnce = 500

/** One statement and one parameter, however many rows: createMany would have the client plan a parameter a value. */
const insert = async (db: Db, table: string, rows: readonly object[]): Promise<void> => {
  const [first = {}] = rows
  const columns = Object.keys(first).map(columnOf).join(', ')
  const named = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([field, value]) => [columnOf(field), value === Prisma.DbNull ? null : value]),
    ),
  )
  await db.$executeRawUnsafe(
    `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::${table}, $1::json)`,
    JSON.stringify(named),
  )
}

/** prisma/schema.prisma maps every field so. */
const columnOf = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

const links = (posts: readonly BlogPost[], key: string, termsOf: (post: BlogPost) => BlogTerm[]) =>
  posts.flatMap((post) => termsOf(post).map(({ id }, position) => ({ postId: post.id, [key]: id, position })))

const termRow = ({ id, slug, name }: BlogTerm) => {
  return { id, slug, name, nameKey: foldKey(name), isPublic: true, ...times }
}
const times = { createdAt: new Date('2020-01-01T00:00:00Z'), updatedAt: new Date('2020-01-01T00:00:00Z') }

const renderOnce = (body: BlogBody, rendered: Map<BlogBody, Rendered>): Rendered => {
  const known = rendered.get(body)
  if (known) return known
  const made = renderPost({ source: body.html, format: 'HTML', excerpt: body.excerpt })
  rendered.set(body, made)
  return made
}

const postRow = (post: BlogPost, rendered: Rendered): Prisma.PostCreateManyInput => {
  const { id, slug, title, body, publishedAt } = post
  const snapshot = {
    ...emptySnapshot,
    title,
    slug,
    source: body.html,
    format: 'HTML' as const,
    excerpt: body.excerpt,
    publishedAt: formatOffsetDateTime({ instant: publishedAt, offsetMinutes: 0 }),
  }
  const path = `/${publishedAt.toISOString().slice(0, 7).replace('-', '/')}/${slug}/`
  return {
    id,
    ...contentColumns(snapshot, rendered, { slug, path, pathIsManual: false }),
    status: 'PUBLISHED',
    wasPublic: true,
    sortDate: publishedAt,
    createdAt: publishedAt,
    updatedAt: publishedAt,
  }
}

function* chunksOf<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let chunk: T[] = []
  for (const one of all) {
    chunk.push(one)
    if (chunk.length === size) {
      yield chunk
      chunk = []
    }
  }
  if (chunk.length > 0) yield chunk
}
