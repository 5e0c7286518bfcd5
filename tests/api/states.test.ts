import { expect, test } from 'vitest'
import {
  DeletePostDocument,
  EditorPostDocument,
  PublishPostDocument,
  RestorePostDocument,
  TrashPostDocument,
  UnpublishPostDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { create, createAndPublish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

const trash = async (id: string) => (await lent.app.admin.run(TrashPostDocument, { input: { id } })).trashPost
const restore = async (id: string) =>
  (await lent.app.admin.run(RestorePostDocument, { input: { id } })).restorePost
const remove = async (id: string) =>
  (await lent.app.admin.run(DeletePostDocument, { input: { id } })).deletePost
const editor = async (id: string) => (await lent.app.admin.run(EditorPostDocument, { by: { id } })).post
const eventsOf = async (id: string) =>
  (await lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })).map(
    ({ type }) => type,
  )

test('a published post in the trash is public no longer, and comes back as a draft', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, { title: 'Thrown away', source: 'Text' })
  expect(await trash(id)).toMatchObject({ post: { status: 'TRASHED' }, event: { type: 'POST_TRASHED' } })
  expect(
    (await app.anonymous.run(EditorPostDocument, { by: { id } }).catch(() => ({ post: null }))).post,
  ).toBeNull()
  expect(await restore(id)).toMatchObject({ post: { status: 'DRAFT' }, event: { type: 'POST_RESTORED' } })
  expect(await eventsOf(id)).toEqual(['post.created', 'post.published', 'post.trashed', 'post.restored'])
})

test('the event of a trashed post names every page that showed it', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, {
    title: 'On a tag page',
    source: 'Text',
    tags: ['somewhere'],
  })
  await trash(id)
  const event = await app.database.db.event.findFirstOrThrow({
    where: { subjectId: id, type: 'post.trashed' },
  })
  expect(event.paths).toContain('/tag/somewhere/')
  expect(event.invalidates).toContain('posts')
  expect(event.isPublic).toBe(true)
})

test('pending edits go to the trash with the post and come back with it', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, { title: 'Live title', source: 'Text' })
  await update(app.admin, { id, title: 'Pending title' })
  await trash(id)
  await restore(id)
  expect(await editor(id)).toMatchObject({ title: 'Pending title', hasUnpublishedChanges: false })
})

test('trashing what is in the trash and restoring what is not change nothing and are no errors', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Twice', source: 'Text' })
  expect(await restore(post.id)).toMatchObject({ post: { status: 'DRAFT', version: 1 }, event: null })
  await trash(post.id)
  expect(await trash(post.id)).toMatchObject({ post: { status: 'TRASHED', version: 2 }, event: null })
})

test('only what is in the trash can be deleted; a path that was public then answers Gone', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, { title: 'Deleted', source: 'Text', path: '/old/deleted/' })
  expect(await remove(id)).toMatchObject({ __typename: 'InvalidStateError', path: ['input', 'id'] })
  await trash(id)
  expect(await remove(id)).toMatchObject({ deletedId: id, event: { type: 'POST_DELETED' } })
  expect(await editor(id)).toBeNull()
  const redirect = await app.database.db.redirect.findUnique({ where: { path: '/old/deleted/' } })
  expect(redirect).toMatchObject({ status: 410, postId: null })
  expect(await remove(id)).toMatchObject({ __typename: 'NotFoundError' })
})

test('what was never public leaves no trace for the public', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Never public', source: 'Text' })
  await trash(post.id)
  await remove(post.id)
  expect(await app.database.db.redirect.findUnique({ where: { path: post.path } })).toBeNull()
  const events = await app.database.db.event.findMany({ where: { subjectId: post.id } })
  expect(events.map(({ isPublic }) => isPublic)).toEqual([false, false, false])
})

test('what is in the trash can be neither published nor taken back', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'In the trash', source: 'Text' })
  await trash(post.id)
  const published = await app.admin.run(PublishPostDocument, { input: { id: post.id } })
  expect(published.publishPost).toMatchObject({ __typename: 'InvalidStateError', code: 'INVALID_STATE' })
  const back = await app.admin.run(UnpublishPostDocument, { input: { id: post.id } })
  expect(back.unpublishPost).toMatchObject({ __typename: 'InvalidStateError' })
})

test('a decision made on an older version is refused with the post as it is', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Versioned', source: 'Text' })
  await update(app.admin, { id: post.id, title: 'Versioned 2' })
  const { trashPost } = await app.admin.run(TrashPostDocument, { input: { id: post.id, expectedVersion: 1 } })
  expect(trashPost).toMatchObject({
    __typename: 'VersionConflictError',
    current: { id: post.id, version: 2 },
  })
})

test('with every version of what is live the date of change rises, whatever made it', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'Looked at by date', source: 'Text' })
  const { id } = post
  const later = (hours: number) => new Date(app.clock.now().getTime() + hours * 3_600_000).toISOString()
  const publish = (input: object) => () => app.admin.run(PublishPostDocument, { input: { id, ...input } })
  const edit = () => update(app.admin, { id, title: 'Edited' })
  const steps = {
    'scheduling it': publish({ at: later(1) }),
    'another time': publish({ at: later(2) }),
    'taking its schedule back': () => app.admin.run(UnpublishPostDocument, { input: { id } }),
    'publishing it': publish({}),
    'an end': publish({ unpublishAt: later(3) }),
    'another end': publish({ unpublishAt: later(4) }),
    'no end': publish({ unpublishAt: null }),
    'edits that wait': edit,
    'a schedule of those': publish({ at: later(1) }),
    'those edits': publish({}),
    'the trash': () => trash(id),
    'the way back': () => restore(id),
  }
  const rises: Record<string, { version: boolean; date: boolean }> = {}
  for (const [what, change] of Object.entries(steps)) {
    const before = await app.database.db.post.findUniqueOrThrow({ where: { id } })
    app.clock.advance(1_000)
    await change()
    const after = await app.database.db.post.findUniqueOrThrow({ where: { id } })
    rises[what] = { version: after.version > before.version, date: after.updatedAt > before.updatedAt }
  }
  const waiting = ['edits that wait', 'a schedule of those']
  expect(rises).toEqual(
    Object.fromEntries(
      Object.keys(steps).map((what) => {
        const isLive = !waiting.includes(what)
        return [what, { version: isLive, date: isLive }]
      }),
    ),
  )
})
