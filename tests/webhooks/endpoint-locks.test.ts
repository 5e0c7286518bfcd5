import { describe, expect, inject, test } from 'vitest'
import type { Db, Tx } from '../../src/db/client.ts'
import { system } from '../../src/keys/viewer.ts'
import { fanOut } from '../../src/webhooks/deliveries/make/fanout.ts'
import { setEndpointStatus } from '../../src/webhooks/endpoints/status.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { makeEndpoint, unsubscribe, updateEndpoint } from './subscribing.ts'
import { publishNew } from './writing.ts'

const document = 'subscription { events { id } }'
const url = 'https://receiver.example.com/'
const published = { url, document, eventTypes: ['POST_PUBLISHED' as const] }

describe.skipIf(inject('kind') !== 'postgres')(
  'a fan-out and a change of its endpoint (the embedded database has one connection)',
  () => {
    // No worker runs here: a fan-out happens when a test says so.
    const lent = withApp({ role: 'api' })

    const changes: { change: string; make: (app: TestApp, id: string) => Promise<unknown> }[] = [
      { change: 'is disabled', make: ({ admin }, id) => updateEndpoint(admin, { id, status: 'DISABLED' }) },
      { change: 'is deleted', make: ({ admin }, id) => unsubscribe(admin, id) },
      { change: 'loses a scope', make: ({ admin }, id) => updateEndpoint(admin, { id, scopes: [] }) },
    ]

    test.for(changes)(
      'what is being made for an endpoint while it $change is cancelled',
      async ({ make }, { onTestFinished }) => {
        const { app } = lent
        const { id } = await makeEndpoint(app.admin, { ...published, scopes: ['CONTENT_READ'] })
        const { event } = await publishNew(app.admin, 'Amid a change')
        const fanningOut = await holdFanOut(app)
        const changing = make(app, id)
        onTestFinished(() => void changing.catch(() => undefined))

        await Promise.race([changing, someoneWaits(app)])
        await fanningOut.finish()
        await changing

        const deliveries = await app.database.db.webhookDelivery.findMany({ where: { eventId: event.id } })
        expect(deliveries.map(({ status, nextAttemptAt }) => [status, nextAttemptAt])).toEqual([
          ['CANCELLED', null],
        ])
        await app.database.db.webhookEndpoint.deleteMany({ where: { id } })
      },
    )

    test('one that is to be disabled holds up no fan-out to another', async () => {
      const { app } = lent
      const { db } = app.database
      const leaving = await makeEndpoint(app.admin, published)
      const staying = await makeEndpoint(app.admin, {
        ...published,
        eventTypes: ['POST_CREATED'],
        scopes: ['CONTENT_READ'],
      })
      const { post, event } = await publishNew(app.admin, 'For the one and the other')
      const own = { subjectId: post.id, id: { not: event.id } }
      await db.event.updateMany({ where: own, data: { fannedOutAt: app.clock.now() } })
      const fanningOut = await holdFanOut(app)
      const disabling = updateEndpoint(app.admin, { id: leaving.id, status: 'DISABLED' })
      await someoneWaits(app)

      await db.event.updateMany({ where: own, data: { fannedOutAt: null } })
      const other = await fanOut(db, app.clock.now())
      await fanningOut.finish()
      await disabling

      // The earlier event of the same post: nothing that is in hand elsewhere comes before it.
      expect(other).toMatchObject({ done: 1, waiting: 0 })
      expect(await db.webhookDelivery.count({ where: { endpointId: staying.id } })).toBe(1)
      await db.webhookEndpoint.deleteMany()
    })

    test('whoever has several endpoints in hand and disables one never meets a fan-out in a deadlock', async () => {
      const { app } = lent
      const { db } = app.database
      const plain = await makeEndpoint(app.admin, published)
      const batched = await makeEndpoint(app.admin, { ...published, batchWindowSeconds: 60 })
      const { event } = await publishNew(app.admin, 'For both')
      let fanningOut: Promise<unknown> | undefined

      await app.core.write(system('a test'), async (w) => {
        // As whoever records attempts has it.
        await w.tx.$queryRaw`SELECT 1 FROM webhook_endpoints ORDER BY id FOR NO KEY UPDATE`
        fanningOut ??= fanOut(db, app.clock.now())
        await someoneWaits(app)
        await setEndpointStatus(w, plain.id, 'DISABLED', null)
      })
      expect(await fanningOut).toMatchObject({ done: expect.any(Number), waiting: 0 })

      expect(await db.webhookDelivery.count({ where: { endpointId: plain.id } })).toBe(0)
      const window = { delivery: { endpointId: batched.id }, eventId: event.id }
      expect(await db.webhookBatchedEvent.count({ where: window })).toBe(1)
    })
  },
)

/** Begins a fan-out of all there is to fan out, which has written its deliveries and commits when it is told to. */
const holdFanOut = async ({ database: { db }, clock }: TestApp) => {
  const written = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const held = {
    $transaction: <T>(work: (tx: Tx) => Promise<T>) =>
      db.$transaction(async (tx) => {
        const result = await work(tx)
        written.resolve()
        await goOn.promise
        return result
      }),
  }
  const done = fanOut(held as Db, clock.now())
  await Promise.race([written.promise, done])
  return {
    finish: () => {
      goOn.resolve()
      return done
    },
  }
}

/** Waits until a transaction waits for another one's lock. */
const someoneWaits = ({ database: { db } }: TestApp) =>
  until(async () => {
    const waiting = await db.$queryRaw<unknown[]>`
      SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    return waiting.length > 0
  })
