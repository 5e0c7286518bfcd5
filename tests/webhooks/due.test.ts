import { expect, test } from 'vitest'
import type { Prisma } from '../../src/db/generated/client.ts'
import { dueEndpoints } from '../../src/webhooks/deliveries/run/due.ts'
import { withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { allDelivered, makeEndpoint, subscribe } from './subscribing.ts'
import { insertDeliveries } from './waiting.ts'

const lent = withApp()

const url = 'https://receiver.example.com/'
const document = 'subscription { events { id } }'
const hour = 60 * 60 * 1_000

test('what is due is sent, though nobody told the worker of it', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, document })
  await insertDeliveries(app, id, 3)
  await allDelivered(app.admin, id, 3)
  expect(receiver.requests).toHaveLength(3)
})

// In an hour, so that the app's own worker takes none of them.
const now = () => new Date(lent.app.clock.now().getTime() + hour)
const later = () => new Date(now().getTime() + 60_000)

type Row = {
  endpoint?: Prisma.WebhookEndpointUpdateInput
  delivery?: Prisma.WebhookDeliveryUpdateManyMutationInput
}
const rows: { what: string; isDue: boolean; row: () => Row }[] = [
  { what: 'a delivery whose time has come', isDue: true, row: () => ({}) },
  {
    what: 'one whose time is yet to come',
    isDue: false,
    row: () => ({ delivery: { nextAttemptAt: later() } }),
  },
  { what: 'one that is being sent', isDue: false, row: () => ({ delivery: { leasedUntil: later() } }) },
  { what: 'one whose sender is dead', isDue: true, row: () => ({ delivery: { leasedUntil: now() } }) },
  { what: 'one that is over', isDue: false, row: () => ({ delivery: { status: 'FAILED' } }) },
  { what: 'one of a paused endpoint', isDue: false, row: () => ({ endpoint: { status: 'PAUSED' } }) },
  {
    what: 'one of an endpoint that has ended',
    isDue: false,
    row: () => ({ endpoint: { expiresAt: now() } }),
  },
  { what: 'one behind an open breaker', isDue: false, row: () => ({ endpoint: { openUntil: later() } }) },
  { what: 'a probe', isDue: true, row: () => ({ endpoint: { openUntil: now() } }) },
  {
    what: 'one that the rate limit holds up',
    isDue: false,
    row: () => ({ endpoint: { rateLimitPerMinute: 6, rateSlotAt: later() } }),
  },
  {
    what: 'one that the rate limit lets out',
    isDue: true,
    row: () => ({ endpoint: { rateLimitPerMinute: 6, rateSlotAt: now() } }),
  },
  {
    what: 'one of an endpoint that had a rate limit',
    isDue: true,
    row: () => ({ endpoint: { rateSlotAt: later() } }),
  },
]

test.for(rows)('$what: due is $isDue', async ({ isDue, row }) => {
  const { app } = lent
  const { db } = app.database
  const { id } = await subscribe(app.admin, { url, document })
  const [delivery] = await insertDeliveries(app, id, 1, now())
  const { endpoint, delivery: data } = row()
  if (data) await db.webhookDelivery.updateMany({ where: { id: delivery }, data })
  if (endpoint) await db.webhookEndpoint.update({ where: { id }, data: endpoint })

  const found = await dueEndpoints(db, now())

  expect(found.includes(id)).toBe(isDue)
})

test('to ask what is due reads a row an endpoint, however much waits, is to come or is over', async () => {
  const { app } = lent
  const endpoints = await Promise.all([1, 2, 3, 4].map(() => makeEndpoint(app.admin, { url, document })))
  const [due = '', coming = '', over = ''] = endpoints.map(({ id }) => id)
  const time = now()
  await app.database.runScript(
    (
      [
        [due, 'PENDING', time],
        [coming, 'PENDING', later()],
        [over, 'DELIVERED', time],
      ] as const
    )
      .map(
        ([id, status, at]) => `
          INSERT INTO webhook_deliveries (id, endpoint_id, status, body, next_attempt_at, created_at)
          SELECT 'delivery_many_' || '${id}' || number, '${id}', '${status}', '{}', '${at.toISOString()}', now()
          FROM generate_series(1, 3000) AS number;`,
      )
      .join(''),
  )

  const { found, read } = await app.database.db.$transaction(async (tx) => {
    const before = await rowsRead(tx)
    return { found: await dueEndpoints(tx, time), read: (await rowsRead(tx)) - before }
  })
  await app.database.runScript(`DELETE FROM webhook_deliveries WHERE id LIKE 'delivery_many_%'`)

  expect(found).toContain(due)
  expect(found).not.toContain(coming)
  expect(read).toBeGreaterThan(0)
  expect(read).toBeLessThan(50)
})

/** How many deliveries the transaction has read, by whatever plan. */
const rowsRead = async (tx: Prisma.TransactionClient): Promise<number> => {
  const [row] = await tx.$queryRaw<{ read: number }[]>`
    SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_xact_user_tables WHERE relname = 'webhook_deliveries'`
  return row?.read ?? Number.NaN
}
