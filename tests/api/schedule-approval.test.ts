import { expect, test } from 'vitest'
import {
  EditorPostDocument,
  PostByDocument,
  PublishPostDocument,
  RestorePostRevisionDocument,
  type UpdatePostInput,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { create, createAndPublish, update } from './writing.ts'

const lent = withApp()

const hour = 3_600_000
const inHours = (hours: number) => new Date(lent.app.clock.now().getTime() + hours * hour).toISOString()
const schedule = async (id: string, at = inHours(1), unpublishAt?: string) =>
  (await lent.app.admin.run(PublishPostDocument, { input: { id, at, unpublishAt } })).publishPost
const editor = async (id: string) => (await lent.app.admin.run(EditorPostDocument, { by: { id } })).post
const live = async (id: string) => (await lent.app.anonymous.run(PostByDocument, { by: { id } })).post
const eventsOf = async (id: string) =>
  lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })
const later = async () => {
  lent.app.clock.advance(hour)
  await lent.app.worker?.sweep()
}

let number = 0
/** What the side doors need to be tried with, and what waits for its time. */
const shelved = async () => {
  number++
  const { app } = lent
  const { post } = await create(app.admin, { title: `Approved ${number}`, source: 'Approved' })
  await update(app.admin, { id: post.id, title: `Looked at ${number}` })
  return post.id
}
const firstRevision = async (postId: string) =>
  (await lent.app.database.db.postRevision.findFirstOrThrow({ where: { postId, version: 1 } })).id

const edits: Record<string, Omit<UpdatePostInput, 'id'>> = {
  'its title': { title: 'Unapproved' },
  'its source': { source: 'Unapproved' },
  'its slug': { slug: 'unapproved' },
  'its tags': { tags: ['unapproved'] },
  'its SEO': { seo: { canonicalUrl: 'https://unapproved.example/' } },
  'its cover image': { coverImage: { url: 'https://unapproved.example/i.png' } },
  'a date after it': { publishedAt: '2999-01-01T00:00:00Z' },
}

/** Every way by which somebody who may write changes what is scheduled. */
const doors: [string, (client: Client, id: string) => Promise<{ event: unknown }>][] = [
  ...Object.entries(edits).map(
    ([field, input]) =>
      [
        `an edit of ${field}`,
        (client: Client, id: string) =>
          update(client, { id, ...input, ...(input.slug ? { slug: `u-${number}` } : {}) }),
      ] as [string, (client: Client, id: string) => Promise<{ event: unknown }>],
  ),
  [
    'an older revision',
    async (client, id) => {
      const input = { revisionId: await firstRevision(id) }
      const { restorePostRevision } = await client.run(RestorePostRevisionDocument, { input })
      if (!('event' in restorePostRevision)) throw new Error('It can be restored.')
      return restorePostRevision
    },
  ],
]

test('a schedule ends, and the answer says so, by any edit of somebody who may not publish', async () => {
  const writer = await lent.app.clientWith('CONTENT_WRITE')
  const ids: string[] = []
  for (const [name, door] of doors) {
    const id = await shelved()
    await schedule(id, inHours(1), inHours(9))
    const { event } = await door(writer, id)
    expect({ name, event }).toMatchObject({
      name,
      event: {
        type: 'POST_UNSCHEDULED',
        changedFields: expect.arrayContaining(['status']),
        reason: expect.stringContaining('may not publish'),
      },
    })
    expect(await editor(id)).toMatchObject({ status: 'DRAFT', scheduledAt: null, unpublishAt: null })
    ids.push(id)
  }
  await later()
  const rows = await lent.app.database.db.post.findMany({ where: { id: { in: ids } } })
  expect(rows.map(({ status, wasPublic }) => ({ status, wasPublic }))).toEqual(
    doors.map(() => ({ status: 'DRAFT', wasPublic: false })),
  )
})

test('edits over a published post are not published at their time once somebody who may not publish has changed them', async () => {
  const { app } = lent
  const writer = await app.clientWith('CONTENT_WRITE')
  const id = await createAndPublish(app.admin, { title: 'Live and approved', source: 'x' })
  await update(writer, { id, title: 'Approved edit' })
  await schedule(id)
  const { event } = await update(writer, { id, source: 'unapproved' })
  expect(event).toMatchObject({ type: 'POST_UNSCHEDULED', reason: expect.any(String) })
  expect(await editor(id)).toMatchObject({ scheduledAt: null, hasUnpublishedChanges: true })
  await later()
  expect(await live(id)).toMatchObject({ title: 'Live and approved' })
  const [last] = (await eventsOf(id)).slice(-1)
  // What readers see has not changed, and they are told nothing.
  expect(last).toMatchObject({ type: 'post.unscheduled', isPublic: false, paths: [], previous: null })
})

test('an edit that changes nothing, and one of somebody who may publish, leave a schedule as it is', async () => {
  const { app } = lent
  const publisher = await app.clientWith('CONTENT_WRITE', 'CONTENT_PUBLISH')
  const writer = await app.clientWith('CONTENT_WRITE')
  const id = await shelved()
  await schedule(id)
  expect((await update(writer, { id, source: 'Approved' })).event).toBeNull()
  expect((await update(publisher, { id, title: 'By a publisher' })).event).toMatchObject({
    type: 'POST_DRAFT_SAVED',
  })
  await later()
  expect(await live(id)).toMatchObject({ title: 'By a publisher' })
})

test('what was saved past every door does not go out either: a schedule is for one version', async () => {
  const { app } = lent
  const id = await shelved()
  await schedule(id)
  await app.database.db.post.update({ where: { id }, data: { headVersion: { increment: 1 } } })
  app.log.length = 0
  await later()
  expect(await live(id)).toBeNull()
  expect(await editor(id)).toMatchObject({ status: 'DRAFT', scheduledAt: null })
  expect(app.log.filter(({ level }) => level === 'error')).toHaveLength(1)
  app.log.length = 0
})

test('a date after its schedule is refused when it is set, and ends the schedule when it comes with a revision', async () => {
  const { app } = lent
  const { post } = await create(app.admin, {
    title: 'Dated late',
    source: 'x',
    publishedAt: inHours(5),
  })
  await update(app.admin, { id: post.id, publishedAt: null })
  await schedule(post.id)
  const input = { id: post.id, publishedAt: inHours(5) }
  const refused = await app.admin.send<{ updatePost: object }>(
    'mutation ($input: UpdatePostInput!) { updatePost(input: $input) { __typename ... on Error { path } } }',
    { input },
  )
  expect(refused.data?.updatePost).toEqual({
    __typename: 'ValidationError',
    path: ['input', 'publishedAt'],
  })
  expect(await editor(post.id)).toMatchObject({ status: 'SCHEDULED' })
  const { restorePostRevision } = await app.admin.run(RestorePostRevisionDocument, {
    input: { revisionId: await firstRevision(post.id) },
  })
  expect(restorePostRevision).toMatchObject({
    post: { status: 'DRAFT' },
    event: { type: 'POST_UNSCHEDULED', reason: expect.stringContaining('later date') },
  })
})

test('edits over a published post cannot be scheduled before the date that they bear, or after its end', async () => {
  const { app } = lent
  const id = await createAndPublish(app.admin, { title: 'Dated edit', source: 'x' })
  await update(app.admin, { id, publishedAt: inHours(5) })
  expect(await schedule(id)).toMatchObject({ __typename: 'ValidationError', path: ['input', 'at'] })
  await update(app.admin, { id, publishedAt: null, title: 'Dated no more' })
  const end = await app.admin.run(PublishPostDocument, { input: { id, unpublishAt: inHours(2) } })
  expect(end.publishPost.__typename).toBe('PublishPostPayload')
  await update(app.admin, { id, title: 'IdempotencySlot more' })
  expect(await schedule(id, inHours(3))).toMatchObject({
    __typename: 'ValidationError',
    path: ['input', 'at'],
  })
  expect(await schedule(id, inHours(3), inHours(4))).toMatchObject({ __typename: 'PublishPostPayload' })
})
