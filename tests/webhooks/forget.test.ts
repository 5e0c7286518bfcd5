import { expect, test } from 'vitest'
import {
  CreatePostDocument,
  DeletePostDocument,
  TrashPostDocument,
  UnpublishPostDocument,
} from '../../schema/generated/graphql.ts'
import { create, createAndPublish, update } from '../api/writing.ts'
import { everyRow } from '../importer/importing.ts'
import { withApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { redeliver, subscribe, updateEndpoint } from './subscribing.ts'

const lent = withApp()

const secret = 'hunter2-leaked'
const document = `subscription { events { ... on PostEvent { post { title content } before { title content } previous } } }`
const trash = async (id: string) => (await lent.app.admin.run(TrashPostDocument, { input: { id } })).trashPost
const remove = async (id: string, forget?: boolean) =>
  (await lent.app.admin.run(DeletePostDocument, { input: { id, forget } })).deletePost
const eventsOf = (id: string) =>
  lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })
const rowsWith = async (text: string) => (await everyRow(lent.app)).filter((row) => row.includes(text))
const changes = `{ changes(first: 100, types: [POST_PUBLISHED, POST_UPDATED, POST_UNPUBLISHED, POST_TRASHED, POST_DELETED]) {
  nodes { id type paths invalidates ... on PostEvent { postId previous post { title } before { title content slug } } } } }`
const told = async () =>
  (await lent.app.anonymous.send<{ changes: { nodes: { id: string }[] } }>(changes)).data

/** A post that was public, was edited, and holds what nobody was to read. */
const leak = async (slug: string) => {
  const { admin } = lent.app
  const id = await createAndPublish(admin, { title: secret, source: `The word is ${secret}.`, slug })
  await update(admin, { id, excerpt: `Also ${secret}` })
  await admin.run(UnpublishPostDocument, { input: { id } })
  return id
}

test('nothing of a post that is deleted and forgotten can be read anywhere: log, deliveries, batches, answers for repeats', async () => {
  const { app } = lent
  const { admin, database } = app
  const url = app.receiver.url
  const sent = await subscribe(admin, { url, document, scopes: ['CONTENT_READ'] })
  const batched = await subscribe(admin, {
    url,
    document,
    scopes: ['CONTENT_READ'],
    batchWindowSeconds: 3_600,
  })
  const waiting = await subscribe(admin, { url, document, scopes: ['CONTENT_READ'] })
  await updateEndpoint(admin, { id: waiting.id, status: 'PAUSED' })
  const repeat = () =>
    admin.send(
      String(CreatePostDocument),
      { input: { title: secret, source: secret, slug: 'once' } },
      { 'idempotency-key': 'once' },
    )
  const once = (await repeat()).data as { createPost: { post: { id: string } } }
  const ids = [await leak('leaked'), once.createPost.post.id]
  await create(admin, { title: 'Beside it', source: 'x' })
  for (const id of ids) await trash(id)
  await until(async () => (await database.db.event.count({ where: { fannedOutAt: null } })) === 0)
  expect((await rowsWith(secret)).length).toBeGreaterThan(10)
  // Compressed, so that the secret cannot be looked for in them.
  const texts = () => database.db.stateText.count({ where: { subjectId: { in: ids } } })
  expect(await texts()).toBeGreaterThan(1)

  for (const id of ids)
    expect(await remove(id, true)).toMatchObject({ deletedId: id, event: { type: 'POST_DELETED' } })
  await until(async () => (await database.db.event.count({ where: { fannedOutAt: null } })) === 0)
  expect(await rowsWith(secret)).toEqual([])
  expect(await texts()).toBe(0)
  expect(JSON.stringify(await told())).not.toContain(secret)

  // Pages that showed it are purged once more, and readers who come later still learn what went.
  const deleted = (await eventsOf(ids[0] ?? '')).at(-1)
  expect(deleted).toMatchObject({ type: 'post.deleted', isPublic: true, previous: null })
  expect(deleted?.paths.some((path) => path.includes('leaked'))).toBe(true)
  expect(deleted?.invalidates).toContain(ids[0])

  // A repeat makes no second post, and says why it has no answer.
  const repeated = await repeat()
  expect(repeated.status).toBe(422)
  expect(JSON.stringify(repeated)).toContain('deleted for good')

  // On a busy machine some of what was sent before was rendered late, too.
  const { length: sentBefore } = app.receiver.requests
  // What is sent again, and what waited, shows that there is nothing.
  const [delivery] = await database.db.webhookDelivery.findMany({
    where: { endpointId: sent.id, status: 'DELIVERED' },
    orderBy: { sequence: 'asc' },
  })
  await redeliver(admin, delivery?.id ?? '')
  await updateEndpoint(admin, { id: waiting.id, status: 'ACTIVE' })
  app.clock.advance(3_600_000)
  await app.worker?.sweep()
  for (const { id } of [sent, batched, waiting])
    await until(
      async () =>
        (await database.db.webhookDelivery.count({ where: { endpointId: id, status: 'PENDING' } })) === 0,
    )
  const sentSince = app.receiver.requests.slice(sentBefore)
  const late = sentSince.filter(({ body }) => body.includes('"rendered":"replay"'))
  expect(late.length).toBeGreaterThan(3)
  expect(late.filter(({ body }) => body.includes(secret))).toEqual([])
  expect(await rowsWith(secret)).toEqual([])
})

test('a post that was deleted before can be forgotten for as long as the log knows of it', async () => {
  const { app } = lent
  const id = await leak('leaked-before')
  await trash(id)
  await remove(id)
  expect(JSON.stringify(await told())).toContain(secret)
  const { length } = await eventsOf(id)
  expect(await remove(id, true)).toMatchObject({ deletedId: id, event: null })
  expect(await rowsWith(secret)).toEqual([])
  expect(await app.database.db.stateText.count({ where: { subjectId: id } })).toBe(0)
  expect(await eventsOf(id)).toHaveLength(length)
  await app.database.db.event.deleteMany({ where: { subjectId: id } })
  expect(await remove(id, true)).toMatchObject({ __typename: 'NotFoundError' })
})

test('only what is in the trash is forgotten', async () => {
  const id = await leak('still-a-draft')
  expect(await remove(id, true)).toMatchObject({ __typename: 'InvalidStateError' })
  expect((await rowsWith(secret)).length).toBeGreaterThan(0)
})

test('a post with more events than one transaction takes is forgotten in steps', async () => {
  const { app } = lent
  const id = await leak('very-old')
  await trash(id)
  const many = Array.from({ length: 1_200 }, (_, index) => ({
    id: `event_many${index}`,
    type: 'post.draft_saved',
    occurredAt: app.clock.now(),
    subjectType: 'Post',
    subjectId: id,
    subjectVersion: index + 10,
    isPublic: false,
    previous: { title: secret },
    fannedOutAt: app.clock.now(),
  }))
  await app.database.db.event.createMany({ data: many })
  expect(await remove(id, true)).toMatchObject({ deletedId: id })
  const left = (await rowsWith(secret)).filter((row) => row.includes(id))
  expect(left).toEqual([])
})
