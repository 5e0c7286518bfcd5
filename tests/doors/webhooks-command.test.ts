import { writeFile } from 'node:fs/promises'
import { createServer, request as forwardRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { newWebhookSecret } from '../../src/webhooks/http/sign.ts'
import type { Client } from '../support/client.ts'
import { runHere } from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { type Serving, withHome } from '../support/process.ts'
import { hang, type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { deliveryOf, envelopeOf, makeEndpoint } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()
const secret = newWebhookSecret()
const patient = { timeout: 120_000 }
let serving: Serving
let admin: Client
let key = ''
let receiver: Receiver

beforeAll(async () => {
  key = await lent.home.newKey()
  // The same address for every start: a listener finds the server again.
  lent.home.env.PORT = String(await freePort())
  receiver = await startReceiver()
  serving = await lent.home.serve()
  admin = serving.clientOf(key)
  return () => receiver.close()
}, 120_000)

test(
  'listen forwards each event, signed like a delivery, also those of while the connection was broken',
  patient,
  async () => {
    const document = join(lent.home.folder, 'document.graphql')
    await writeFile(document, 'subscription { events { ... on PostEvent { post { title } } } }')
    const { event: before } = await publishNew(admin, 'Before')
    // It has heard nothing yet when the server is away: it knows all the same where to go on.
    await listening('--forward', receiver.url, '--secret', secret, '--document', document)
    await serving.kill('SIGKILL')
    serving = await lent.home.serve()
    admin = serving.clientOf(key)
    const { event: first } = await publishNew(admin, 'Heard after a restart')
    const request = await until(() => arrivalOf(first.id))

    expect(arrivalOf(before.id)).toBeUndefined()
    expect(envelopeOf(request).data).toEqual({ post: { title: 'Heard after a restart' } })
    expect(() =>
      new Webhook(secret).verify(request.body, request.headers as Record<string, string>),
    ).not.toThrow()
  },
)

test('listen asks again whatever the server cannot answer now, and misses nothing', patient, async () => {
  await using between = await startProxy(serving.url)
  // Each of its requests fails in each way, one after the other.
  const failing: Failure[] = ['reset', 429, 503, 'a page of a proxy']
  between.failNext('changes', ...failing)
  between.failNext('subscription', ...failing)
  between.failNext('previewWebhook', ...failing)
  const listener = await listening('--url', between.url, '--forward', `${receiver.url}between`)
  const { event } = await publishNew(admin, 'Asked for many times')
  await until(() => arrivalOf(event.id, '/between'), 60_000)
  expect(between.left()).toEqual([])
  expect(listener.stderr()).toContain('trying again')
})

test(
  'a receiver that hangs keeps no event from being forwarded, and Ctrl-C from nothing',
  patient,
  async () => {
    // For post.created; post.published comes behind it.
    receiver.next(hang)
    const listener = await listening('--forward', `${receiver.url}hanging`)
    const { event } = await publishNew(admin, 'Forwarded beside others that hang')
    await until(() => arrivalOf(event.id, '/hanging'))
    await until(() => listener.stderr().includes(`${event.id}: 204`))
    const killedAt = performance.now()
    expect(await listener.kill('SIGINT')).toMatchObject({ code: 0 })
    // A receiver is waited for for 30 s; this takes a moment, on a loaded machine, too.
    expect(performance.now() - killedAt).toBeLessThan(15_000)
  },
)

test('verify says whether a recorded request is genuine, and if not, why', patient, async () => {
  const request = await until(() => receiver.requests[0])
  const body = join(lent.home.folder, 'body.json')
  await writeFile(body, request.body)
  const headers = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].flatMap((name) => [
    '--header',
    `${name}: ${request.headers[name]}`,
  ])
  const verify = ['webhooks', 'verify', body, ...headers, '--any-age']

  expect(await lent.home.run(...verify, '--secret', secret)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Genuine: post.'),
  })
  const refused = await runHere(...verify, '--secret', newWebhookSecret(), '--json')
  expect(refused.code).toBe(1)
  expect(JSON.parse(refused.stdout)).toMatchObject({ valid: false, code: 'bad_signature' })
})

test('replay sends an endpoint what it was told of before', patient, async () => {
  const { id } = await makeEndpoint(admin, {
    url: `${receiver.url}replayed`,
    eventTypes: ['POST_PUBLISHED'],
  })
  const { event } = await publishNew(admin, 'Sent twice')
  const delivered = await deliveryOf(admin, id, event.id, ({ status }) => status === 'DELIVERED')
  const ended = await lent.home.run('webhooks', 'replay', id, ...asked(), '--event', event.id, '--json')

  expect(ended).toMatchObject({ code: 0 })
  expect(JSON.parse(ended.stdout)).toMatchObject({ count: 1, hasMore: false })
  const sent = () => receiver.requests.filter(({ headers }) => headers['webhook-id'] === delivered.id)
  await until(() => sent().length === 2)
  expect(sent()[1]?.body.equals(sent()[0]?.body ?? Buffer.alloc(0))).toBe(true)
})

test(
  'a wrong key, a wrong address and a missing start are one line that says what to do',
  patient,
  async () => {
    const replay = (...args: string[]) => runHere('webhooks', 'replay', 'endpoint_x', ...args)
    expect(await replay(...asked())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--since'),
    })
    const since = ['--since', '2026-01-01T00:00:00Z']
    expect(await replay('--url', serving.url, '--key', 'pw_wrong', ...since)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/refuses with 401: .*key/i),
    })
    expect(await replay('--url', 'http://127.0.0.1:9', '--key', key, ...since)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not answer'),
    })
    const listener = await lent.home.run('webhooks', 'listen', '--url', serving.url, '--key', 'pw_wrong')
    expect(listener).toMatchObject({ code: 1, stderr: expect.stringContaining('refuses with 401') })
  },
)

const asked = () => ['--url', serving.url, '--key', key]

/** Starts listening, and waits until it knows from where on: an event of before is not told, and each one after. */
const listening = async (...args: string[]) => {
  const listener = lent.home.start('webhooks', 'listen', ...asked(), ...args)
  onTestFinished(() => void listener.kill('SIGTERM'))
  await until(() => listener.stderr().includes('Listening'), 60_000)
  return listener
}

const arrivalOf = (eventId: string, path = '/'): ReceivedRequest | undefined =>
  receiver.requests.find((request) => request.path === path && envelopeOf(request).id === eventId)

type Failure = 'reset' | 'a page of a proxy' | number

/** Stands before a server, and fails what it is told to: requests whose body has a word. */
const startProxy = async (target: string) => {
  const failures: [string, Failure][] = []
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const index = failures.findIndex(([word]) => body.includes(word))
    const [[, failure] = []] = index < 0 ? [] : failures.splice(index, 1)
    if (failure === 'reset') return void response.socket?.resetAndDestroy()
    if (failure === 'a page of a proxy')
      return void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
    if (failure !== undefined) {
      const code = failure === 429 ? 'RATE_LIMITED' : 'SERVICE_UNAVAILABLE'
      const errors = [{ message: 'Not now.', extensions: { code } }]
      return void response.writeHead(failure, { 'retry-after': '1' }).end(JSON.stringify({ errors }))
    }
    const { method, headers, url = '' } = request
    const passed = forwardRequest(new URL(url, target), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.on('error', () => response.destroy()).pipe(response)
    })
    response.on('close', () => passed.destroy())
    passed.on('error', () => response.destroy()).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failNext: (word: string, ...how: Failure[]) =>
      void failures.push(...how.map((failure): [string, Failure] => [word, failure])),
    left: () => failures,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
}
