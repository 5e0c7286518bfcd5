import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, inject, test } from 'vitest'
import {
  CreatePostDocument,
  CreateWebhookEndpointDocument,
  PublishPostDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { codeOf, postUnderKey } from './repeating.ts'
import { create } from './writing.ts'

const lent = withApp({ role: 'api', expectErrors: true })

const send = (document: unknown, variables: object, idempotencyKey: string) =>
  postUnderKey(
    lent.app.url,
    { key: lent.app.admin.key, idempotencyKey },
    { query: String(document), variables },
  )

const answers = () => lent.app.database.db.idempotentAnswer
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')
const rows = async () => {
  const { db } = lent.app.database
  return [await db.post.count(), await db.event.count(), await db.postRevision.count()]
}
const draft = (title: string) => ({ input: { title, source: 'x' } })

/** As if the process had died between its last commit and the storing of its answer, and the lease had run out. */
const dieBeforeAnswering = async (key: string, more: { sealedOutcome?: string | null } = {}) => {
  const leasedUntil = new Date(lent.app.clock.now().getTime() + 60_000)
  const data = { sealedAnswer: null, leasedUntil, ...more }
  expect(await answers().updateMany({ where: { hash: hashOf(key) }, data })).toEqual({ count: 1 })
  lent.app.clock.advance(61_000)
}

describe('a repeat after a crash is answered from what was committed, and changes nothing', () => {
  test.each([
    ['createPost', CreatePostDocument, async () => draft('Survives')],
    [
      'publishPost',
      PublishPostDocument,
      async () => ({ input: { id: (await create(lent.app.admin, draft('Goes out').input)).post.id } }),
    ],
    [
      'createWebhookEndpoint, with its secret',
      CreateWebhookEndpointDocument,
      async () => ({ input: { url: 'https://receiver.example.com/' } }),
    ],
    [
      'deletePost, of what is there no longer',
      'mutation ($input: DeletePostInput!) { deletePost(input: $input) { ... on DeletePostPayload { deletedId event { id } } } }',
      async () => {
        const { post } = await create(lent.app.admin, draft('Goes away').input)
        await lent.app.database.db.post.update({ where: { id: post.id }, data: { status: 'TRASHED' } })
        return { input: { id: post.id } }
      },
    ],
  ])('of %s', async (_name, document, variablesOf) => {
    const variables = await variablesOf()
    const key = randomUUID()
    const first = await send(document, variables, key)
    await dieBeforeAnswering(key)
    const before = await rows()

    expect(await send(document, variables, key)).toEqual(first)
    expect(await rows()).toEqual(before)
    expect(await send(document, variables, key)).toEqual({ ...first, replayed: 'true' })
  })

  test('and what had not been committed of many is done now', async () => {
    const { admin, database } = lent.app
    const ids: string[] = []
    for (const title of ['One', 'Two', 'Three']) ids.push((await create(admin, draft(title).input)).post.id)
    const document = `mutation ($input: PublishPostsInput!) { publishPosts(input: $input) { ... on PublishPostsPayload {
      results { __typename ... on PublishPostPayload { post { id status } event { id } } } } } }`
    const variables = { input: { posts: [ids[0], 'post_nothing', ids[1], ids[2]].map((id) => ({ id })) } }
    const key = randomUUID()
    const first = await send(document, variables, key)
    const [last = ''] = ids.slice(-1)
    const { sealedOutcome } = await answers().findFirstOrThrow({ where: { hash: hashOf(key) } })
    const entries = sealedOutcome?.split(' ') ?? []
    expect(entries).toHaveLength(3)
    await dieBeforeAnswering(key, { sealedOutcome: entries.slice(0, 2).join(' ') })
    await database.db.post.update({ where: { id: last }, data: { status: 'DRAFT' } })
    const before = await database.db.event.count()

    const again = await send(document, variables, key)
    const [was, is] = [first, again].map(({ text }) => JSON.parse(text).data.publishPosts.results)
    expect(is.slice(0, 3)).toEqual(was.slice(0, 3))
    expect(is[1].__typename).toBe('NotFoundError')
    expect(is[3]).toMatchObject({ post: { id: last, status: 'PUBLISHED' } })
    expect(await database.db.event.count()).toBe(before + 1)
  })
})

test('a request that died before it committed anything is run by its repeat, once its lease is over', async () => {
  const key = randomUUID()
  const variables = draft('Never made')
  await send(CreatePostDocument, variables, key)
  const { post } = lent.app.database.db
  await post.deleteMany({ where: { title: 'Never made' } })
  await dieBeforeAnswering(key, { sealedOutcome: null })
  lent.app.clock.advance(-61_000)

  const early = await send(CreatePostDocument, variables, key)
  expect([early.status, codeOf(early)]).toEqual([409, 'IDEMPOTENCY_KEY_IN_USE'])
  expect(Number(early.retryAfter)).toBeGreaterThan(0)
  lent.app.clock.advance(61_000)
  expect((await send(CreatePostDocument, variables, key)).text).toContain('CreatePostPayload')
  expect(await post.count({ where: { title: 'Never made' } })).toBe(1)
})

test('a failure of ours is forgotten: a repeat runs', async () => {
  const { database } = lent.app
  const key = randomUUID()
  await database.runScript('ALTER TABLE post_revisions RENAME TO away')
  const failed = await send(CreatePostDocument, draft('Second try'), key)
  await database.runScript('ALTER TABLE away RENAME TO post_revisions')
  expect(codeOf(failed)).toBe('INTERNAL_SERVER_ERROR')
  expect(await answers().count({ where: { hash: hashOf(key) } })).toBe(0)
  const again = await send(CreatePostDocument, draft('Second try'), key)
  expect([again.replayed, again.text.includes('CreatePostPayload')]).toEqual([null, true])
})

test('a failure of ours after the commit is forgotten, what was committed is not', async () => {
  const { database } = lent.app
  const key = randomUUID()
  const document = `mutation ($input: CreatePostInput!) { createPost(input: $input) { ... on CreatePostPayload {
    post { id origin { source } } event { id } } } }`
  // Only the answer reads it.
  await database.runScript('ALTER TABLE post_origins RENAME TO away')
  const failed = await send(document, draft('Half answered'), key)
  await database.runScript('ALTER TABLE away RENAME TO post_origins')
  expect(codeOf(failed)).toBe('INTERNAL_SERVER_ERROR')
  const before = await rows()
  const again = await send(document, draft('Half answered'), key)
  expect([codeOf(again), again.text.includes('"origin":null')]).toEqual([undefined, true])
  expect(await rows()).toEqual(before)
  expect(await database.db.post.count({ where: { title: 'Half answered' } })).toBe(1)
})

// The embedded database runs one transaction at a time: nothing can be held there while a request waits for it.
test.runIf(inject('kind') === 'postgres')(
  'a caller who goes away while the work waits finds it done once when it asks again',
  async () => {
    const { admin, database, url } = lent.app
    const { post } = await create(admin, draft('Not waited for').input)
    const key = randomUUID()
    const variables = { input: { id: post.id } }
    const gone = new AbortController()
    await database.db.$transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM posts WHERE id = ${post.id} FOR UPDATE`
      const asking = fetch(`${url}/graphql`, {
        method: 'POST',
        signal: gone.signal,
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${admin.key}`,
          'idempotency-key': key,
        },
        body: JSON.stringify({ query: String(PublishPostDocument), variables }),
      })
      await until(async () => {
        const [{ waiting = 0n } = {}] = await database.db.$queryRaw<{ waiting: bigint }[]>`
          SELECT count(*) AS waiting FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`
        return waiting > 0n
      })
      gone.abort()
      await expect(asking).rejects.toThrow('abort')
    })
    const again = await until(async () => {
      const answer = await send(PublishPostDocument, variables, key)
      return answer.status === 409 ? null : answer
    })
    expect(again.text).toContain('POST_PUBLISHED')
    const published = { subjectId: post.id, type: 'post.published' }
    expect(await database.db.event.count({ where: published })).toBe(1)
  },
)
