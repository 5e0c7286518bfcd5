import { Agent, request } from 'undici'
import { newWebhookSecret, signatureHeaders } from '../src/webhooks/http/sign.ts'

/**
 * What bounds deliveries: as many signed POSTs at once as a worker has in flight, of a body of the usual size, with the
 * same client, and nothing read or written besides. `deliver.limit.ts URL COUNT`.
 */
const [url = '', count = '0'] = process.argv.slice(2)
const inFlight = 100
const agent = new Agent({ connections: inFlight, pipelining: 1 })
const secrets = [newWebhookSecret()]
const body = JSON.stringify({ type: 'post.published', data: { post: { title: 'x'.repeat(700) } } })

console.error('Signed POSTs are running.')
let left = Number(count)
const send = async () => {
  while (left-- > 0) {
    const signed = signatureHeaders({
      id: `delivery_${left}`,
      timestampSeconds: Date.now() / 1_000,
      body,
      secrets,
    })
    const headers = { ...signed, 'content-type': 'application/json' }
    const response = await request(url, { method: 'POST', headers, body, dispatcher: agent })
    await response.body.dump()
  }
}
await Promise.all(Array.from({ length: inFlight }, send))
// The harness ends it, as it ends a worker.
process.once('SIGTERM', () => process.exit(0))
setInterval(() => undefined, 1_000)
