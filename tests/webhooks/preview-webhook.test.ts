import { beforeAll, expect, test } from 'vitest'
import { PreviewWebhookDocument, type PreviewWebhookInput } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { startReceiver } from '../support/receiver.ts'
import { importSample } from '../support/sample.ts'
import { deliveriesTo, subscribe, updateEndpoint } from './subscribing.ts'
import { publishNew, saveNew } from './writing.ts'

const lent = withApp()

beforeAll(async () => {
  await importSample(lent.app)
})

const eventTypes = ['POST_PUBLISHED' as const]
const titles = 'subscription { events { ... on PostEvent { post { title } } } }'
const sources = 'subscription { events { ... on PostEvent { post { source } } } }'

const preview = async (client: Client, input: PreviewWebhookInput) =>
  (await client.run(PreviewWebhookDocument, { input })).previewWebhook

const bodyOf = ({ body }: { body: string | null }) => JSON.parse(body ?? 'null')

test('of an event that was rendered for the endpoint it is the very body, and nothing is sent', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titles })
  const { event } = await publishNew(app.admin, 'Seen before')
  const [request] = await receiver.waitFor(1)

  const { body, problem, wouldBeSent } = await preview(app.admin, { endpointId: id, eventId: event.id })

  expect({ body, problem, wouldBeSent }).toEqual({
    body: request?.body.toString(),
    problem: null,
    wouldBeSent: true,
  })
  await app.worker?.sweep()
  expect(await deliveriesTo(app.admin, id)).toHaveLength(1)
  expect(receiver.requests).toHaveLength(1)
})

test('of any other event it shows the state of now and says so; whether the endpoint listens to it is told, too', async () => {
  const { app } = lent
  const { event } = await publishNew(app.admin, 'Earlier')
  const { id } = await subscribe(app.admin, {
    url: 'https://example.com/',
    eventTypes: ['POST_TRASHED'],
    document: titles,
  })

  const shown = await preview(app.admin, { endpointId: id, eventId: event.id })
  await updateEndpoint(app.admin, { id, eventTypes })
  const listening = await preview(app.admin, { endpointId: id, eventId: event.id })

  expect(bodyOf(shown)).toMatchObject({
    id: event.id,
    data: { post: { title: 'Earlier' } },
    rendered: 'replay',
  })
  expect([shown.wouldBeSent, listening.wouldBeSent]).toEqual([false, true])
})

test('a document can be tried before there is an endpoint; one that is wrong says why', async () => {
  const { app } = lent
  const { event } = await publishNew(app.admin, 'Tried out')
  const document =
    'subscription ($format: ContentFormat!) { events { ... on PostEvent { post { content(format: $format) } } } }'
  const input = { eventId: event.id, document, variables: { format: 'TEXT' } }

  expect(bodyOf(await preview(app.admin, input)).data.post.content).toMatch(/^About Tried out\.\s*$/)
  for (const wrong of [
    { document: 'subscription {' },
    { variables: { format: 'PDF' } },
    { variables: [1] },
  ]) {
    const reply = await app.admin.send(String(PreviewWebhookDocument), { input: { ...input, ...wrong } })
    expect([reply.data, reply.errors[0]?.extensions?.code]).toEqual([null, 'BAD_USER_INPUT'])
  }
})

test('it never shows more than the key of who asks may see', async () => {
  const { app } = lent
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  const { event } = await publishNew(app.admin, 'Public', { source: 'The secret source' })
  const { id } = await subscribe(app.admin, {
    url: 'https://example.com/',
    document: sources,
    scopes: ['ADMIN'],
  })
  await saveNew(app.admin, 'A private draft')
  const hidden = await app.database.db.event.findFirstOrThrow({ where: { isPublic: false } })
  const ask = (client: Client, input: PreviewWebhookInput) =>
    client.send(String(PreviewWebhookDocument), { input })

  const replies = await Promise.all([
    ask(manager, { endpointId: id, eventId: event.id }),
    ask(manager, { document: sources, scopes: ['CONTENT_READ'], eventId: event.id }),
    ask(manager, { document: sources, eventId: hidden.id }),
    ask(manager, { document: sources, eventId: 'event_01kt0000000000000000000000' }),
  ])

  expect(replies.map(({ data, errors }) => [data, errors[0]?.extensions?.code])).toEqual([
    [null, 'FORBIDDEN'],
    [null, 'FORBIDDEN'],
    [null, 'BAD_USER_INPUT'],
    [null, 'BAD_USER_INPUT'],
  ])
  const own = await preview(manager, { document: sources, eventId: event.id })
  expect(bodyOf(own).data).toEqual({ post: { source: null } })
  expect(JSON.stringify([replies, own])).not.toContain('The secret source')
  const admin = await preview(app.admin, { endpointId: id, eventId: event.id })
  expect(bodyOf(admin).data).toEqual({ post: { source: 'The secret source' } })
})

test('without a document every type of event has its subject in data', async () => {
  const { app } = lent
  const { admin } = app
  const make = (mutation: string) => admin.send(`mutation { ${mutation} { __typename } }`)
  await make('createAuthor(input: { name: "Nia Holt" })')
  await make('createCategory(input: { name: "Presses" })')
  await make('createTag(input: { name: "Linotype" })')
  const { id } = await subscribe(admin, { url: 'https://example.com/' })
  await updateEndpoint(admin, { id, status: 'DISABLED', statusReason: 'Sold' })
  const dataOf = async (type: string) => {
    const event = await app.database.db.event.findFirstOrThrow({
      where: { type },
      orderBy: { sequence: 'desc' },
    })
    return bodyOf(await preview(admin, { eventId: event.id })).data
  }

  const url = (path: string) => `https://blog.example.com${path}`
  expect(await dataOf('author.created')).toEqual({
    author: {
      id: expect.stringMatching(/^author_/),
      slug: 'nia-holt',
      name: 'Nia Holt',
      path: '/author/nia-holt/',
      url: url('/author/nia-holt/'),
    },
  })
  expect(await dataOf('category.created')).toEqual({
    category: {
      id: expect.stringMatching(/^category_/),
      slug: 'presses',
      name: 'Presses',
      path: '/category/presses/',
      url: url('/category/presses/'),
      parent: null,
    },
    mergedIds: [],
  })
  expect(await dataOf('tag.created')).toEqual({
    tag: {
      id: expect.stringMatching(/^tag_/),
      slug: 'linotype',
      name: 'Linotype',
      path: '/tag/linotype/',
      url: url('/tag/linotype/'),
    },
    mergedIds: [],
  })
  expect(await dataOf('import.completed')).toMatchObject({
    // The endpoint reads what is public.
    source: null,
    created: expect.any(Number),
    failed: 0,
  })
  expect(await dataOf('endpoint.disabled')).toEqual({ endpointId: id, reason: 'Sold' })
})
