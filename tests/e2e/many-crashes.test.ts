import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, inject, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { endLeases } from '../support/leases.ts'
import { withHome } from '../support/process.ts'
import { answer, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { envelopeOf, makeEndpoint } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()

const kills = 20
const clients = 4
/** The events of publishes that were acknowledged, whatever was killed afterwards. */
const acknowledged = new Set<string>()
let asked = 0
let receiver: Receiver
let key = ''

beforeAll(async () => {
  key = await lent.home.newKey()
  receiver = await startReceiver()
  // Slow enough that a kill finds some requests half done.
  receiver.always((...args) => answer(204, { delayMs: Math.random() * 40 })(...args))
  return () => receiver.close()
})

test('killed 20 times at random while 4 clients publish, it delivers every publish that it acknowledged', {
  timeout: 300_000,
}, async () => {
  for (let kill = 0; kill < kills; kill++) {
    const serving = await lent.home.serve()
    const admin = serving.clientOf(key)
    if (kill === 0) {
      // A document that is rendered without the database: one that is rendered too slowly is never sent.
      const document = 'subscription { events { id } }'
      await makeEndpoint(admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'], document })
    }
    const publishing = Array.from({ length: clients }, () => publishUntilItFails(admin))
    // After some were acknowledged, at any moment between two of them; more of them would be more of the same.
    const enough = acknowledged.size + Math.floor(Math.random() * 5)
    await until(() => acknowledged.size > enough)
    await pause(Math.random() * 50)
    await serving.kill('SIGKILL')
    await Promise.all(publishing)
  }
  await endLeases(lent.home)
  const last = await lent.home.serve()
  const missing = () => [...acknowledged].filter((id) => !arrived().has(id))
  await until(() => missing().length === 0, leaseAndSweepMs).catch(() => undefined)
  expect(missing()).toEqual([])
  expect(acknowledged.size).toBeGreaterThan(kills)
  await last.kill('SIGTERM')
})

test('an event that arrived more than once came with one webhook-id and one body', () => {
  const byEvent = Map.groupBy(receiver.requests, (request) => envelopeOf(request).id)
  const different = [...byEvent].filter(
    ([, requests]) =>
      new Set(requests.map(({ headers, body }) => `${headers['webhook-id']} ${body}`)).size > 1,
  )
  expect(different).toEqual([])
})

// A sweep comes at start and every 10 s; on PostgreSQL a lease that was made by the killed one's last statement lasts 25 s.
const leaseAndSweepMs = inject('kind') === 'postgres' ? 60_000 : 15_000

/** Publishes one post after the other until the server is gone; only what was answered counts as acknowledged. */
const publishUntilItFails = async (client: Client): Promise<void> => {
  for (;;) {
    // A title of its own: the hundredth namesake would be looked up a hundred times for a free slug.
    const published = await publishNew(client, `Between two crashes ${++asked}`).catch(() => null)
    if (!published) return
    acknowledged.add(published.event.id)
  }
}

const arrived = (): Set<string> => new Set(receiver.requests.map((request) => envelopeOf(request).id))
