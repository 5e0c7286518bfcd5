import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { documented, useDocumentedReceivers } from '../support/documented-receivers.ts'
import { deliveryOf, subscribe } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

// Every receiver of docs/webhooks.md, as it stands there, is sent a real delivery.
const lent = withApp()

test('the document has a receiver for each platform', () => {
  expect(documented.map(({ language }) => language)).toEqual(['ts', 'ts', 'ts', 'python', 'php'])
})

for (const { name, isHere, prepare } of useDocumentedReceivers())
  test.skipIf(!isHere)(
    `${name} verifies a delivery and refuses one that was altered (skipped where it is not installed)`,
    async () => {
      const { admin } = lent.app
      const { url, start } = await prepare()
      const { id, secret } = await subscribe(admin, { url })
      expect(await start(secret)).toBe(true)
      const { event } = await publishNew(admin, 'Told to a documented receiver')
      const { status, attempts, body } = await deliveryOf(
        admin,
        id,
        event.id,
        (delivery) => delivery.status !== 'PENDING',
      )
      expect({ status, attempts }).toMatchObject({ status: 'DELIVERED', attempts: [{ statusCode: 204 }] })
      const headers = {
        'webhook-id': 'delivery_x',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
      }
      expect((await fetch(url, { method: 'POST', headers, body: body ?? '' })).status).toBe(400)
    },
  )
