import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { useDocumentedReceivers } from '../support/documented-receivers.ts'

// A receiver that reads a missing or broken secret as some key takes what anybody signed with that key.
const broken = [undefined, '', 'whsec_', 'whsec_%%%', 'nonsense', '"whsec_"']

/** The keys that careless readers make of such a secret. */
const guesses = (secret = ''): Buffer[] =>
  [secret, secret.slice('whsec_'.length), secret.replace(/^whsec_/, '')].flatMap((text) => [
    Buffer.from(text),
    Buffer.from(text, 'base64'),
  ])

const body = JSON.stringify({ id: 'event_x', type: 'post.published', paths: ['/forged/'], invalidates: [] })

const forged = (key: Buffer) => {
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const digest = createHmac('sha256', key).update(`delivery_x.${timestamp}.${body}`).digest('base64')
  return {
    'webhook-id': 'delivery_x',
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${digest}`,
    'content-type': 'application/json',
  }
}

for (const { name, isHere, prepare } of useDocumentedReceivers())
  test.skipIf(!isHere)(`${name} takes no delivery while its secret is missing or broken`, async () => {
    const statuses = await Promise.all(
      broken.map(async (secret) => {
        const { url, start } = await prepare()
        if (!(await start(secret))) return ['does not run']
        return Promise.all(
          guesses(secret).map(
            async (key) => (await fetch(url, { method: 'POST', headers: forged(key), body })).status,
          ),
        )
      }),
    )
    for (const status of statuses.flat()) expect([400, 500, 'does not run']).toContain(status)
    expect(statuses).toHaveLength(broken.length)
  })
