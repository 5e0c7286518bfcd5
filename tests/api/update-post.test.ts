import { beforeAll, describe, expect, test } from 'vitest'
import { PostByDocument, UpdatePostDocument, type UpdatePostInput } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { create, update } from './writing.ts'

const lent = withApp({ role: 'api' })

beforeAll(() => makePosts(lent.app, { count: 1 }))

const whole = {
  title: 'Whole',
  source: 'The *source*.',
  excerpt: 'By hand.',
  layout: 'wide',
  publishedAt: '2020-02-03T04:05:06+01:00',
  authors: ['author-02', 'author-01'],
  categories: ['category-03', 'category-01'],
  tags: ['Tag 05', 'Tag 01'],
  seo: { title: 'T', description: 'D', canonicalUrl: 'https://example.org/', noindex: true },
  metadata: { a: 1 },
  coverImage: { url: 'https://example.com/c.jpg', alt: 'Alt' },
}

const read = async (id: string) => {
  const { post } = await lent.app.admin.run(PostByDocument, { by: { id } })
  if (!post) throw new Error('An editor sees every post.')
  return post
}
const eventsOf = async (id: string) =>
  (await lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })).map(
    (event) => event.type,
  )
const attempt = async (input: UpdatePostInput) =>
  (await lent.app.admin.run(UpdatePostDocument, { input })).updatePost

describe('a field', () => {
  test('that is absent is left alone', async () => {
    const { post } = await create(lent.app.admin, whole)
    const before = await read(post.id)
    await update(lent.app.admin, { id: post.id, title: 'Another title' })
    const { title, updatedAt, version, ...rest } = await read(post.id)
    expect([title, version]).toEqual(['Another title', 2])
    expect(updatedAt >= before.updatedAt).toBe(true)
    expect(rest).toEqual(
      Object.fromEntries(Object.keys(rest).map((key) => [key, before[key as keyof typeof before]])),
    )
  })

  test('of metadata is kept with its keys in the order in which they were written last', async () => {
    const { post } = await create(lent.app.admin, { ...whole, metadata: { first: 1, second: 2 } })
    const reordered = { id: post.id, metadata: { second: 2, first: 1 } }
    const { version } = (await update(lent.app.admin, reordered)).post
    expect(JSON.stringify((await read(post.id)).metadata)).toBe('{"second":2,"first":1}')
    // Or whoever sends the same again, an import for one, would change the post every time.
    expect((await update(lent.app.admin, reordered)).post.version).toBe(version)
  })

  test('that is null is cleared', async () => {
    const { post } = await create(lent.app.admin, whole)
    await update(lent.app.admin, {
      id: post.id,
      excerpt: null,
      layout: null,
      publishedAt: null,
      authors: null,
      categories: null,
      tags: null,
      seo: null,
      metadata: null,
      coverImage: null,
    })
    expect(await read(post.id)).toMatchObject({
      title: 'Whole',
      excerptSource: 'AUTOMATIC',
      excerpt: 'The source.',
      layout: null,
      publishedAt: null,
      author: null,
      authors: [],
      categories: [],
      tags: [],
      seo: { title: null, description: null, canonicalUrl: null, noindex: false },
      metadata: {},
      coverImage: null,
    })
  })

  test('that is a slug or path and null is made anew', async () => {
    const chosen = { ...whole, title: 'Anew', slug: 'chosen-slug', path: '/chosen/' }
    const { post } = await create(lent.app.admin, chosen)
    await update(lent.app.admin, { id: post.id, path: null })
    expect((await read(post.id)).path).toBe('/2020/02/chosen-slug/')
    await update(lent.app.admin, { id: post.id, slug: null })
    expect(await read(post.id)).toMatchObject({ slug: 'anew', path: '/2020/02/anew/' })
  })

  test('that cannot be empty cannot be cleared', async () => {
    const { post } = await create(lent.app.admin, whole)
    const result = await attempt({ id: post.id, title: null, source: null, format: null })
    if (result.__typename !== 'ValidationError') throw new Error(`Not refused: ${JSON.stringify(result)}`)
    expect(result.issues.map((issue) => issue.path.join('.'))).toEqual([
      'input.title',
      'input.source',
      'input.format',
    ])
  })
})

test.each([
  {},
  { title: 'Unchanged' },
  { ...whole, title: 'Unchanged' },
  { tags: ['tag-05', 'TAG 01'] },
  { slug: null },
  { path: null },
  { title: ' Unchanged ' },
])('saving nothing new makes no event, no version and no error: %j', async (input) => {
  const { post } = await create(lent.app.admin, { ...whole, title: 'Unchanged' })
  const before = await read(post.id)
  const { event } = await update(lent.app.admin, { id: post.id, ...input })
  expect(event).toBeNull()
  expect(await read(post.id)).toEqual(before)
  expect(await eventsOf(post.id)).toEqual(['post.created'])
})

test('each save of a draft makes one event and raises the version by one', async () => {
  const { post } = await create(lent.app.admin, whole)
  for (const version of [2, 3, 4]) {
    const saved = await update(lent.app.admin, { id: post.id, title: `Title ${version}` })
    expect([saved.post.version, saved.event?.type]).toEqual([version, 'POST_DRAFT_SAVED'])
  }
  expect(await eventsOf(post.id)).toEqual(['post.created', ...Array(3).fill('post.draft_saved')])
})

describe('expectedVersion', () => {
  test('lets a save through that was made from the newest version', async () => {
    const { post } = await create(lent.app.admin, whole)
    const { post: saved } = await update(lent.app.admin, { id: post.id, expectedVersion: 1, title: 'A' })
    expect(saved.version).toBe(2)
  })

  test('that is stale is a conflict that names what there is now, and nothing is written', async () => {
    const { post } = await create(lent.app.admin, whole)
    await update(lent.app.admin, { id: post.id, title: 'By another' })
    for (const expectedVersion of [1, 3, 0, -1]) {
      const result = await attempt({ id: post.id, expectedVersion, title: 'Late' })
      expect(result).toMatchObject({
        __typename: 'VersionConflictError',
        code: 'VERSION_CONFLICT',
        path: ['input', 'expectedVersion'],
        current: { id: post.id, version: 2 },
      })
    }
    expect((await read(post.id)).title).toBe('By another')
    expect(await eventsOf(post.id)).toHaveLength(2)
  })
})

test('a post that is not there is a NotFoundError', async () => {
  for (const id of ['post_01h455vb4pex5vsknk084sn02q', 'author_01h455vb4pex5vsknk084sn02q', '', 'x\0'])
    expect(await attempt({ id, title: 'x' })).toMatchObject({
      __typename: 'NotFoundError',
      path: ['input', 'id'],
    })
})
