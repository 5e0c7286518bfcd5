import { beforeAll, expect, test } from 'vitest'
import {
  PostByDocument,
  PublishPostDocument,
  UnpublishPostDocument,
  type UnpublishPostInput,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api' })
beforeAll(() => makePosts(lent.app, { count: 1 }))

const unpublish = async (input: UnpublishPostInput) =>
  (await lent.app.admin.run(UnpublishPostDocument, { input })).unpublishPost
const eventsOf = (id: string) =>
  lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })
const seenByAll = async (id: string) => (await lent.app.anonymous.run(PostByDocument, { by: { id } })).post

test('publishing makes a draft public, dates it, and makes one event that tells what and where', async () => {
  const { app } = lent
  const input = {
    title: 'Out',
    source: 'x',
    authors: ['author-01'],
    categories: ['category-06'],
    tags: ['tag-01'],
  }
  const { post } = await create(app.admin, input)
  const { post: published, event } = await publish(app.admin, post.id)
  expect(published).toMatchObject({ status: 'PUBLISHED', version: 2 })
  expect(Date.parse(published.publishedAt ?? '')).toBeCloseTo(app.clock.now().getTime(), -5)
  expect(await seenByAll(post.id)).toMatchObject({ title: 'Out', version: 2 })
  expect(event).toMatchObject({ type: 'POST_PUBLISHED', postId: post.id, version: 2, actor: 'A test' })
  if (!event || !('paths' in event)) throw new Error('It is the event of a post.')
  expect(event.changedFields).toContain('status')
  expect(event.paths).toEqual([
    published.path,
    '/',
    '/author/author-01/',
    '/category/category-01/',
    '/category/category-01/category-06/',
    '/tag/tag-01/',
  ])
  const { db } = app.database
  const [author, parent, category, tag] = [
    await db.author.findUniqueOrThrow({ where: { slug: 'author-01' } }),
    await db.category.findUniqueOrThrow({ where: { slug: 'category-01' } }),
    await db.category.findUniqueOrThrow({ where: { slug: 'category-06' } }),
    await db.tag.findUniqueOrThrow({ where: { slug: 'tag-01' } }),
  ]
  expect(event.invalidates).toEqual(
    expect.arrayContaining([post.id, 'posts', author.id, parent.id, category.id, tag.id]),
  )
})

test('publishing keeps the date that a post bears', async () => {
  const publishedAt = '2009-07-23T09:20:48+02:00'
  const { post } = await create(lent.app.admin, { title: 'Dated', source: 'x', publishedAt })
  const { post: published } = await publish(lent.app.admin, post.id)
  expect([published.publishedAt, published.path]).toEqual([publishedAt, '/2009/07/dated/'])
})

test('publishing what bears a date to come is refused', async () => {
  const { post } = await create(lent.app.admin, {
    title: 'To come',
    source: 'x',
    publishedAt: '2999-01-01T00:00:00Z',
  })
  const { publishPost } = await lent.app.admin.run(PublishPostDocument, { input: { id: post.id } })
  expect(publishPost.__typename).toBe('ValidationError')
  expect(await seenByAll(post.id)).toBeNull()
  expect(await eventsOf(post.id)).toHaveLength(1)
})

test('publishing what is public and has no edits changes nothing, makes no event and is no error', async () => {
  const id = await createAndPublish(lent.app.admin, { title: 'Twice', source: 'x' })
  const before = await seenByAll(id)
  const { post, event } = await publish(lent.app.admin, id)
  expect([post.version, event]).toEqual([2, null])
  expect(await seenByAll(id)).toEqual(before)
  expect(await eventsOf(id)).toHaveLength(2)
})

test('taking back makes one event, and is seen by all at once', async () => {
  const id = await createAndPublish(lent.app.admin, { title: 'Back', source: 'x' })
  const result = await unpublish({ id })
  expect(result).toMatchObject({ post: { status: 'DRAFT', version: 3 }, event: { type: 'POST_UNPUBLISHED' } })
  expect(await seenByAll(id)).toBeNull()
  expect((await eventsOf(id)).map((event) => [event.type, event.isPublic])).toEqual([
    ['post.created', false],
    ['post.published', true],
    ['post.unpublished', true],
  ])
})

test('taking back what is a draft changes nothing, makes no event and is no error', async () => {
  const { post } = await create(lent.app.admin, { title: 'Still', source: 'x' })
  expect(await unpublish({ id: post.id })).toMatchObject({
    post: { status: 'DRAFT', version: 1 },
    event: null,
  })
  expect(await eventsOf(post.id)).toHaveLength(1)
})

test('taking back keeps the edits that waited', async () => {
  const { admin } = lent.app
  const id = await createAndPublish(admin, { title: 'Before', source: 'x' })
  await update(admin, { id, title: 'After' })
  await unpublish({ id })
  const { post } = await admin.run(PostByDocument, { by: { id } })
  expect(post).toMatchObject({ title: 'After', status: 'DRAFT' })
  await publish(admin, id)
  expect(await seenByAll(id)).toMatchObject({ title: 'After' })
})

test('a post that comes back keeps its date and its path', async () => {
  const { admin, clock } = lent.app
  const id = await createAndPublish(admin, { title: 'Again', source: 'x' })
  const before = await seenByAll(id)
  await unpublish({ id })
  clock.advance(90 * 24 * 3_600_000)
  const { event } = await publish(admin, id)
  const after = await seenByAll(id)
  expect([after?.publishedAt, after?.path]).toEqual([before?.publishedAt, before?.path])
  expect(event?.type).toBe('POST_PUBLISHED')
})

test('a stale expectedVersion is a conflict for publishing and for taking back, and nothing is written', async () => {
  const { admin } = lent.app
  const { post } = await create(admin, { title: 'Stale', source: 'x' })
  await update(admin, { id: post.id, title: 'Newer' })
  const input = { id: post.id, expectedVersion: 1 }
  const conflict = { __typename: 'VersionConflictError', current: { id: post.id, version: 2 } }
  expect((await admin.run(PublishPostDocument, { input })).publishPost).toMatchObject(conflict)
  expect(await unpublish(input)).toMatchObject(conflict)
  expect(await eventsOf(post.id)).toHaveLength(2)
})

test('what is in the trash cannot be published', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Trash', source: 'x' })
  await app.database.db.post.update({ where: { id: post.id }, data: { status: 'TRASHED' } })
  const { publishPost } = await app.admin.run(PublishPostDocument, { input: { id: post.id } })
  expect(publishPost.__typename).toBe('InvalidStateError')
  expect((await unpublish({ id: post.id })).__typename).toBe('InvalidStateError')
})

test('versions rise by one with every save and every change of status, without a gap', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, { title: 'Counted', source: 'x' })
  await update(app.admin, { id, title: 'Counted again' })
  await publish(app.admin, id)
  await unpublish({ id })
  await update(app.admin, { id, layout: 'x' })
  const revisions = await app.database.db.postRevision.findMany({
    where: { postId: id },
    orderBy: { version: 'asc' },
  })
  expect(revisions.map(({ version, action }) => [version, action])).toEqual([
    [1, 'created'],
    [2, 'published'],
    [3, 'saved'],
    [4, 'published'],
    [5, 'unpublished'],
    [6, 'saved'],
  ])
  expect((await eventsOf(id)).map((event) => event.subjectVersion)).toEqual([1, 2, 3, 4, 5, 6])
})

test('several mutations of one request run in their order, and each answers what is true after it', async () => {
  const { admin } = lent.app
  const input = { title: 'One of two', source: 'x', tags: ['counted'] }
  const [one, two] = [(await create(admin, input)).post.id, (await create(admin, input)).post.id]
  const counts = '... on PublishPostPayload { post { tags { postCount posts { totalCount } } } }'
  const { data } = await admin.send(
    `mutation { one: publishPost(input: { id: "${one}" }) { ${counts} } two: publishPost(input: { id: "${two}" }) { ${counts} } }`,
  )
  const counted = (count: number) => ({
    post: { tags: [{ postCount: count, posts: { totalCount: count } }] },
  })
  expect(data).toEqual({ one: counted(1), two: counted(2) })
})

test('a post is saved and published with few statements, under nothing and under some of everything', async () => {
  const { app } = lent
  // Up to the commit.
  const statementsOf = async (title: string, filed: object = {}) => {
    const made = await app.countStatements(() => create(app.admin, { title, source: 'x', ...filed }))
    const { id } = made.result.post
    const published = await app.countStatements(() => publish(app.admin, id))
    return [made, published].map(({ statements }) => statements.findIndex((sql) => sql.includes('COMMIT')))
  }
  const filed = { authors: ['author-01'], categories: ['category-01', 'category-06'], tags: ['tag-01'] }
  // Within four: what another request looks up meanwhile is counted, too, and a batch may come in two.
  const about = (count: number) => expect.closeTo(count, -1)
  expect(await statementsOf('Bare')).toEqual([about(17), about(17)])
  expect(await statementsOf('Filed', filed)).toEqual([about(21), about(18)])
})
