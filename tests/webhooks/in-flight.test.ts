import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { CreateWebhookEndpointInput } from '../../schema/generated/graphql.ts'
import { claim } from '../../src/webhooks/deliveries/run/claim.ts'
import { freeSlots, mostInFlight } from '../../src/webhooks/deliveries/run/concurrency.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { answer, hang, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { allDelivered, deliveriesTo, issuesOf, subscribe } from './subscribing.ts'
import { insertDeliveries } from './waiting.ts'
import { publishNew } from './writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
// Rendered without the database: what is tested here is sending.
const document = 'subscription { events { id } }'

test('more deliveries than a process has in flight, all to one receiver that hangs, keep no other waiting', async () => {
  const { app } = lent
  await using stuck = await startReceiver()
  await using healthy = await startReceiver()
  stuck.always(hang)
  const hanging = await subscribe(app.admin, { url: stuck.url, eventTypes: ['POST_UNPUBLISHED'], document })
  await insertDeliveries(app, hanging.id, 120)
  await app.worker?.sweep()
  await stuck.waitFor(4)

  const { id } = await subscribe(app.admin, { url: healthy.url, eventTypes, document })
  await publishNew(app.admin, 'In spite of the flood')
  await allDelivered(app.admin, id, 1)

  // None of the hanging ones has come to its end, so that the other cannot have waited for one.
  const waiting = await deliveriesTo(app.admin, hanging.id)
  expect(waiting.flatMap(({ attempts }) => attempts)).toEqual([])
  expect(stuck.requests).toHaveLength(4)
  expect(healthy.requests).toHaveLength(1)
})

test('many receivers that hang leave slots for the one that does not', async () => {
  const { app } = lent
  await using stuck = await startReceiver()
  await using healthy = await startReceiver()
  stuck.always(hang)
  const input = { url: stuck.url, eventTypes: ['POST_UNPUBLISHED' as const], document, maxInFlight: 30 }
  const hanging = await Promise.all([1, 2, 3, 4].map(() => subscribe(app.admin, input)))
  for (const { id } of hanging) await insertDeliveries(app, id, 40)
  await app.worker?.sweep()
  await stuck.waitFor(70)

  const { id } = await subscribe(app.admin, { url: healthy.url, eventTypes, document })
  await publishNew(app.admin, 'In spite of four floods')
  await allDelivered(app.admin, id, 1)

  const where = { delivery: { endpointId: { in: hanging.map((endpoint) => endpoint.id) } } }
  expect(await app.database.db.webhookAttempt.count({ where })).toBe(0)
})

test('forty-five receivers that hang, with more waiting for each, keep no event of a healthy one waiting', async () => {
  const { app } = lent
  await using stuck = await startReceiver()
  await using healthy = await startReceiver()
  stuck.always(hang)
  const input = { url: stuck.url, eventTypes: ['POST_UNPUBLISHED' as const], document }
  const hanging = await subscribeOften(app, input, 45)
  const { id } = await subscribe(app.admin, { ...input, url: healthy.url })
  // The first take four slots each, the others what is left.
  for (const [some, requests] of [
    [hanging.slice(0, 17), 68],
    [hanging.slice(17), 96],
  ] as const) {
    for (const endpointId of some) await insertDeliveries(app, endpointId, 6)
    await app.worker?.sweep()
    await stuck.waitFor(requests)
  }

  await insertDeliveries(app, id, 20)
  await app.worker?.sweep()
  await allDelivered(app.admin, id, 20)

  // None of the hanging ones has come to its end, so that the other cannot have waited for one.
  const where = { delivery: { endpointId: { in: hanging } } }
  expect(await app.database.db.webhookAttempt.count({ where })).toBe(0)
})

test('the last slots are for endpoints that have nothing in flight, and the very last for those that answer', async () => {
  const { app } = lent
  const { db } = app.database
  const url = 'https://receiver.example.com/'
  const [busy, failing, well] = await Promise.all(
    [1, 2, 3].map(() => subscribe(app.admin, { url, document })),
  )
  if (!busy || !failing || !well) throw new Error('There are three.')
  await db.webhookEndpoint.update({ where: { id: failing.id }, data: { consecutiveFailures: 1 } })
  // Due in an hour, so that the app's own worker takes none of them.
  const now = new Date(app.clock.now().getTime() + 60 * 60 * 1_000)
  const ids = [busy.id, failing.id, well.id]
  const [underWay] = await insertDeliveries(app, busy.id, 5, now)
  const leasedUntil = new Date(now.getTime() + 25_000)
  await db.webhookDelivery.updateMany({ where: { id: underWay }, data: { leasedUntil } })
  // The one that answers comes last, and still first.
  for (const [late, id] of [failing.id, well.id].entries())
    await insertDeliveries(app, id, 5, new Date(now.getTime() - 2 + late))

  const claimed = async (inFlight: number) => {
    const { deliveries } = await claim(db, ids, freeSlots(inFlight, new Set()), now)
    await db.webhookDelivery.updateMany({
      where: { id: { in: deliveries.map((delivery) => delivery.id) } },
      data: { leasedUntil: null },
    })
    return deliveries.map(({ endpointId }) => endpointId).toSorted()
  }

  expect(await claimed(mostInFlight)).toEqual([])
  expect(await claimed(mostInFlight - 1)).toEqual([well.id])
  expect(await claimed(92)).toEqual([well.id])
  expect(await claimed(91)).toEqual([well.id])
  expect(await claimed(90)).toEqual([failing.id, well.id].toSorted())
  expect(await claimed(70)).toEqual([failing.id, well.id].toSorted())
  expect(await claimed(67)).toContain(well.id)
  expect(await claimed(67)).toHaveLength(3)
  expect(await claimed(0)).toHaveLength(11)
})

test('an endpoint has never more requests under way than its maxInFlight, and the next goes when one ends', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const open = new Set<ServerResponse>()
  receiver.always((response) => void open.add(response))
  const input = { url: receiver.url, eventTypes: ['POST_UNPUBLISHED' as const], document, maxInFlight: 3 }
  const { id } = await subscribe(app.admin, input)
  await insertDeliveries(app, id, 12)
  await app.worker?.sweep()

  for (let sent = 3; sent < 12; sent++) {
    await receiver.waitFor(sent)
    await app.worker?.sweep()
    expect(receiver.requests).toHaveLength(sent)
    expect(open.size).toBe(3)
    const [first] = open
    if (first) open.delete(first)
    first?.writeHead(204).end()
  }
  await receiver.waitFor(12)
  for (const response of open) response.writeHead(204).end()

  await allDelivered(app.admin, id, 12)
})

const shared = [
  { policy: 'maxInFlight', data: { maxInFlight: 5 }, leased: 5 },
  { policy: 'rate limit', data: { rateLimitPerMinute: 60 }, leased: 1 },
  { policy: "breaker's one probe", data: { openUntil: new Date(0), trips: 1 }, leased: 1 },
]

test.for(shared)(
  'processes that claim for one endpoint at the same time share its $policy',
  async ({ data, leased }) => {
    const { app } = lent
    const { db } = app.database
    const { id } = await subscribe(app.admin, { url: 'https://receiver.example.com/', document })
    await db.webhookEndpoint.update({ where: { id }, data })
    // Due in an hour, so that the app's own worker takes none of them.
    const now = new Date(app.clock.now().getTime() + 60 * 60 * 1_000)
    await insertDeliveries(app, id, 20, now)

    const slots = freeSlots(0, new Set())
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim(db, [id], slots, now)))
    const ids = claims.flatMap(({ deliveries }) => deliveries.map((delivery) => delivery.id))

    expect(ids).toHaveLength(leased)
    expect(new Set(ids).size).toBe(leased)
  },
)

test('a receiver that answers at once is sent hundreds of deliveries, each once', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  receiver.always(answer(204))
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_UNPUBLISHED'], document })
  await insertDeliveries(app, id, 300)
  await app.worker?.sweep()

  await until(
    async () =>
      (await app.database.db.webhookDelivery.count({ where: { endpointId: id, status: 'DELIVERED' } })) ===
      300,
  )

  expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(300)
  expect(receiver.requests).toHaveLength(300)
})

test.for([
  { field: 'maxInFlight', wrong: [0, 101, -1], says: /^maxInFlight must be 1 to 100 requests, not/ },
  {
    field: 'rateLimitPerMinute',
    wrong: [0, 6_001],
    says: /^rateLimitPerMinute must be 1 to 6000 deliveries, not/,
  },
  {
    field: 'batchWindowSeconds',
    wrong: [-1, 3_601],
    says: /^batchWindowSeconds must be 0 to 3600 seconds, not/,
  },
])('$field out of its range is an issue at the field', async ({ field, wrong, says }) => {
  for (const value of wrong)
    expect(await issuesOf(lent.app.admin, { url: 'https://example.com/', [field]: value })).toEqual([
      { path: ['input', field], message: expect.stringMatching(says) },
    ])
})

/** Makes that many endpoints that are alike, and takes them away together when the test ends. Returns their ids. */
const subscribeOften = async (
  { admin }: TestApp,
  input: CreateWebhookEndpointInput,
  count: number,
): Promise<string[]> => {
  const made = await Promise.all(Array.from({ length: count }, () => subscribe(admin, input)))
  return made.map(({ id }) => id)
}
