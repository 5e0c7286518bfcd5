import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Client } from '../support/client.ts'
import { type NameServer, startNameServer } from '../support/name-server.ts'
import { type Serving, withHome } from '../support/process.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { deliveriesTo, envelopeOf, makeEndpoint, unsubscribe } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

// The program itself, with name servers of its own: a file that is bound over /etc/resolv.conf in a mount namespace.
const folder = mkdtempSync(join(tmpdir(), 'presswire-silent-'))
const conf = join(folder, 'resolv.conf')
const nameServer = '127.0.0.99'
writeFileSync(conf, `nameserver ${nameServer}\n`)
const bound = [
  '/usr/bin/unshare',
  '--mount',
  'sh',
  '-c',
  `mount --bind ${conf} /etc/resolv.conf && exec "$@"`,
  'sh',
]

const mayUnshare = (() => {
  try {
    const [executable = '', ...args] = [...bound, 'true']
    execFileSync(executable, args, { stdio: 'ignore' })
    return process.getuid?.() === 0 // port 53
  } catch {
    return false
  }
})()

const lent = withHome({ through: mayUnshare ? bound : [] })
let names: NameServer
let receiver: Receiver
let serving: Serving
let admin: Client

beforeAll(async () => {
  if (!mayUnshare) return
  names = await startNameServer({ host: nameServer, port: 53 })
  receiver = await startReceiver()
  // Each delivery needs the name again.
  receiver.always((response) => response.writeHead(204, { connection: 'close' }).end())
  names.answer('good.test', ['127.0.0.1'])
  const { env } = lent.home
  env.WEBHOOK_ALLOW = 'good.test'
  const key = await lent.home.newKey()
  if (env.DATABASE_URL) {
    names.answer('database.test', ['127.0.0.1'])
    env.DATABASE_URL = env.DATABASE_URL.replace(/@(127\.0\.0\.1|localhost)/, '@database.test')
    expect(env.DATABASE_URL).toContain('database.test')
  }
  serving = await lent.home.serve()
  admin = serving.clientOf(key)
}, 120_000)

afterAll(async () => {
  await names?.close()
  await receiver?.close()
  await rm(folder, { recursive: true })
})

const posts = 12
const patient = { timeout: 300_000 }

test.skipIf(!mayUnshare).for([1, 2, 4, 12, 47])(
  '%d endpoints whose names nobody answers for: the good one beside them is told of everything, p95 under 3 s beside 12',
  patient,
  async (count) => {
    const deadNames = Array.from({ length: count }, (_, index) => `dead${index}.of${count}.test`)
    for (const name of deadNames) names.answer(name, 'silence')
    const url = receiver.url.replace('127.0.0.1', 'good.test')
    const { id: good } = await makeEndpoint(admin, { url, eventTypes: ['POST_PUBLISHED'] })
    const dead = await Promise.all(
      deadNames.map((name) =>
        makeEndpoint(admin, { url: `https://${name}/hook`, eventTypes: ['POST_PUBLISHED'] }),
      ),
    )
    const latencies: number[] = []
    for (let number = 0; number < posts; number++) {
      const { event } = await publishNew(admin, `Beside ${count}, number ${number}`)
      const publishedAt = Date.now()
      const request = await until(
        () => receiver.requests.find((candidate) => envelopeOf(candidate).id === event.id),
        60_000,
      )
      latencies.push(request.at - publishedAt)
    }
    const p95 = latencies.toSorted((a, b) => a - b)[Math.ceil(0.95 * posts) - 1] ?? Number.NaN
    expect(p95, String(latencies)).toBeLessThan(count > 12 ? 10_000 : 3_000)

    const delivered = await until(async () => {
      const deliveries = await deliveriesTo(admin, good)
      return deliveries.every(({ status }) => status === 'DELIVERED') ? deliveries : null
    })
    expect(delivered).toHaveLength(posts)
    for (const { attempts } of delivered) expect(attempts).toMatchObject([{ number: 1, error: null }])

    for (const { id } of dead) {
      const [failed] = await until(async () => {
        const attempted = (await deliveriesTo(admin, id)).filter(({ attempts }) => attempts.length > 0)
        return attempted.length > 0 ? attempted : null
      }, 60_000)
      expect(failed?.attempts[0]?.error).toMatch(
        /^dns_timeout: The name servers did not answer for dead\d+\./,
      )
    }
    for (const { id } of [...dead, { id: good }]) await unsubscribe(admin, id)
  },
)

test.skipIf(!mayUnshare)('names that nobody answers for do not hold up the stop', patient, async () => {
  for (let index = 0; index < 12; index++) {
    names.answer(`late${index}.test`, 'silence')
    await makeEndpoint(admin, { url: `https://late${index}.test/`, eventTypes: ['POST_PUBLISHED'] })
  }
  await publishNew(admin, 'The last one')
  await until(() => names.asked.some((question) => question.startsWith('late')))
  const { code, stderr } = await serving.kill('SIGTERM')
  expect(code).toBe(0)
  expect(stderr).not.toContain('background work failed')
})
