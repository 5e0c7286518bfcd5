import { beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { withHome } from '../support/process.ts'
import { hang, startReceiver, trickleHead } from '../support/receiver.ts'
import { startSilence } from '../support/silence.ts'
import { until } from '../support/until.ts'
import { deliveriesTo, envelopeOf, makeEndpoint } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()
const posts = 60
let key = ''

beforeAll(async () => {
  key = await lent.home.newKey()
}, 120_000)

test('12 endpoints dead beside one alive: it is told of 60 posts, each once and at the first attempt, p95 under 3 s', {
  timeout: 600_000,
}, async () => {
  await using alive = await startReceiver()
  await using hanging = await startReceiver()
  await using trickling = await startReceiver()
  hanging.always(hang)
  trickling.always(trickleHead())
  const silence = await startSilence()
  const dead = [
    `http://127.0.0.1:${await freePort()}/`, // refuses
    `http://127.0.0.1:${silence.port}/`, // answers nothing
    `https://127.0.0.1:${silence.port}/`, // no handshake
    hanging.url,
    trickling.url,
    'https://192.0.2.1/', // nobody's (RFC 5737): packets are lost on the way, where there is one
  ]
  const serving = await lent.home.serve({ WEBHOOK_ALLOW: '127.0.0.1,192.0.2.0/24' })
  const admin = serving.clientOf(key)
  const eventTypes = ['POST_PUBLISHED' as const]
  const { id } = await makeEndpoint(admin, { url: alive.url, eventTypes })
  const deadIds: string[] = []
  for (const number of [1, 2])
    for (const url of dead)
      deadIds.push((await makeEndpoint(admin, { url: `${url}${number}`, eventTypes })).id)
  expect(deadIds).toHaveLength(12)

  const latencies: number[] = []
  for (let number = 0; number < posts; number++) {
    const { event } = await publishNew(admin, `Beside the dead ${number}`)
    const publishedAt = Date.now()
    const told = () => alive.requests.find((request) => envelopeOf(request).id === event.id)
    latencies.push((await until(told, 60_000)).at - publishedAt)
  }
  const p95 = latencies.toSorted((a, b) => a - b)[Math.ceil(0.95 * posts) - 1] ?? Number.NaN
  expect(p95, String(latencies)).toBeLessThan(3_000)
  expect(alive.requests).toHaveLength(posts)
  const delivered = await until(async () => {
    const deliveries = await deliveriesTo(admin, id)
    return deliveries.every(({ status }) => status === 'DELIVERED') ? deliveries : null
  })
  expect(delivered.map(({ attempts }) => attempts.length)).toEqual(Array(posts).fill(1))
  for (const deadId of deadIds) {
    const failed = await until(
      async () => (await deliveriesTo(admin, deadId)).find(({ attempts }) => attempts.length > 0),
      60_000,
    )
    expect(failed.attempts[0]?.error).toMatch(
      /^(connection_refused|timeout|timeout_connect|unreachable|tls_failed): /,
    )
  }
  expect((await serving.kill('SIGTERM')).code).toBe(0)
  silence.close()
})
