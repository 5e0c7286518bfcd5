import { expect, inject, test } from 'vitest'
import { makeBlog } from '../../bench/data.ts'
import { fillDatabase } from '../../bench/fill.ts'
import {
  CreateAuthorDocument,
  CreateCategoryDocument,
  PublishPostDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { create } from './writing.ts'

const lent = withApp({ role: 'api' })

// The benchmarks fill servers alone.
test.skipIf(inject('kind') === 'embedded')(
  'what the benchmarks fill a database with is what saving it through the API makes',
  async () => {
    const { admin, database } = lent.app
    const blog = makeBlog({ posts: 3, authors: 2, categories: 4, rootCategories: 2, tags: 5 })
    await fillDatabase(database, blog)
    const filled = await readAll()
    await database.runScript('TRUNCATE posts, authors, categories, tags CASCADE')

    for (const { slug, name } of blog.authors)
      await admin.run(CreateAuthorDocument, { input: { slug, name } })
    const ids = new Map<string, string>()
    for (const { id, slug, name, parent } of blog.categories) {
      const input = { slug, name, parentId: parent && ids.get(parent.id) }
      const { createCategory } = await admin.run(CreateCategoryDocument, { input })
      if ('category' in createCategory) ids.set(id, createCategory.category.id)
    }
    for (const post of blog.posts()) {
      const { title, slug, body, publishedAt, author, categories, tags } = post
      const input = {
        ...{ title, slug, source: body.html, format: 'HTML' as const, excerpt: body.excerpt },
        publishedAt: publishedAt.toISOString(),
        authors: [author.slug],
        categories: categories.map((category) => category.slug),
        tags: tags.map((tag) => tag.name),
      }
      const made = await create(admin, input)
      await admin.run(PublishPostDocument, { input: { id: made.post.id } })
    }
    const saved = await readAll()
    const usedTags = new Set([...blog.posts()].flatMap((post) => post.tags.map(({ slug }) => slug)))
    expect(saved.posts).toEqual(filled.posts)
    expect(saved.posts).toHaveLength(3)
    expect(saved.search).toEqual(filled.search)
    expect(saved.authors).toEqual(filled.authors)
    expect(saved.categories).toEqual(filled.categories)
    expect(saved.tags).toEqual(filled.tags.filter(({ slug }) => usedTags.has(slug)))
    expect(saved.links).toEqual(filled.links)
  },
)

/** Everything about the posts that a query reads, but what is new with each save: ids, times of saving, versions. */
const readAll = async () => {
  const { db } = lent.app.database
  const omit = { id: true, createdAt: true, updatedAt: true, version: true } as const
  const bySlug = { orderBy: { slug: 'asc' } } as const
  const ofPost = { post: { select: { slug: true } } } as const
  const ofTerm = { position: true, ...ofPost } as const
  const order = [{ post: { slug: 'asc' } }, { position: 'asc' }] as const
  const term = { select: { slug: true } } as const
  return {
    posts: await db.post.findMany({ ...bySlug, omit: { ...omit, headVersion: true } }),
    search: await db.$queryRaw`
      SELECT slug, language, words::text FROM post_search JOIN posts ON posts.id = post_id ORDER BY slug`,
    authors: await db.author.findMany({ ...bySlug, omit }),
    categories: await db.category.findMany({
      ...bySlug,
      omit: { ...omit, parentId: true },
      include: { parent: term },
    }),
    tags: await db.tag.findMany({ ...bySlug, omit }),
    links: [
      await db.postAuthor.findMany({ orderBy: [...order], select: { ...ofTerm, author: term } }),
      await db.postCategory.findMany({ orderBy: [...order], select: { ...ofTerm, category: term } }),
      await db.postTag.findMany({ orderBy: [...order], select: { ...ofTerm, tag: term } }),
    ],
  }
}
