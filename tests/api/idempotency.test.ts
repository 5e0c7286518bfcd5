import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  CreatePostDocument,
  CreateWebhookEndpointDocument,
  PublishPostDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { answersOf, codeOf, postUnderKey } from './repeating.ts'
import { create } from './writing.ts'

const lent = withApp({ role: 'api' })

const send = (
  query: unknown,
  variables: object,
  idempotencyKey: string = randomUUID(),
  key: string | null = lent.app.admin.key,
) => postUnderKey(lent.app.url, { key, idempotencyKey }, { query: String(query), variables })

const rows = async () => {
  const { db } = lent.app.database
  return {
    posts: await db.post.count(),
    events: await db.event.count(),
    endpoints: await db.webhookEndpoint.count(),
  }
}

const draft = (title: string) => ({ input: { title, source: 'x' } })

describe('a repeat is answered with the same bytes and changes nothing', () => {
  test.each([
    ['createPost', CreatePostDocument, async () => draft('Made once')],
    [
      'publishPost',
      PublishPostDocument,
      async () => ({ input: { id: (await create(lent.app.admin, draft('Out once').input)).post.id } }),
    ],
    [
      'createWebhookEndpoint, with its secret',
      CreateWebhookEndpointDocument,
      async () => ({ input: { url: 'https://receiver.example.com/' } }),
    ],
  ])('of %s', async (_name, document, variablesOf) => {
    const variables = await variablesOf()
    const key = randomUUID()
    const first = await send(document, variables, key)
    const before = await rows()
    const again = await send(document, variables, key)

    expect(first).toMatchObject({ status: 200, replayed: null })
    expect(first.text).toMatch(/Payload"/)
    expect(again).toEqual({ ...first, replayed: 'true' })
    expect(await rows()).toEqual(before)
  })

  test('whatever the blanks of the document and the order of the variables', async () => {
    const key = randomUUID()
    const query = 'mutation ($input: CreatePostInput!) { createPost(input: $input) { __typename } }'
    const first = await send(query, { input: { title: 'Sorted', source: 'x' } }, key)
    const again = await send(query.replaceAll(' ', '\n'), { input: { source: 'x', title: 'Sorted' } }, key)
    expect(again).toEqual({ ...first, replayed: 'true' })
  })

  test('though it was a problem, and would be none today', async () => {
    const taken = await create(lent.app.admin, { ...draft('Taken').input, slug: 'wanted' })
    const key = randomUUID()
    const variables = { input: { ...draft('Wants it').input, slug: 'wanted' } }
    const first = await send(CreatePostDocument, variables, key)
    expect(first.text).toContain('TakenError')
    await lent.app.database.db.post.delete({ where: { id: taken.post.id } })
    expect(await send(CreatePostDocument, variables, key)).toEqual({ ...first, replayed: 'true' })

    const invalid = { input: { title: '', source: 'x' } }
    const another = randomUUID()
    const problem = await send(CreatePostDocument, invalid, another)
    expect(problem.text).toContain('ValidationError')
    expect(await send(CreatePostDocument, invalid, another)).toEqual({
      ...problem,
      replayed: 'true',
    })
  })

  test('in the form of the first, whatever form it asks for', async () => {
    const key = randomUUID()
    const request = { query: String(CreatePostDocument), variables: draft('In one form') }
    const asking = (accept: string) =>
      postUnderKey(lent.app.url, { key: lent.app.admin.key, idempotencyKey: key }, request, { accept })
    const first = await asking('text/event-stream')
    expect(first.text).toContain('event: next')
    expect(await asking('application/json')).toEqual({ ...first, replayed: 'true' })
  })
})

test('of many at once one runs; the others are told to ask again, or get its answer', async () => {
  const before = await rows()
  const key = randomUUID()
  const all = await Promise.all(
    Array.from({ length: 12 }, () => send(CreatePostDocument, draft('At once'), key)),
  )
  const { answered, waiting } = answersOf(all)
  expect(answered.length + waiting.length).toBe(12)
  expect(new Set(answered.map(({ text }) => text)).size).toBe(1)
  for (const { retryAfter } of waiting) expect(Number(retryAfter)).toBeGreaterThan(0)
  expect(await rows()).toEqual({ ...before, posts: before.posts + 1, events: before.events + 1 })
})

test('the same key with another document or other variables is an error, and changes nothing', async () => {
  const key = randomUUID()
  await send(CreatePostDocument, draft('The first'), key)
  const before = await rows()
  const other = await send(CreatePostDocument, draft('Another'), key)
  expect([other.status, codeOf(other)]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED'])
  const otherDocument = String(CreatePostDocument).replace('slug', 'title')
  expect((await send(otherDocument, draft('The first'), key)).status).toBe(422)
  expect(await rows()).toEqual(before)
})

test("another API key's header is another one", async () => {
  const before = await rows()
  const { key: other } = await lent.app.clientWith('CONTENT_WRITE')
  const key = randomUUID()
  const mine = await send(CreatePostDocument, draft('Mine'), key)
  const theirs = await send(CreatePostDocument, draft('Theirs'), key, other)
  expect([mine.replayed, theirs.replayed, theirs.status]).toEqual([null, null, 200])
  expect(await rows()).toMatchObject({ posts: before.posts + 2 })
})

test('nothing that was asked or answered can be read in the table', async () => {
  const key = 'a-header-that-can-be-read'
  const { text } = await send(
    CreateWebhookEndpointDocument,
    { input: { url: 'https://secretive.example.com/' } },
    key,
  )
  const [secret = ''] = /whsec_[^"]+/.exec(text) ?? []
  expect(secret).not.toBe('')
  const table = JSON.stringify(await lent.app.database.db.idempotentAnswer.findMany())
  for (const plain of [key, secret, secret.slice(6), 'secretive', 'Payload', 'whsec', 'event_', 'endpoint_'])
    expect(table).not.toContain(plain)
})

describe('the header is refused', () => {
  const mutation = 'mutation { deletePost(input: { id: "post_x" }) { __typename } }'
  test.each([
    ['with a query', '{ site { url } }'],
    ['with two mutation fields', `mutation { a: ${mutation.slice(11, -2)} b: ${mutation.slice(11)}`],
    [
      'with two in a fragment',
      `mutation { ...A } fragment A on Mutation { ... { a: ${mutation.slice(11, -2)} } b: ${mutation.slice(11)}`,
    ],
  ])('%s', async (_name, query) => {
    const answer = await send(query, {})
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_USER_INPUT'])
    expect(answer.text).toContain('exactly one mutation field')
  })

  test.each(['', 'with blanks', 'ä', 'x'.repeat(256)])('when it is malformed: %j', async (header) => {
    const answer = await send(mutation, {}, Buffer.from(header).toString('latin1'))
    expect([answer.status, codeOf(answer)]).toEqual([400, 'BAD_USER_INPUT'])
    expect(answer.text).toContain('visible ASCII')
  })
})

test('what GraphQL refuses, it refuses with the header, too', async () => {
  expect(codeOf(await send('mutation {', {}))).toBe('GRAPHQL_PARSE_FAILED')
  expect(codeOf(await send('mutation { nothing }', {}))).toBe('GRAPHQL_VALIDATION_FAILED')
  // Deeper than any stack that would walk it.
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const body = `{"query":"mutation { nothing }","variables":{"a":${deep}}}`
  const caller = { key: lent.app.admin.key, idempotencyKey: randomUUID() }
  expect(codeOf(await postUnderKey(lent.app.url, caller, body))).toBe('QUERY_TOO_COMPLEX')
})

test('without a key nothing is stored', async () => {
  const before = await lent.app.database.db.idempotentAnswer.count()
  const answer = await send(CreatePostDocument, draft('Nobody'), randomUUID(), null)
  expect(codeOf(answer)).toBe('FORBIDDEN')
  expect(await lent.app.database.db.idempotentAnswer.count()).toBe(before)
})
