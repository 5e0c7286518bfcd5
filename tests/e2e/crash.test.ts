import { beforeAll, expect, inject, test } from 'vitest'
import { EditorPostDocument } from '../../schema/generated/graphql.ts'
import { endLeases } from '../support/leases.ts'
import { type Serving, withHome } from '../support/process.ts'
import { answer, hang, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { deliveriesTo, envelopeOf, makeEndpoint } from '../webhooks/subscribing.ts'
import { type PublishedEvent, publish, publishNew, saveNew } from '../webhooks/writing.ts'

const lent = withHome()

let receiver: Receiver
let endpointId = ''
let key = ''
let serving: Serving
/** Posts whose publish was asked for, and the events of those that were acknowledged before the kill. */
const asked: string[] = []
const acknowledged: PublishedEvent[] = []

/** Publishes many at once and kills the process when some are acknowledged and others are at every stage before that. */
const killWhilePublishing = async () => {
  const admin = serving.clientOf(key)
  const titles = Array.from({ length: 16 }, (_, index) => `Under way ${index}`)
  for (const title of titles) asked.push(await saveNew(admin, title))
  const all = Promise.allSettled(asked.map(async (id) => acknowledged.push((await publish(admin, id)).event)))
  await until(() => acknowledged.length >= 7)
  await serving.kill('SIGKILL')
  await all
}

beforeAll(async () => {
  key = await lent.home.newKey()
  receiver = await startReceiver()
  receiver.always(hang)
  serving = await lent.home.serve()
  const admin = serving.clientOf(key)
  // A document that is rendered without the database: what is rendered too slowly on a loaded machine is never sent.
  const document = 'subscription { events { id } }'
  const { id } = await makeEndpoint(admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'], document })
  endpointId = id
  acknowledged.push((await publishNew(admin, 'In flight')).event)
  await receiver.waitFor(1)
  await killWhilePublishing()
  await endLeases(lent.home)
  receiver.always(answer(204))
  serving = await lent.home.serve()
  return () => receiver.close()
}, 180_000)

const patient = { timeout: 60_000 }
// A sweep comes at start and every 10 s. The embedded database's next start has to end the leases, which last 25 s;
// PostgreSQL may still have been writing one down when the others were ended.
const sweepMs = inject('kind') === 'embedded' ? 20_000 : 40_000

test(
  'a request that was in flight at kill -9 comes again with the same webhook-id and the same bytes',
  patient,
  async () => {
    const [cut] = receiver.requests
    const again = await until(
      () =>
        receiver.requests
          .slice(1)
          .find(({ headers }) => headers['webhook-id'] === cut?.headers['webhook-id']),
      sweepMs,
    )

    expect(again.body.equals(cut?.body ?? Buffer.alloc(0))).toBe(true)
    expect(envelopeOf(again).id).toBe(acknowledged[0]?.id)
  },
)

test('every acknowledged publish is there, and its event arrives', patient, async () => {
  const admin = serving.clientOf(key)
  await until(() => acknowledged.every(({ id }) => answeredIds().has(id)), sweepMs)
  const statuses = await Promise.all(
    acknowledged.map(async (event) => {
      const by = { id: 'postId' in event ? event.postId : '' }
      return (await admin.run(EditorPostDocument, { by })).post?.status
    }),
  )

  expect(acknowledged.length).toBeGreaterThanOrEqual(7)
  expect(new Set(statuses)).toEqual(new Set(['PUBLISHED']))
})

test('a publish that was not acknowledged happened with its event, or not at all', patient, async () => {
  const admin = serving.clientOf(key)
  const deliveries = await until(async () => {
    const all = await deliveriesTo(admin, endpointId)
    return all.every(({ status }) => status !== 'PENDING') ? all : null
  }, sweepMs)
  const told = new Set(receiver.requests.map((request) => envelopeOf(request).subject.id))

  expect(deliveries.filter(({ status }) => status !== 'DELIVERED')).toEqual([])
  for (const id of asked) {
    const { post } = await admin.run(EditorPostDocument, { by: { id } })
    expect(post?.status, id).toBe(told.has(id) ? 'PUBLISHED' : 'DRAFT')
  }
})

test('whatever came more than once came with the same bytes', () => {
  const bodies = Map.groupBy(receiver.requests, ({ headers }) => headers['webhook-id'])
  for (const [id, requests] of bodies) {
    expect(new Set(requests.map(({ body }) => body.toString())).size, String(id)).toBe(1)
  }
})

const answeredIds = () => new Set(receiver.requests.slice(1).map((request) => envelopeOf(request).id))
