import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { createRenderer } from '../../src/graphql/render.ts'
import { schema } from '../../src/graphql/schema.ts'
import { siteOf } from '../../src/urls/site-paths.ts'
import { withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { deliveryOf, subscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]

// What was valid when it was saved and is no longer: an older version's endpoint after an upgrade.
const broken = [
  { fault: 'asks for what the schema no longer has', document: 'subscription { gone { id } }' },
  { fault: 'is not GraphQL', document: 'subscription {' },
  { fault: 'lacks a variable that it needs', document: 'subscription ($id: ID!) { events { id } }' },
]

test.for(broken)(
  'a document that $fault fails its delivery and neither the publish nor the delivery of another',
  async ({ document }) => {
    const { app } = lent
    await using receiver = await startReceiver()
    const bad = await subscribe(app.admin, { url: `${receiver.url}bad`, eventTypes })
    await subscribe(app.admin, { url: `${receiver.url}good`, eventTypes })
    await app.database.db.webhookEndpoint.update({
      where: { id: bad.id },
      data: { document, renderingKey: document },
    })
    const { event, post } = await publishNew(app.admin, 'All the same')

    const delivery = await deliveryOf(app.admin, bad.id, event.id)
    await receiver.waitFor(1)

    expect(post.status).toBe('PUBLISHED')
    expect(delivery).toMatchObject({ status: 'FAILED', body: null, nextAttemptAt: null, attempts: [] })
    expect(delivery.reason).toMatch(/^The document cannot be rendered for post\.published: .{10}/)
    expect(receiver.requests.map(({ path }) => path)).toEqual(['/good'])
  },
)

test('a body above 256 KiB fails its delivery with the size, and the rest of the event goes out', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const document = 'subscription { events { ... on PostEvent { post { content } } } }'
  const large = await subscribe(app.admin, { url: `${receiver.url}large`, eventTypes, document })
  await subscribe(app.admin, { url: `${receiver.url}small`, eventTypes })
  const { event } = await publishNew(app.admin, 'A whole book', { source: 'word '.repeat(60_000) })

  const delivery = await deliveryOf(app.admin, large.id, event.id)
  await receiver.waitFor(1)

  expect(delivery).toMatchObject({ status: 'FAILED', nextAttemptAt: null, attempts: [] })
  expect(delivery.reason).toMatch(/has 30\d{4} bytes, more than the 262144 that are sent/)
  expect(receiver.requests.map(({ path }) => path)).toEqual(['/small'])
})

test('a body just below 256 KiB is sent whole', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const document = 'subscription { events { ... on PostEvent { post { content } } } }'
  await subscribe(app.admin, { url: receiver.url, eventTypes, document })
  await publishNew(app.admin, 'Nearly a book', { source: 'word '.repeat(52_000) })

  const [request] = await receiver.waitFor(1)

  expect(request?.body.length).toBeGreaterThan(254 * 1024)
  expect(JSON.parse(String(request?.body))).toMatchObject({ type: 'post.published' })
})

test('a fault of ours shows subscribers no SQL and no table, and is logged under the event', async () => {
  const { app } = lent
  const { event } = await publishNew(app.admin, 'In a broken database')
  const row = await app.database.db.event.findUniqueOrThrow({ where: { id: event.id } })
  const logged: { error: unknown; eventId: string }[] = []
  const site = siteOf(readConfig({}))
  const render = createRenderer(schema, site, (error, eventId) => logged.push({ error, eventId }))
  const listener = {
    renderingKey: 'broken',
    document: 'subscription { events { id ... on PostEvent { post { title } } } }',
    variables: null,
    scopes: [],
  }

  const rollBack = new Error('The database is put right again.')
  const inBrokenDatabase = app.database.db.$transaction(async (tx) => {
    await tx.$executeRaw`ALTER TABLE posts RENAME COLUMN title TO gone`
    const rendering = await render(tx, row, listener, new AbortController().signal)
    throw Object.assign(rollBack, { rendering })
  })

  await expect(inBrokenDatabase).rejects.toMatchObject({
    rendering: {
      data: JSON.stringify({ id: event.id, post: null }),
      errors: [
        {
          message: 'Something went wrong on our side. The request id is in the log.',
          path: ['events', 'post'],
        },
      ],
    },
  })
  expect(logged).toMatchObject([{ eventId: event.id, error: { message: expect.stringContaining('column') } }])
})
