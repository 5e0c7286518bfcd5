import pg from 'pg'
import type { Database } from '../src/db/client.ts'
import { formatOffsetDateTime } from '../src/lib/offset-date-time.ts'
import { foldKey } from '../src/lib/text.ts'
import { renderPost } from '../src/markup/render.ts'
import { type Rendered, rendererVersion } from '../src/markup/rendered.ts'
import { contentColumns } from '../src/posts/fields/columns.ts'
import { emptySnapshot } from '../src/posts/revisions/snapshot.ts'
import { indexMissing } from '../src/search/reindex.ts'
import { copyInto } from './copy.ts'
import type { Blog, BlogBody, BlogCategory, BlogPost, BlogTerm } from './data.ts'

/**
 * Puts a blog into an empty, migrated PostgreSQL, past the API, with the columns and the search index that saving a post
 * would have made; there are no revisions and no events.
 */
export const fillDatabase = async ({ db, driver, runScript }: Database, blog: Blog): Promise<void> => {
  if (!('pool' in driver)) throw new Error('Only a server is filled.')
  // Not the pool's own, whose queries give promises where COPY needs a stream.
  const client = new pg.Client(driver.pool.options.connectionString)
  await client.connect()
  try {
    await copyBlog(client, blog)
  } finally {
    await client.end()
  }
  // Without statistics each step of indexing would read and sort all posts.
  await runScript('ANALYZE')
  await indexMissing(db, 'simple')
}

const copyBlog = async (client: pg.Client, blog: Blog): Promise<void> => {
  await copyInto(client, 'authors', blog.authors.map(termRow))
  await copyInto(client, 'categories', blog.categories.map(categoryRow))
  await copyInto(client, 'tags', [...blog.tags, blog.rareTag, blog.scarceTag].map(termRow))
  await copyInto(client, 'posts', postRows(blog))
  await copyInto(
    client,
    'post_authors',
    links(blog, 'authorId', ({ author }) => [author]),
  )
  await copyInto(
    client,
    'post_categories',
    links(blog, 'categoryId', ({ categories }) => categories),
  )
  await copyInto(
    client,
    'post_tags',
    links(blog, 'tagId', ({ tags }) => tags),
  )
}

const termRow = ({ id, slug, name }: BlogTerm) => {
  return { id, slug, name, nameKey: foldKey(name), isPublic: true, ...times }
}
const times = { createdAt: new Date('2020-01-01T00:00:00Z'), updatedAt: new Date('2020-01-01T00:00:00Z') }

const categoryRow = (category: BlogCategory) => ({
  ...termRow(category),
  parentId: category.parent?.id ?? null,
  slugPath: slugPathOf(category),
})

const slugPathOf = ({ slug, parent }: BlogCategory): string =>
  parent === null ? slug : `${slugPathOf(parent)}/${slug}`

function* postRows(blog: Blog) {
  const rendered = new Map<BlogBody, Rendered>()
  for (const post of blog.posts()) yield postRow(post, renderOnce(post.body, rendered))
}

const renderOnce = (body: BlogBody, rendered: Map<BlogBody, Rendered>): Rendered => {
  const known = rendered.get(body)
  if (known) return known
  const made = renderPost({ source: body.html, format: 'HTML', excerpt: body.excerpt })
  rendered.set(body, made)
  return made
}

const postRow = (post: BlogPost, rendered: Rendered) => {
  const { id, slug, path, title, body, publishedAt } = post
  const snapshot = {
    ...emptySnapshot,
    title,
    slug,
    source: body.html,
    format: 'HTML' as const,
    excerpt: body.excerpt,
    publishedAt: formatOffsetDateTime({ instant: publishedAt, offsetMinutes: 0 }),
  }
  return {
    id,
    ...contentColumns(snapshot, { rendered, rendererVersion }, { slug, path, pathIsManual: false }),
    status: 'PUBLISHED',
    wasPublic: true,
    sortDate: publishedAt,
    createdAt: publishedAt,
    updatedAt: publishedAt,
  }
}

function* links(blog: Blog, key: string, termsOf: (post: BlogPost) => BlogTerm[]) {
  for (const post of blog.posts()) {
    const link = { postId: post.id, status: 'PUBLISHED', sortDate: post.publishedAt }
    for (const [position, { id }] of termsOf(post).entries()) yield { ...link, [key]: id, position }
  }
}
