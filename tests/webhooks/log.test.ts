import { expect, test } from 'vitest'
import { WebhookDeliveriesDocument, WebhookLogDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { answer, startReceiver } from '../support/receiver.ts'
import { allDelivered, deliveryOf, replay, subscribe, updateEndpoint } from './subscribing.ts'
import { insertDeliveries } from './waiting.ts'
import { publishNew, unpublish } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
const document = 'subscription { events { id } }'

const logOf = async (client: Client, id: string, page: { first?: number; after?: string | null } = {}) => {
  const { webhookEndpoints } = await client.run(WebhookLogDocument, page)
  const node = webhookEndpoints.nodes.find((endpoint) => endpoint.id === id)
  if (!node) throw new Error(`There is no ${id} among the newest endpoints.`)
  return node
}

test('health counts the attempts of 24 hours, the last of each kind, and what waits', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document })
  const untried = (await logOf(app.admin, id)).health
  await publishNew(app.admin, 'Long ago')
  await allDelivered(app.admin, id, 1)
  app.clock.advance(25 * 60 * 60_000)
  receiver.next(answer(503))
  const failing = await publishNew(app.admin, 'Fails at first')
  await deliveryOf(app.admin, id, failing.event.id, ({ attempts }) => attempts.length === 1)
  for (const title of ['Two', 'Three', 'Four']) {
    const { event } = await publishNew(app.admin, title)
    await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  }

  const { health } = await logOf(app.admin, id)

  expect(untried).toMatchObject({
    attempts: 0,
    successRate: null,
    lastSuccessAt: null,
    lastFailureAt: null,
    lastError: null,
    pending: 0,
    oldestPendingAt: null,
    heldUntil: null,
  })
  expect(health).toMatchObject({
    attempts: 4,
    failedAttempts: 1,
    successRate: 0.75,
    lastSuccessAt: expect.any(String),
    lastFailureAt: expect.any(String),
    lastError: 'status: Answered 503 Service Unavailable.',
    pending: 1,
    oldestPendingAt: expect.any(String),
  })
  const age = app.clock.now().getTime() - Date.parse(health.since)
  expect(age).toBeGreaterThanOrEqual(24 * 60 * 60_000)
  expect(age).toBeLessThan(24 * 60 * 60_000 + 60_000)
})

test('the deliveries of an endpoint are paged by key, the newest first, with nobody else’s among them', async () => {
  const { app } = lent
  const one = await subscribe(app.admin, { url: 'https://example.com/' })
  const other = await subscribe(app.admin, { url: 'https://example.com/' })
  await updateEndpoint(app.admin, { id: one.id, status: 'PAUSED' })
  await updateEndpoint(app.admin, { id: other.id, status: 'PAUSED' })
  const made = await insertDeliveries(app, one.id, 5)
  await insertDeliveries(app, other.id, 3)

  const seen: string[] = []
  let after: string | null = null
  do {
    const { deliveries } = await logOf(app.admin, one.id, { first: 2, after })
    expect(deliveries.totalCount).toBe(5)
    seen.push(...deliveries.nodes.map((node) => node.id))
    after = deliveries.pageInfo.hasNextPage ? deliveries.pageInfo.endCursor : null
  } while (after)

  expect(seen).toEqual([...made].sort().reverse())
})

test('endpoints with their health and deliveries take as many statements for 1 as for 20', async () => {
  const { app } = lent
  const query = `query ($first: Int) { webhookEndpoints(first: $first) { nodes {
    health { successRate pending lastError } deliveries(first: 2) { totalCount nodes { id body event { id } attempts { number } } }
  } } }`
  for (let number = 0; number < 20; number++) {
    const { id } = await subscribe(app.admin, { url: 'https://example.com/', eventTypes: ['POST_TRASHED'] })
    await updateEndpoint(app.admin, { id, status: 'PAUSED' })
    await insertDeliveries(app, id, 3)
  }
  const ask = async (first: number): Promise<number> => {
    const { statements, result } = await app.countStatements(() => app.admin.send(query, { first }))
    expect(result.errors).toEqual([])
    return statements.length
  }
  // The worker's own statements may run beside, and can only add to them.
  const fewest = async (first: number): Promise<number> => {
    const counts: number[] = []
    for (let time = 0; time < 5; time++) counts.push(await ask(first))
    return Math.min(...counts)
  }

  const alone = await fewest(1)
  expect(alone).toBeGreaterThan(3)
  expect(await fewest(20)).toBe(alone)
})

test('the log is filtered by state, endpoint, type of event and time', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const types = [...eventTypes, 'POST_UNPUBLISHED' as const]
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: types, document })
  const { post, event } = await publishNew(app.admin, 'Listed')
  await allDelivered(app.admin, id, 1)
  app.clock.advance(60_000)
  const between = app.clock.now().toISOString()
  receiver.always(answer(500))
  await unpublish(app.admin, post.id)
  await receiver.waitFor(2)
  const found = async (filter: object) => {
    const { webhookDeliveries } = await app.admin.run(WebhookDeliveriesDocument, {
      filter: { endpointId: id, ...filter },
    })
    expect(webhookDeliveries.totalCount).toBe(webhookDeliveries.nodes.length)
    return webhookDeliveries.nodes.map((node) => node.event?.type)
  }

  expect(await found({})).toEqual(['POST_UNPUBLISHED', 'POST_PUBLISHED'])
  expect(await found({ status: ['DELIVERED'] })).toEqual(['POST_PUBLISHED'])
  expect(await found({ status: [] })).toEqual([])
  expect(await found({ eventTypes: ['POST_UNPUBLISHED'] })).toEqual(['POST_UNPUBLISHED'])
  expect(await found({ createdAt: { before: between } })).toEqual(['POST_PUBLISHED'])
  expect(await found({ createdAt: { from: between } })).toEqual(['POST_UNPUBLISHED'])
  expect(event.id).toMatch(/^event_/)
})

test('the type of an event that is not for the caller finds no delivery', async () => {
  const { app } = lent
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  await using receiver = await startReceiver()
  const types = ['POST_CREATED' as const, ...eventTypes]
  const { id } = await subscribe(app.admin, {
    url: receiver.url,
    eventTypes: types,
    document,
    scopes: ['CONTENT_READ'],
  })
  await publishNew(app.admin, 'First a secret')
  await allDelivered(app.admin, id, 2)
  const found = async (client: Client, eventTypes: typeof types) =>
    (
      await client.send<{ webhookDeliveries: { totalCount: number; nodes: { id: string }[] } }>(
        'query ($filter: WebhookDeliveryFilter) { webhookDeliveries(filter: $filter) { totalCount nodes { id } } }',
        { filter: { endpointId: id, eventTypes } },
      )
    ).data?.webhookDeliveries

  expect(await found(app.admin, ['POST_CREATED'])).toMatchObject({ totalCount: 1 })
  expect(await found(manager, ['POST_CREATED'])).toEqual({ totalCount: 0, nodes: [] })
  expect(await found(manager, types)).toMatchObject({ totalCount: 1 })
})

test('an attempt has the headers that were answered', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always((response) => response.writeHead(204, { 'x-served-by': 'the receiver' }).end())
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document })
  await publishNew(app.admin, 'Answered')
  await allDelivered(app.admin, id, 1)

  const { deliveries } = await logOf(app.admin, id)

  expect(deliveries.nodes[0]?.attempts[0]?.responseHeaders).toMatchObject({ 'x-served-by': 'the receiver' })
})

test('a body and what was answered to it are shown only to keys with the scopes that it was rendered with, also once its endpoint is gone', async () => {
  const { app } = lent
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  const reader = await app.clientWith('WEBHOOKS_MANAGE', 'CONTENT_READ')
  await using receiver = await startReceiver()
  receiver.always(answer(200, { body: 'You said: …' }))
  const input = { url: receiver.url, eventTypes, document }
  const open = await subscribe(app.admin, input)
  const closed = await subscribe(app.admin, { ...input, scopes: ['CONTENT_READ'] })
  const { event } = await publishNew(app.admin, 'For some')
  const ids = await Promise.all(
    [open, closed].map(
      async ({ id }) =>
        (await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')).id,
    ),
  )
  const query = `query ($ids: [ID!]!) {
    nodes(ids: $ids) { ... on WebhookDelivery { status body attempts { statusCode responseBody } } }
  }`
  type Shown = { body: string | null; attempts: { responseBody: string | null }[] }
  const ask = async (client: Client) => {
    const { data, errors } = await client.send<{ nodes: Shown[] }>(query, { ids })
    return {
      shown: data?.nodes.map(({ body }) => body !== null),
      answers: data?.nodes.map(({ attempts }) => attempts.map(({ responseBody }) => responseBody !== null)),
      codes: new Set(errors.map(({ extensions }) => extensions?.code)),
    }
  }
  const some = { shown: [true, false], answers: [[true], [false]], codes: new Set(['FORBIDDEN']) }
  const all = { shown: [true, true], answers: [[true], [true]], codes: new Set() }

  expect(await ask(manager)).toEqual(some)
  expect(await ask(reader)).toEqual(all)
  await updateEndpoint(app.admin, { id: closed.id, scopes: [] })
  expect(await ask(manager)).toEqual(some)
  await app.admin.send('mutation ($id: ID!) { deleteWebhookEndpoint(input: { id: $id }) { __typename } }', {
    id: closed.id,
  })
  expect(await ask(manager)).toEqual(some)
  expect(await ask(reader)).toEqual(all)
})

test('what was answered to an earlier body is not shown with the one that was made anew for fewer eyes', async () => {
  const { app } = lent
  const manager = await app.clientWith('WEBHOOKS_MANAGE')
  await using receiver = await startReceiver()
  receiver.always(answer(200, { body: 'You said: …' }))
  const input = { url: receiver.url, eventTypes, document, scopes: ['CONTENT_READ' as const] }
  const { id } = await subscribe(app.admin, input)
  const { event } = await publishNew(app.admin, 'Shown to fewer')
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  await updateEndpoint(app.admin, { id, scopes: [] })
  await replay(app.admin, id, { eventId: event.id })
  await deliveryOf(
    app.admin,
    id,
    event.id,
    ({ status, attempts }) => status === 'DELIVERED' && attempts[1] !== undefined,
  )

  const { data } = await manager.send(
    'query ($id: ID!) { webhookDeliveries(filter: { endpointId: $id }) { nodes { body attempts { responseBody } } } }',
    { id },
  )

  expect(data).toEqual({
    webhookDeliveries: {
      nodes: [
        {
          body: expect.stringContaining('"rendered":"replay"'),
          attempts: [{ responseBody: null }, { responseBody: 'You said: …' }],
        },
      ],
    },
  })
})
