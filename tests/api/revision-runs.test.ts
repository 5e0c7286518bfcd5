import { expect, test } from 'vitest'
import { PostRevisionsDocument, RestorePostRevisionDocument } from '../../schema/generated/graphql.ts'
import type { Prisma } from '../../src/db/generated/client.ts'
import { newId } from '../../src/lib/id.ts'
import { forgetRevisions } from '../../src/posts/revisions/retention.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { makeToken, preview } from './previewing.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ env: { REVISION_RETENTION_DAYS: '30' } })
const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
const later = (ms: number) => lent.app.clock.advance(ms)

const revisionsOf = async (id: string) =>
  (await lent.app.admin.run(PostRevisionsDocument, { by: { id }, first: 100 })).post?.revisions?.nodes ?? []
const titlesOf = async (id: string) => (await revisionsOf(id)).map(({ version, title }) => [version, title])
const restore = async (client: Client, revisionId: string) =>
  (await client.run(RestorePostRevisionDocument, { input: { revisionId } })).restorePostRevision

test('saves by one key within ten minutes are one revision, whose changes are those since the one before the run', async () => {
  const { admin, database } = lent.app
  const { post } = await create(admin, { title: 'First', source: 'x' })
  await update(admin, { id: post.id, layout: 'wide', title: 'Two' })
  later(4 * minuteMs)
  await update(admin, { id: post.id, excerpt: 'By hand' })
  later(5 * minuteMs)
  const { post: saved, event } = await update(admin, { id: post.id, title: 'First', expectedVersion: 3 })
  expect(saved).toMatchObject({ version: 4 })
  expect(event).toMatchObject({ type: 'POST_DRAFT_SAVED' })
  const [run, created, ...others] = await revisionsOf(post.id)
  expect(others).toEqual([])
  expect(created).toMatchObject({ version: 1, action: 'CREATED' })
  expect(run).toMatchObject({ version: 4, action: 'SAVED', title: 'First', layout: 'wide' })
  expect(run?.changedFields.toSorted()).toEqual(['excerpt', 'layout'])
  // Every save has its event all the same.
  expect(await database.db.event.count({ where: { subjectId: post.id } })).toBe(4)
  // Ten minutes from its start, a run is over, however quickly one save follows the other.
  later(2 * minuteMs)
  await update(admin, { id: post.id, title: 'Second run' })
  expect(await titlesOf(post.id)).toEqual([
    [5, 'Second run'],
    [4, 'First'],
    [1, 'First'],
  ])
})

test('another key, a publication and bringing something back each end a run', async () => {
  const { app } = lent
  const other = await app.clientWith('CONTENT_WRITE')
  const { post } = await create(app.admin, { title: 'One', source: 'x' })
  const { id } = post
  await update(app.admin, { id, title: 'Two' })
  await update(other, { id, title: 'Three' })
  await update(app.admin, { id, title: 'Four' })
  await publish(app.admin, id)
  await update(app.admin, { id, title: 'Six' })
  await update(app.admin, { id, title: 'Seven' })
  const two = (await revisionsOf(id)).find(({ title }) => title === 'Two')
  await restore(app.admin, two?.id ?? '')
  await update(app.admin, { id, title: 'Nine' })
  expect(await titlesOf(id)).toEqual([
    [9, 'Nine'],
    [8, 'Two'],
    [7, 'Seven'],
    [5, 'Four'],
    [4, 'Four'],
    [3, 'Three'],
    [2, 'Two'],
    [1, 'One'],
  ])
})

test('a run of pending edits is previewed, rendered and published as the newest of them', async () => {
  const { admin, anonymous } = lent.app
  const id = await createAndPublish(admin, { title: 'Live', source: 'x' })
  const { token } = await makeToken(admin, id)
  for (const source of ['one', 'two', 'three']) await update(admin, { id, source })
  expect(await preview(anonymous, { id }, token)).toMatchObject({ content: '<p>three</p>\n' })
  const found = await revisionsOf(id)
  expect(found.map(({ version, content }) => [version, content])).toEqual([
    [5, '<p>three</p>\n'],
    [2, null],
    [1, null],
  ])
  await publish(admin, id)
  const { data } = await anonymous.send(`{ post(by: { id: "${id}" }) { content version } }`)
  expect(data).toEqual({ post: { content: '<p>three</p>\n', version: 6 } })
})

test('what never was public goes after REVISION_RETENTION_DAYS; what was, the newest, what is pending and what was brought back stay', async () => {
  const { app } = lent
  const { admin } = app
  const save = async (id: string, title: string) => {
    later(11 * minuteMs)
    await update(admin, { id, title })
  }
  const { post } = await create(admin, { title: 'Created', source: 'x' })
  for (const title of ['Draft', 'To come back', 'Public']) await save(post.id, title)
  await publish(admin, post.id)
  const back = (await revisionsOf(post.id)).find(({ title }) => title === 'To come back')
  await restore(admin, back?.id ?? '')
  await save(post.id, 'Replaced')
  await save(post.id, 'Pending')
  const { post: draft } = await create(admin, { title: 'Never public', source: 'x' })
  await save(draft.id, 'Still not')
  const all = await titlesOf(post.id)
  expect(all).toHaveLength(8)

  later(29 * dayMs)
  await app.worker?.prune()
  expect(await titlesOf(post.id)).toEqual(all)
  later(2 * dayMs)
  await app.worker?.prune()
  expect(await titlesOf(post.id)).toEqual([
    [8, 'Pending'],
    [5, 'Public'],
    [3, 'To come back'],
  ])
  expect(await titlesOf(draft.id)).toEqual([[2, 'Still not']])
  await publish(admin, post.id)
  await publish(admin, draft.id)
  const query = `{ a: post(by: { id: "${post.id}" }) { title } b: post(by: { id: "${draft.id}" }) { title } }`
  expect((await app.anonymous.send(query)).data).toEqual({
    a: { title: 'Pending' },
    b: { title: 'Still not' },
  })
})

test('of revisions that are kept each is looked at once, however many lie before what goes', async () => {
  const { admin, clock, database } = lent.app
  const { db } = database
  const { post } = await create(admin, { title: 'Kept', source: 'x' })
  const { snapshot } = await db.postRevision.findFirstOrThrow({ where: { postId: post.id } })
  const old = new Date(clock.now().getTime() - 400 * dayMs)
  const revision = (version: number, action: string, createdAt: Date) => ({
    ...{ id: newId('revision'), postId: post.id, version, action, createdAt },
    ...{ snapshot: snapshot as Prisma.InputJsonObject, changedFields: ['title'] },
  })
  const kept = Array.from({ length: 600 }, (_, index) => revision(index + 2, 'imported', old))
  const next = new Date(old.getTime() + 1)
  const gone = [revision(602, 'saved', next), revision(603, 'saved', next)]
  const newest = revision(604, 'saved', next)
  await db.postRevision.createMany({ data: [...kept, ...gone, newest] })

  const step = forgetRevisions(db, new Date(old.getTime() + dayMs))
  expect([await step(), await step(), await step()]).toEqual([500, 103, 0])
  const left = await db.postRevision.findMany({ where: { postId: post.id }, orderBy: { version: 'asc' } })
  expect(left.map(({ version }) => version)).toEqual([1, ...kept.map(({ version }) => version), 604])
})
