import { beforeAll, describe, expect, test } from 'vitest'
import { CreatePostDocument, type CreatePostInput, PostByDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { create, publish } from './writing.ts'

const lent = withApp({ role: 'api' })

beforeAll(() => makePosts(lent.app, { count: 1 }))

/** What createPost answers, problem or not. */
const attempt = async (input: CreatePostInput) =>
  (await lent.app.admin.run(CreatePostDocument, { input })).createPost

const issuesOf = async (input: CreatePostInput) => {
  const result = await attempt(input)
  if (result.__typename !== 'ValidationError') throw new Error(`Not refused: ${JSON.stringify(result)}`)
  return result.issues
}

const counts = async () => {
  const { db } = lent.app.database
  return [await db.post.count(), await db.event.count(), await db.postRevision.count(), await db.tag.count()]
}

test('a new post is a draft of version 1, and one event tells of it', async () => {
  const [posts = 0, events = 0, revisions = 0] = await counts()
  const { post, event } = await create(lent.app.admin, { title: ' New post ', source: 'x' })
  expect(post).toMatchObject({ title: 'New post', slug: 'new-post', status: 'DRAFT', version: 1 })
  expect(post.path).toMatch(/^\/\d{4}\/\d{2}\/new-post\/$/)
  expect(event?.type).toBe('POST_CREATED')
  expect((await counts()).slice(0, 3)).toEqual([posts + 1, events + 1, revisions + 1])
  const { post: seen } = await lent.app.anonymous.run(PostByDocument, { by: { id: post.id } })
  expect(seen).toBeNull()
})

describe('the slug', () => {
  test.each([
    ['Hello, World!', 'hello-world'],
    ['Größe & Maß', /^gro(e)?sse-mas+$/],
    ['Crème brûlée à la carte', 'creme-brulee-a-la-carte'],
    ['Война и мир', /^voj?[iy]?na-i-mir$/],
    ['東京タワー', /^[a-z0-9-]+$/],
    ['안녕하세요', /^[a-z0-9-]+$/],
    ['مرحبا بالعالم', /^[a-z0-9-]+$/],
    ['नमस्ते दुनिया', /^[a-z0-9-]+$/],
    ['C++ or C#?', 'c-plus-plus-or-c-sharp'],
    ['🎉🎉🎉', 'post'],
    ['…!?', /^post(-\d+)?$/],
    [`${'word '.repeat(60)}end`, /^(word-)+word$/],
  ])('of %j is made from the title', async (title, expected) => {
    const { post } = await create(lent.app.admin, { title, source: 'x' })
    if (typeof expected === 'string') expect(post.slug).toBe(expected)
    else expect(post.slug).toMatch(expected)
    expect(post.slug.length).toBeLessThanOrEqual(200)
  })

  test('gets a number when the one that the title makes is taken', async () => {
    const slugs: string[] = []
    for (let count = 0; count < 3; count++)
      slugs.push((await create(lent.app.admin, { title: 'Twice told', source: 'x' })).post.slug)
    expect(slugs).toEqual(['twice-told', 'twice-told-2', 'twice-told-3'])
  })

  test('that someone chose is kept, in any script', async () => {
    for (const slug of ['chosen', 'выбранный', '選ばれた', 'with_underscore.and-dots'])
      expect((await create(lent.app.admin, { title: 'x', source: 'x', slug })).post.slug).toBe(slug)
  })

  test('or path that someone chose and that is taken is a TakenError, and nothing is written', async () => {
    await create(lent.app.admin, { title: 'First', source: 'x', slug: 'mine', path: '/mine/' })
    const before = await counts()
    for (const [field, value] of [
      ['slug', 'mine'],
      ['path', '/mine/'],
    ] as const) {
      const result = await attempt({ title: 'Second', source: 'x', [field]: value, tags: ['of nobody'] })
      expect(result).toMatchObject({ __typename: 'TakenError', code: 'TAKEN', path: ['input', field] })
    }
    expect(await counts()).toEqual(before)
  })
})

describe('what a post is filed under', () => {
  test('is found by slug or by name in any case, and each but once', async () => {
    const { post } = await create(lent.app.admin, {
      title: 'Filed',
      source: 'x',
      categories: ['category-02', 'CATEGORY 02', 'Category 01'],
      tags: ['KDE', 'kde', 'tag-03', 'TAG 03', ' KDE '],
      authors: ['author-02', 'author-02', 'author-01'],
    })
    await publish(lent.app.admin, post.id)
    const { post: seen } = await lent.app.anonymous.run(PostByDocument, { by: { id: post.id } })
    expect(seen?.categories.map((category) => category.slug)).toEqual(['category-02', 'category-01'])
    expect(seen?.tags).toEqual([
      { slug: 'kde', name: 'KDE' },
      { slug: 'tag-03', name: 'Tag 03' },
    ])
    expect(seen?.authors.map((author) => author.slug)).toEqual(['author-02', 'author-01'])
  })

  test('are tags that are made when they are new, in the first spelling that was written', async () => {
    const { db } = lent.app.database
    await create(lent.app.admin, { title: 'One', source: 'x', tags: ['GraphQL', 'C++', 'C#', 'C'] })
    await create(lent.app.admin, { title: 'Two', source: 'x', tags: ['GRAPHQL', 'graphql', 'c++'] })
    const tags = await db.tag.findMany({
      where: { name: { in: ['GraphQL', 'C++', 'C#', 'C'] } },
      orderBy: { id: 'asc' },
    })
    expect(tags.map(({ name, slug }) => [name, slug])).toEqual([
      ['GraphQL', 'graphql'],
      ['C++', 'c-plus-plus'],
      ['C#', 'c-sharp'],
      ['C', 'c'],
    ])
    expect(await db.tag.count({ where: { nameKey: { in: ['graphql', 'c++'] } } })).toBe(2)
  })

  test('cannot be a category or an author that does not exist', async () => {
    const before = await counts()
    const issues = await issuesOf({
      title: 'x',
      source: 'x',
      categories: ['category-01', 'Nonsense'],
      authors: ['nobody', 'author-01', 'Author 01'],
      tags: ['never made'],
    })
    expect(issues.map((issue) => issue.path.slice(0, 2))).toEqual([
      ['input', 'authors'],
      ['input', 'authors'],
      ['input', 'categories'],
    ])
    const messages = issues.map((issue) => issue.message).join(' ')
    for (const name of ['nobody', 'Author 01', 'Nonsense']) expect(messages).toContain(`"${name}"`)
    expect(await counts()).toEqual(before)
  })
})

describe('authors, categories and tags', () => {
  const many = (count: number, name: string) =>
    Array.from({ length: count }, (_, index) => `${name} ${index}`)

  test('are a hundred each at most', async () => {
    const lists = { authors: many(101, 'a'), categories: many(101, 'c'), tags: many(101, 't') }
    const issues = await issuesOf({ title: 'x', source: 'x', ...lists })
    expect(issues.map(({ path }) => path[1])).toEqual(['authors', 'categories', 'tags'])
    for (const { message } of issues) expect(message).toMatch(/has 101 entries; at most 100 are allowed/)
  })

  test('are looked up together: a hundred take no more statements than one', async () => {
    const { admin } = lent.app
    await create(admin, { title: 'Makes them', source: 'x', tags: many(100, 'Shared') })
    const counted = async (tags: string[], categories: string[]) => {
      const work = () =>
        create(admin, { title: 'Counted', slug: `counted-${tags.length}`, source: 'x', tags, categories })
      return (await lent.app.countStatements(work)).statements.length
    }
    const all = ['category-01', 'category-02', 'category-03']
    expect(await counted(many(100, 'shared'), all)).toBe(await counted(['SHARED 1'], all.slice(0, 1)))
  })

  test('new tags of one name in any case, and by the slug that it gets, are one tag', async () => {
    const { admin } = lent.app
    const { post } = await create(admin, {
      title: 'New tags',
      source: 'x',
      tags: ['Zig Zag', 'zig zag', 'zig-zag', ' ZIG  ZAG '],
    })
    const { data } = await admin.send<{ post: { tags: { name: string; slug: string }[] } }>(
      `{ post(by: { id: "${post.id}" }) { tags { name slug } } }`,
    )
    expect(data?.post.tags).toEqual([{ name: 'Zig Zag', slug: 'zig-zag' }])
  })
})

test('of more than twenty broken rules the last one says how many more there are', async () => {
  const categories = Array.from({ length: 100 }, (_, index) => `No such ${index}`)
  const issues = await issuesOf({ title: 'x', source: 'x', categories })
  expect(issues).toHaveLength(20)
  expect(issues[18]?.message).toContain('"No such 18"')
  expect(issues[19]?.message).toBe('There are 81 more problems; mend these first.')
})

test('every broken rule is told at once, each with the way to it, and nothing is written', async () => {
  const before = await counts()
  const issues = await issuesOf({
    title: '   ',
    source: 'a\0b',
    slug: 'Not A Slug',
    path: 'no-slash',
    excerpt: '\ud800',
    layout: 'x'.repeat(201),
    authors: ['nobody'],
    categories: ['nothing'],
    tags: ['', 'fine'],
    seo: { title: 'a\0b', description: '\udfff' },
    coverImage: { url: 'https://example.com/a.jpg', alt: '\0' },
    metadata: ['no', 'object'],
  })
  const paths = issues.map((issue) => issue.path.join('.'))
  expect(paths.sort()).toEqual([
    'input.authors',
    'input.categories',
    'input.coverImage.alt',
    'input.excerpt',
    'input.layout',
    'input.metadata',
    'input.path',
    'input.seo.description',
    'input.seo.title',
    'input.slug',
    'input.source',
    'input.tags.0',
    'input.title',
  ])
  expect(await counts()).toEqual(before)
})
