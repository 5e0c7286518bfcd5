import { expect, test } from 'vitest'
import {
  EditorPostDocument,
  PostByDocument,
  PublishPostDocument,
  TrashPostDocument,
  TrashPostsDocument,
  UnpublishPostDocument,
  UnpublishPostsDocument,
} from '../../schema/generated/graphql.ts'
import { fireDue } from '../../src/posts/schedule.ts'
import { withApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { create, createAndPublish, update } from './writing.ts'

// A schedule that cannot be carried out is an error in the log: somebody has to look at it.
const lent = withApp({ expectErrors: true })

const hour = 3_600_000
const inHours = (hours: number) => new Date(lent.app.clock.now().getTime() + hours * hour).toISOString()
const schedule = async (input: { id: string; at?: string; unpublishAt?: string }) =>
  (await lent.app.admin.run(PublishPostDocument, { input })).publishPost
const editor = async (id: string) => (await lent.app.admin.run(EditorPostDocument, { by: { id } })).post
const live = async (id: string) => (await lent.app.anonymous.run(PostByDocument, { by: { id } })).post
const eventsOf = async (id: string) =>
  lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })
const later = async (hours = 1) => {
  lent.app.clock.advance(hours * hour)
  await lent.app.worker?.sweep()
}

let number = 0
/** A published post whose pending edits have a slug that another post has come to have. */
const blocked = async (unpublishAt?: string) => {
  const { admin } = lent.app
  const [slug, wanted] = [`held-${++number}`, `wanted-${number}`]
  const id = await createAndPublish(admin, { title: `Held ${number}`, source: 'x', slug })
  if (unpublishAt) await schedule({ id, unpublishAt })
  await update(admin, { id, slug: wanted, title: `Edited ${number}` })
  await create(admin, { title: 'In the way', source: 'x', slug: wanted })
  return { id, slug, path: (await live(id))?.path }
}
const row = (id: string) => lent.app.database.db.post.findUniqueOrThrow({ where: { id } })

/** Every way to take a published post down. */
const ways: Record<string, (id: string) => Promise<unknown>> = {
  unpublishPost: async (id) =>
    (await lent.app.admin.run(UnpublishPostDocument, { input: { id } })).unpublishPost,
  trashPost: async (id) => (await lent.app.admin.run(TrashPostDocument, { input: { id } })).trashPost,
  unpublishPosts: async (id) =>
    oneOf((await lent.app.admin.run(UnpublishPostsDocument, { input: { posts: [{ id }] } })).unpublishPosts),
  trashPosts: async (id) =>
    oneOf((await lent.app.admin.run(TrashPostsDocument, { input: { posts: [{ id }] } })).trashPosts),
}
const oneOf = (payload: object) => ('results' in payload ? (payload.results as unknown[])[0] : payload)

test.each(Object.keys(ways))(
  '%s takes a post down whose pending slug another one has, with its edits and its own slug, and says so',
  async (way) => {
    const { id, slug, path } = await blocked()
    expect(await ways[way]?.(id)).toMatchObject({ post: { status: expect.stringMatching(/DRAFT|TRASHED/) } })
    expect(await live(id)).toBeNull()
    expect(await row(id)).toMatchObject({ slug, path, title: `Edited ${number}`, draftId: null })
    const [event] = (await eventsOf(id)).slice(-1)
    expect(event?.detail).toMatchObject({ reason: expect.stringContaining(`kept "${slug}"`) })
  },
)

test('a post is taken down at its time whatever has become of the slug of its edits', async () => {
  const { id, slug } = await blocked(inHours(1))
  await later()
  expect(await live(id)).toBeNull()
  expect(await editor(id)).toMatchObject({ status: 'DRAFT', unpublishAt: null })
  const [event] = (await eventsOf(id)).slice(-1)
  expect(event).toMatchObject({ type: 'post.unpublished', actor: 'schedule' })
  expect(event?.detail).toMatchObject({ reason: expect.stringContaining(slug) })
})

test('edits that cannot be published at their time wait on, with an event that says why; the end still comes', async () => {
  const { admin, log } = lent.app
  const id = await createAndPublish(admin, { title: 'Edited later', source: 'x', slug: 'edited-later' })
  await update(admin, { id, slug: 'edited-taken' })
  await schedule({ id, at: inHours(1), unpublishAt: inHours(3) })
  await create(admin, { title: 'In the way', source: 'x', slug: 'edited-taken' })
  const { version } = (await editor(id)) ?? {}
  log.length = 0
  await later()
  expect(await live(id)).toMatchObject({ slug: 'edited-later' })
  expect(await editor(id)).toMatchObject({ scheduledAt: null, hasUnpublishedChanges: true, version })
  const [event] = (await eventsOf(id)).slice(-1)
  expect(event).toMatchObject({ type: 'post.unscheduled', actor: 'schedule', isPublic: false })
  expect(event?.detail).toMatchObject({ reason: expect.stringContaining('edited-taken') })
  expect(JSON.stringify(log.map(({ fields }) => String(fields.err)))).toContain('edited-taken')
  await later()
  expect((await eventsOf(id)).at(-1)?.id).toBe(event?.id)
  await later()
  expect(await editor(id)).toMatchObject({ status: 'DRAFT' })
})

test('a scheduled post that cannot be published at its time is a draft again, with a version, a revision and an event', async () => {
  const { admin, database } = lent.app
  const { post } = await create(admin, { title: 'Cannot be', source: 'x', slug: 'cannot-be' })
  const scheduled = await schedule({ id: post.id, at: inHours(1) })
  if (!('post' in scheduled)) throw new Error('It can be scheduled.')
  // A path that follows a date can come to be somebody else's; so can anything that nobody thinks of.
  await database.db.post.update({ where: { id: post.id }, data: { publishedAt: new Date('2999-01-01') } })
  await later()
  expect(await editor(post.id)).toMatchObject({ status: 'DRAFT', scheduledAt: null })
  expect((await row(post.id)).version).toBe(scheduled.post.version + 1)
  const revision = await database.db.postRevision.findFirst({
    where: { postId: post.id },
    orderBy: { version: 'desc' },
  })
  expect(revision).toMatchObject({ action: 'unscheduled', actor: 'schedule' })
  expect((await eventsOf(post.id)).at(-1)).toMatchObject({ type: 'post.unscheduled' })
})

test('what is taken down by hand says which schedule of its edits ended with it', async () => {
  const { admin } = lent.app
  const id = await createAndPublish(admin, { title: 'Ends with it', source: 'x' })
  await update(admin, { id, title: 'Never out' })
  await schedule({ id, at: inHours(1) })
  expect(await ways.unpublishPost?.(id)).toMatchObject({
    event: { type: 'POST_UNPUBLISHED', reason: expect.stringContaining('ended with it') },
  })
})

test('one that fails holds up no other: each look comes to all that are due', async () => {
  const { admin, core, database, clock } = lent.app
  const ids: string[] = []
  for (const title of ['First due', 'Second due'])
    ids.push((await create(admin, { title, source: 'x' })).post.id)
  const [first = '', second = ''] = ids
  for (const id of ids) await schedule({ id, at: inHours(1) })
  clock.advance(hour)
  let looked = 0
  const failing: typeof core.write = (...given) =>
    looked++ === 0 ? Promise.reject(new Error('Nobody expects this.')) : core.write(...given)
  const ears = { onEnded: () => undefined, onError: () => undefined }
  await fireDue(database.db, failing, clock.now(), ears)
  expect((await editor(second))?.status).toBe('PUBLISHED')
  await until(async () => (await editor(first))?.status === 'PUBLISHED')
})
