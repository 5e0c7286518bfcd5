import { expect, test } from 'vitest'
import { CreatePostDocument, PublishPostDocument } from '../../schema/generated/graphql.ts'
import type { EventType } from '../../src/events/catalog.ts'
import { system } from '../../src/keys/viewer.ts'
import { publishPost } from '../../src/posts/publish.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { subscribe } from './subscribing.ts'
import { publishNew, saveNew } from './writing.ts'

// Without a worker every row stays as the publish wrote it.
const lent = withApp({ role: 'api' })

const url = 'https://receiver.example.com/'

test('the post, its event and its rendered data are written by one transaction', async () => {
  const { app } = lent
  await subscribe(app.admin, { url })
  const { post, event } = await publishNew(app.admin, 'All or nothing')

  const writers = await app.database.db.$queryRaw<{ of: string; xmin: string }[]>`
    SELECT 'post' AS of, xmin::text FROM posts WHERE id = ${post.id}
    UNION ALL SELECT 'event', xmin::text FROM events WHERE id = ${event.id}
    UNION ALL SELECT 'rendering', xmin::text FROM event_renderings WHERE event_id = ${event.id}`

  expect(writers.map((row) => row.of)).toEqual(['post', 'event', 'rendering'])
  expect(new Set(writers.map(({ xmin }) => xmin)).size).toBe(1)
})

test('a post that cannot be created leaves no event and no rendering', async () => {
  const { app } = lent
  await subscribe(app.admin, { url, scopes: ['CONTENT_READ'] })
  await saveNew(app.admin, 'The first', { slug: 'taken' })
  const before = await recorded(app)

  const { createPost } = await app.admin.run(CreatePostDocument, {
    input: { title: 'The second', source: '', slug: 'taken' },
  })

  expect(createPost).toMatchObject({ __typename: 'TakenError', path: ['input', 'slug'] })
  expect(await recorded(app)).toEqual(before)
})

test('a publish that fails leaves the post as it was, no event and no rendering', async () => {
  const { app } = lent
  await subscribe(app.admin, { url, scopes: ['CONTENT_READ'] })
  // The path follows the date of publication, and in forty days another post has it.
  const fortyDays = 40 * 24 * 60 * 60 * 1_000
  const later = new Date(app.clock.now().getTime() + fortyDays).toISOString()
  const id = await saveNew(app.admin, 'Comes too late', { slug: 'clash' })
  await saveNew(app.admin, 'Is there', { path: `/${later.slice(0, 4)}/${later.slice(5, 7)}/clash/` })
  app.clock.advance(fortyDays)
  const before = await recorded(app)

  const { publishPost: result } = await app.admin.run(PublishPostDocument, { input: { id } })

  expect(result).toMatchObject({ __typename: 'TakenError' })
  expect(await recorded(app)).toEqual(before)
  expect(await app.database.db.post.findUnique({ where: { id } })).toMatchObject({ status: 'DRAFT' })
})

test('a publish whose transaction fails after the post was written takes the event back with it', async () => {
  const { app } = lent
  await subscribe(app.admin, { url })
  const id = await saveNew(app.admin, 'Half done')
  const before = await recorded(app)

  const failing = app.core.write(system('a test'), async (w) => {
    await publishPost(w, { id })
    throw new Error('The disk is full.')
  })

  await expect(failing).rejects.toThrow('The disk is full.')
  expect(await recorded(app)).toEqual(before)
  expect(await app.database.db.post.findUnique({ where: { id } })).toMatchObject({ status: 'DRAFT' })
})

test('an action that changes nothing makes no event', async () => {
  const { app } = lent
  const { post } = await publishNew(app.admin, 'Twice')
  const before = await recorded(app)

  const { publishPost: again } = await app.admin.run(PublishPostDocument, { input: { id: post.id } })

  expect(again).toMatchObject({ __typename: 'PublishPostPayload', event: null })
  expect(await recorded(app)).toEqual(before)
})

const recorded = async ({ database: { db } }: TestApp) => ({
  events: await db.event.count(),
  renderings: await db.eventRendering.count(),
  revisions: await db.postRevision.count(),
  deliveries: await db.webhookDelivery.count(),
})

test('an event of a type whose row in the catalog does not say that everybody may be told is hidden', async () => {
  const { app } = lent
  const { post } = await publishNew(app.admin, 'Of two kinds')
  const recordedAs = async (type: EventType) => {
    const { events } = await app.core.write(system('a test'), async (w) =>
      w.record({
        type,
        subjectId: post.id,
        subjectVersion: 1,
        changedFields: [],
        previous: null,
        invalidates: [],
        paths: [],
        isPublic: true,
      }),
    )
    return events.map(({ isPublic }) => isPublic)
  }

  expect(await recordedAs('post.updated')).toEqual([true])
  expect(await recordedAs('post.draft_saved')).toEqual([false])
})
