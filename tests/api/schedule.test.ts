import { expect, test } from 'vitest'
import {
  EditorPostDocument,
  PostByDocument,
  PublishPostDocument,
  UnpublishPostDocument,
} from '../../schema/generated/graphql.ts'
import { fireDue } from '../../src/posts/schedule.ts'
import { withApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { create, createAndPublish, update } from './writing.ts'

const lent = withApp()

const hour = 3_600_000
const inHours = (hours: number) => new Date(lent.app.clock.now().getTime() + hours * hour).toISOString()
const publish = async (input: { id: string; at?: string; unpublishAt?: string | null }) =>
  (await lent.app.admin.run(PublishPostDocument, { input })).publishPost
const unpublish = async (id: string) =>
  (await lent.app.admin.run(UnpublishPostDocument, { input: { id } })).unpublishPost
const editor = async (id: string) => (await lent.app.admin.run(EditorPostDocument, { by: { id } })).post
const deaf = { onEnded: () => undefined, onError: () => undefined }
const eventsOf = async (id: string) =>
  lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })

test('a scheduled post is published once its time has come, and makes the event that a person makes', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Later', source: 'Text' })
  const at = inHours(1)
  expect(await publish({ id: post.id, at })).toMatchObject({
    post: { status: 'SCHEDULED' },
    event: { type: 'POST_SCHEDULED' },
  })
  expect((await app.anonymous.run(PostByDocument, { by: { id: post.id } })).post).toBeNull()
  app.clock.advance(hour)
  const live = await until(
    async () => (await app.anonymous.run(PostByDocument, { by: { id: post.id } })).post,
  )
  expect(new Date(live.publishedAt ?? 0).toISOString()).toBe(at)
  const events = await eventsOf(post.id)
  expect(events.map(({ type }) => type)).toEqual(['post.created', 'post.scheduled', 'post.published'])
  expect(events.at(-1)).toMatchObject({ isPublic: true, actor: 'schedule' })
})

test('the offset that a time was given with is the one that the post is published with', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'In Amsterdam', source: 'Text' })
  const at = `${new Date(app.clock.now().getTime() + 3 * hour).toISOString().slice(0, 19)}+02:00`
  await publish({ id: post.id, at })
  app.clock.advance(3 * hour)
  const live = await until(
    async () => (await app.anonymous.run(PostByDocument, { by: { id: post.id } })).post,
  )
  expect(live.publishedAt).toBe(at)
})

test('a post is taken back at the end that it was given', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'For a while', source: 'Text' })
  await publish({ id: post.id, unpublishAt: inHours(2) })
  expect(await editor(post.id)).toMatchObject({ status: 'PUBLISHED' })
  app.clock.advance(2 * hour)
  await until(async () => (await editor(post.id))?.status === 'DRAFT')
  expect((await eventsOf(post.id)).at(-1)?.type).toBe('post.unpublished')
  expect(await editor(post.id)).toMatchObject({ unpublishAt: null })
})

test('a schedule can be cancelled, and its date goes with it', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Cancelled', source: 'Text' })
  await publish({ id: post.id, at: inHours(1) })
  expect(await unpublish(post.id)).toMatchObject({
    post: { status: 'DRAFT' },
    event: { type: 'POST_UNSCHEDULED' },
  })
  expect(await editor(post.id)).toMatchObject({ scheduledAt: null })
  const { publishedAt } = await app.database.db.post.findUniqueOrThrow({ where: { id: post.id } })
  expect(publishedAt).toBeNull()
})

test('scheduling for the same time again changes nothing; another time moves it', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Moved', source: 'Text' })
  const [first, second] = [inHours(1), inHours(5)]
  await publish({ id: post.id, at: first })
  expect(await publish({ id: post.id, at: first })).toMatchObject({ event: null })
  expect(await publish({ id: post.id, at: second })).toMatchObject({
    event: { changedFields: ['scheduledAt'] },
  })
  app.clock.advance(hour)
  await app.worker?.sweep()
  expect(await editor(post.id)).toMatchObject({ status: 'SCHEDULED', scheduledAt: second })
})

test('edits over a published post can be published later; until then what is live stays', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, { title: 'Now', source: 'Text' })
  expect(await publish({ id, at: inHours(1) })).toMatchObject({
    __typename: 'InvalidStateError',
    path: ['input', 'at'],
  })
  await update(app.admin, { id, title: 'Then' })
  await publish({ id, at: inHours(1) })
  const title = async () => (await app.anonymous.run(PostByDocument, { by: { id } })).post?.title
  expect(await title()).toBe('Now')
  app.clock.advance(hour)
  await until(async () => (await title()) === 'Then')
  expect((await eventsOf(id)).map(({ type }) => type).slice(-2)).toEqual(['post.scheduled', 'post.updated'])
})

test('times in the past, and an end before the beginning, are refused, all at once', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Past', source: 'Text' })
  const result = await publish({ id: post.id, at: inHours(-1), unpublishAt: inHours(-2) })
  expect(result).toMatchObject({
    __typename: 'ValidationError',
    issues: [{ path: ['input', 'at'] }, { path: ['input', 'unpublishAt'] }],
  })
  expect(await editor(post.id)).toMatchObject({ status: 'DRAFT' })
})

test('however many look at the same time, a schedule fires once', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Once', source: 'Text' })
  await publish({ id: post.id, at: inHours(1) })
  app.clock.advance(hour)
  const { write, now, database } = app.core
  await Promise.all(Array.from({ length: 5 }, () => fireDue(database.db, write, now(), deaf)))
  await until(async () => (await editor(post.id))?.status === 'PUBLISHED')
  expect((await eventsOf(post.id)).filter(({ type }) => type === 'post.published')).toHaveLength(1)
})
