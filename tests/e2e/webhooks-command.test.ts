import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { newWebhookSecret } from '../../src/webhooks/sign.ts'
import type { Client } from '../support/client.ts'
import { runHere } from '../support/command-line.ts'
import { freePort } from '../support/free-port.ts'
import { type Serving, withHome } from '../support/process.ts'
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts'
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
    await listening(
      '--forward',
      receiver.url,
      '--secret',
      secret,
      '--document',
      document,
      '--after',
      before.sequence,
    )
    const { event: first } = await publishNew(admin, 'Heard')
    await until(() => arrivalOf(first.id))
    await serving.kill('SIGKILL')
    serving = await lent.home.serve()
    admin = serving.clientOf(key)
    const { event: second } = await publishNew(admin, 'Heard after a restart')
    const request = await until(() => arrivalOf(second.id))

    expect(arrivalOf(before.id)).toBeUndefined()
    expect(envelopeOf(request).data).toEqual({ post: { title: 'Heard after a restart' } })
    expect(() =>
      new Webhook(secret).verify(request.body, request.headers as Record<string, string>),
    ).not.toThrow()
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
      stderr: expect.stringMatching(/refuses: .*key/i),
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

/** Starts listening, and waits until the stream is open: an event of before is not told. */
const listening = async (...args: string[]) => {
  const listener = lent.home.start('webhooks', 'listen', ...asked(), ...args)
  onTestFinished(() => void listener.kill('SIGTERM'))
  await until(() => listener.stderr().includes('Listening'))
  return listener
}

const arrivalOf = (eventId: string): ReceivedRequest | undefined =>
  receiver.requests.find((request) => envelopeOf(request).id === eventId)
