import { beforeAll, expect, test } from 'vitest'
import {
  CreatePostDocument,
  type CreatePostInput,
  PublishPostDocument,
  UnpublishPostDocument,
  UpdatePostDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { create, createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })

// The first write of a process compiles what the others find ready.
beforeAll(() => createAndPublish(lent.app.admin, { title: 'Warm', source: 'x', tags: ['warm'] }))

/** Does something twenty times at once, as twenty callers would. */
const atOnce = <T>(work: (index: number) => Promise<T>, times = 20): Promise<T[]> =>
  Promise.all(Array.from({ length: times }, (_, index) => work(index)))

const attempt = async (input: CreatePostInput) =>
  (await lent.app.admin.run(CreatePostDocument, { input })).createPost
const countOf = (values: string[], wanted: string) => values.filter((value) => value === wanted).length
const namesOf = (results: { __typename: string }[]) => results.map((result) => result.__typename)
const eventsOf = async (id: string) =>
  (await lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })).map(
    (event) => event.type,
  )

test('20 creates of one title give 20 posts with 20 slugs, numbered without a gap', async () => {
  const posts = await atOnce(() => create(lent.app.admin, { title: 'All at once', source: 'x' }))
  const slugs = posts.map(({ post }) => post.slug)
  const expected = ['all-at-once', ...Array.from({ length: 19 }, (_, index) => `all-at-once-${index + 2}`)]
  expect(slugs.sort()).toEqual(expected.sort())
})

test('20 publishes of one draft make it public once, with one event', async () => {
  const { post } = await create(lent.app.admin, { title: 'Once', source: 'x' })
  const results = await atOnce(() => lent.app.admin.run(PublishPostDocument, { input: { id: post.id } }))
  const events = results.map(({ publishPost }) =>
    'event' in publishPost ? (publishPost.event?.type ?? null) : 'problem',
  )
  expect(events.filter((type) => type !== null)).toEqual(['POST_PUBLISHED'])
  expect(await eventsOf(post.id)).toEqual(['post.created', 'post.published'])
})

test('20 publishes and takings back of one post leave one event for each change of its status', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, { title: 'To and fro', source: 'x' })
  await atOnce(async (index) => {
    if (index % 2 === 0) await app.admin.run(UnpublishPostDocument, { input: { id } })
    else await app.admin.run(PublishPostDocument, { input: { id } })
  })
  const [, ...changes] = await eventsOf(id)
  expect(changes.map((type, index) => [index, type])).toEqual(
    changes.map((_, index) => [index, index % 2 === 0 ? 'post.published' : 'post.unpublished']),
  )
  const { version, headVersion } = await app.database.db.post.findUniqueOrThrow({ where: { id } })
  expect([version, headVersion]).toEqual([changes.length + 1, changes.length + 1])
})

test('of 20 saves from one version one gets through, and 19 are told so', async () => {
  const { post } = await create(lent.app.admin, { title: 'Contended', source: 'x' })
  const results = await atOnce(async (index) => {
    const input = { id: post.id, expectedVersion: 1, title: `By caller ${index}` }
    return (await lent.app.admin.run(UpdatePostDocument, { input })).updatePost
  })
  const names = namesOf(results)
  expect([countOf(names, 'UpdatePostPayload'), countOf(names, 'VersionConflictError')]).toEqual([1, 19])
  expect(await eventsOf(post.id)).toHaveLength(2)
})

test('of 20 posts with one chosen slug one gets it, and 19 are told that it is taken', async () => {
  const names = namesOf(
    await atOnce((index) => attempt({ title: `Post ${index}`, source: 'x', slug: 'the-only-one' })),
  )
  expect([countOf(names, 'CreatePostPayload'), countOf(names, 'TakenError')]).toEqual([1, 19])
})

test('of 20 posts with one chosen path one gets it, and 19 are told that it is taken', async () => {
  const names = namesOf(
    await atOnce((index) => attempt({ title: `At ${index}`, source: 'x', path: '/only-one/' })),
  )
  expect([countOf(names, 'CreatePostPayload'), countOf(names, 'TakenError')]).toEqual([1, 19])
})

test('a chosen slug and the same made from a title never meet', async () => {
  const results = await atOnce((index) =>
    attempt(
      index % 2 === 0
        ? { title: 'Rendezvous', source: 'x' }
        : { title: 'Other', source: 'x', slug: `rendezvous-${index + 1}` },
    ),
  )
  const names = namesOf(results)
  expect(countOf(names, 'CreatePostPayload') + countOf(names, 'TakenError')).toBe(20)
  expect(countOf(names, 'CreatePostPayload')).toBeGreaterThanOrEqual(10)
})

test('20 posts that bring the same new tags in different orders make each tag once', async () => {
  const words = ['Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon', 'Zeta']
  const rotated = (index: number) => {
    const from = index % words.length
    const round = [...words.slice(from), ...words.slice(0, from)]
    return index % 2 === 0 ? round : round.reverse()
  }
  const results = await atOnce((index) =>
    attempt({ title: `Tagged ${index}`, source: 'x', tags: rotated(index) }),
  )
  expect(countOf(namesOf(results), 'CreatePostPayload')).toBe(20)
  const made = await lent.app.database.db.tag.findMany({ where: { name: { in: words } } })
  expect(made.map((tag) => tag.name).sort()).toEqual([...words].sort())
})

test('saves of different posts that bear the same terms all get through', async () => {
  const { app } = lent
  const posts = await makePosts(app, { count: 20 })
  const results = await atOnce(async (index) => {
    const input = { id: posts[index]?.id ?? '', tags: ['Tag 01', `New ${index % 3}`], layout: 'x' }
    const { updatePost } = await app.admin.run(UpdatePostDocument, { input })
    await app.admin.run(PublishPostDocument, { input: { id: input.id } })
    return updatePost
  })
  expect(countOf(namesOf(results), 'UpdatePostPayload')).toBe(20)
})

test('the sequence of every event is the order in which they were committed, without two alike', async () => {
  const { db } = lent.app.database
  const rows = await db.event.findMany({ orderBy: { sequence: 'asc' } })
  expect(new Set(rows.map((row) => row.sequence)).size).toBe(rows.length)
  for (const row of rows.filter((row) => row.type === 'post.published')) {
    const created = rows.find((other) => other.subjectId === row.subjectId && other.type === 'post.created')
    if (created) expect(created.sequence < row.sequence).toBe(true)
  }
})
