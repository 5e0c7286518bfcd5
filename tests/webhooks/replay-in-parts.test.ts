import { expect, test } from 'vitest'
import { createApiKey } from '../../src/keys/api-key.ts'
import { withApp } from '../support/app.ts'
import { runHere } from '../support/command-line.ts'
import { subscribe, updateEndpoint } from './subscribing.ts'

const lent = withApp()

test('the command says how a replay of what failed goes on: behind what it took, and without what was delivered', async () => {
  const { app } = lent
  const { db } = app.database
  const { id } = await subscribe(app.admin, { url: app.receiver.url, eventTypes: ['POST_PUBLISHED'] })
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })
  const at = app.clock.now()
  // One a millisecond: 10,050 that failed, then 70 that were delivered.
  await db.$executeRaw`
    INSERT INTO webhook_deliveries (id, endpoint_id, subject_id, sequence, body, status, created_at)
    SELECT format('delivery_%s', i), ${id}, 'post_1', i, '{}',
      CASE WHEN i <= 10050 THEN 'FAILED' ELSE 'DELIVERED' END::"WebhookDeliveryStatus",
      ${at}::timestamptz + i * interval '1 ms'
    FROM generate_series(1, 10120) i`
  const made = { name: 'Replay', scopes: ['WEBHOOKS_MANAGE' as const], expiresAt: null }
  const { key } = await createApiKey(db, made, app.clock.now())
  const run = (...from: string[]) =>
    runHere('webhooks', 'replay', id, '--url', app.url, '--key', key, ...from)
  const count = (status: 'PENDING' | 'DELIVERED') =>
    db.webhookDelivery.count({ where: { endpointId: id, status } })

  const first = await run('--failed-since', at.toISOString())
  expect(first).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^10000 deliveries are on their way\. More is left: run it again with/),
  })
  const [, option = '', from = ''] = /(--\S+) (\S+)\.$/m.exec(first.stdout) ?? []
  // What it took has failed again at once, as what cannot be rendered does.
  await db.webhookDelivery.updateMany({
    where: { endpointId: id, status: 'PENDING' },
    data: { status: 'FAILED', nextAttemptAt: null },
  })
  const second = await run(option, from)

  expect(second).toMatchObject({ code: 0, stdout: '51 deliveries are on their way.\n' })
  expect([await count('PENDING'), await count('DELIVERED')]).toEqual([51, 70])
}, 120_000)
