import { beforeAll, expect, test } from 'vitest'
import { type TestApp, withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { importSample } from '../support/sample.ts'
import { deliveryOf, envelopeOf, subscribe } from './subscribing.ts'
import { publish, publishNew, save, saveNew } from './writing.ts'

const lent = withApp()

beforeAll(async () => {
  await importSample(lent.app)
})

const published = 'POST_PUBLISHED' as const
const titleAndAuthors = 'subscription { events { ... on PostEvent { post { title authors { name } } } } }'

test('an endpoint gets exactly the fields that its own document asks for', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  await subscribe(app.admin, { url: receiver.url, eventTypes: [published], document: titleAndAuthors })
  await publishNew(app.admin, 'Ink', { authors: ['tobias-wren', 'ines-marlow'] })

  const [request] = await receiver.waitFor(1)

  expect(request && envelopeOf(request).data).toEqual({
    post: { title: 'Ink', authors: [{ name: 'Tobias Wren' }, { name: 'Ines Marlow' }] },
  })
})

test('endpoints with the same document and other variables each get what their variables say', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const document =
    'subscription ($format: ContentFormat!) { events { ... on PostEvent { post { content(format: $format) } } } }'
  for (const format of ['HTML', 'TEXT']) {
    const url = receiver.url + format
    await subscribe(app.admin, { url, eventTypes: [published], document, variables: { format } })
  }
  await publishNew(app.admin, 'Forms', { source: 'A *slanted* word' })

  const byPath = dataByPath(await receiver.waitFor(2))

  expect(byPath['/HTML']).toEqual({ post: { content: '<p>A <em>slanted</em> word</p>\n' } })
  expect(byPath['/TEXT']).toEqual({ post: { content: expect.stringMatching(/^A slanted word\s*$/) } })
})

test('one document shows an endpoint with content:read the source, and one without it null and the reason', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const document = 'subscription { events { actor ... on PostEvent { post { title source } } } }'
  const shared = { eventTypes: [published], document }
  await subscribe(app.admin, { ...shared, url: `${receiver.url}public` })
  await subscribe(app.admin, { ...shared, url: `${receiver.url}editor`, scopes: ['CONTENT_READ'] })
  await publishNew(app.admin, 'Both', { source: '*raw*' })

  const requests = await receiver.waitFor(2)
  const errorsOf = (path: string) =>
    requests.filter((request) => request.path === path).flatMap((request) => envelopeOf(request).errors ?? [])
  const byPath = dataByPath(requests)

  expect(byPath['/editor']).toEqual({ actor: 'A test', post: { title: 'Both', source: '*raw*' } })
  expect(errorsOf('/editor')).toEqual([])
  expect(byPath['/public']).toEqual({ actor: null, post: { title: 'Both', source: null } })
  expect(errorsOf('/public')).toEqual([
    expect.objectContaining({ path: ['events', 'actor'] }),
    expect.objectContaining({ path: ['events', 'post', 'source'] }),
  ])
})

test('data is the value of the root field, whatever the document calls it', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const document = 'subscription { news: events { ... on PostEvent { post { title } } } }'
  await subscribe(app.admin, { url: receiver.url, eventTypes: [published], document })
  await publishNew(app.admin, 'Renamed')

  const [request] = await receiver.waitFor(1)

  expect(request && envelopeOf(request).data).toEqual({ post: { title: 'Renamed' } })
})

test('an endpoint without a document gets the default one', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  await subscribe(app.admin, { url: receiver.url, eventTypes: [published] })
  const { post } = await publishNew(app.admin, 'As it comes', {
    source: 'Short.',
    authors: ['ines-marlow'],
    categories: ['maintenance'],
    tags: ['paper'],
  })

  const [request] = await receiver.waitFor(1)

  expect(request && envelopeOf(request).data).toEqual({
    post: {
      id: post.id,
      slug: 'as-it-comes',
      path: post.path,
      url: `https://blog.example.com${post.path}`,
      title: 'As it comes',
      excerpt: 'Short.',
      publishedAt: post.publishedAt,
      authors: [{ slug: 'ines-marlow', name: 'Ines Marlow' }],
      categories: [{ slug: 'maintenance', name: 'Maintenance' }],
      tags: [{ slug: 'paper', name: 'paper' }],
    },
  })
})

test('data shows what the event committed, although the post was changed before the request could go out', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const eventTypes = [published, 'POST_UPDATED' as const]
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document: titleAndAuthors })
  await receiver.down()
  const first = await publishNew(app.admin, 'First words', { authors: ['ines-marlow'] })
  await save(app.admin, { id: first.post.id, title: 'Second thoughts', authors: ['tobias-wren'] })
  const second = await publish(app.admin, first.post.id)
  for (const { event } of [first, second])
    await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length > 0)
  await receiver.up()
  // Past the second attempt's time.
  app.clock.advance(60_000)
  await app.worker?.sweep()

  const byEvent = new Map((await receiver.waitFor(2)).map(envelopeOf).map(({ id, data }) => [id, data]))

  expect(byEvent.get(first.event.id)).toEqual({
    post: { title: 'First words', authors: [{ name: 'Ines Marlow' }] },
  })
  expect(byEvent.get(second.event.id)).toEqual({
    post: { title: 'Second thoughts', authors: [{ name: 'Tobias Wren' }] },
  })
})

test('two endpoints with one document cost a publish no more statements than one, and share one rendering', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const endpoint = { url: receiver.url, eventTypes: [published], document: titleAndAuthors }
  await subscribe(app.admin, endpoint)
  const alone = await countedPublish(app, 'Alone')
  await subscribe(app.admin, endpoint)
  const together = await countedPublish(app, 'Together')
  await subscribe(app.admin, { ...endpoint, document: 'subscription { events { id } }' })
  const another = await countedPublish(app, 'Another document')

  expect(alone.renderings).toBe(1)
  expect(together).toEqual(alone)
  expect(another.renderings).toBe(2)
  expect(another.savepoints).toBe(2)
  await receiver.waitFor(6)
})

/** What rendering a publish cost. The worker's statements run beside it: those of the renderings alone are counted. */
const countedPublish = async (app: TestApp, title: string) => {
  const id = await saveNew(app.admin, title)
  const { result, statements } = await app.countStatements(() => publish(app.admin, id))
  const renderings = await app.database.db.eventRendering.count({ where: { eventId: result.event.id } })
  return { renderings, savepoints: statements.filter((sql) => sql.startsWith('SAVEPOINT')).length }
}

const dataByPath = (requests: Awaited<ReturnType<Awaited<ReturnType<typeof startReceiver>>['waitFor']>>) =>
  Object.fromEntries(requests.map((request) => [request.path, envelopeOf(request).data]))
