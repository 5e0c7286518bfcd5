import { beforeEach, expect, test } from 'vitest'
import { CreateWebhookEndpointDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { type Delivery, deliveryOf, subscribe } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

// What each name resolves to, which a test may change between two attempts: that is DNS rebinding.
const names = new Map<string, string[]>()
const resolve = async (hostname: string) => {
  const addresses = names.get(hostname)
  if (!addresses) throw Object.assign(new Error(`ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' })
  return addresses.map((address) => ({ address }))
}

const lent = withApp({ env: { WEBHOOK_ALLOW: '' }, resolve })

beforeEach(() => names.clear())

const eventTypes = ['POST_PUBLISHED' as const]

test('http is refused when the endpoint is saved, with the setting that would allow it', async () => {
  const { app } = lent
  await using receiver = await startReceiver()

  const { createWebhookEndpoint: result } = await app.admin.run(CreateWebhookEndpointDocument, {
    input: { url: receiver.url, eventTypes },
  })

  expect(result).toMatchObject({
    __typename: 'ValidationError',
    issues: [
      {
        path: ['input', 'url'],
        message: 'http is for hosts in WEBHOOK_ALLOW only. Use https, or add 127.0.0.1 to WEBHOOK_ALLOW.',
      },
    ],
  })
})

const private_: { kind: string; host: string; resolvesTo?: string[]; rule: string }[] = [
  { kind: 'a loopback literal', host: '127.0.0.1', rule: 'loopback (127.0.0.0/8)' },
  { kind: 'a literal in disguise', host: '0x7f.1', rule: 'loopback (127.0.0.0/8)' },
  { kind: 'an IPv6 literal', host: '[::1]', rule: 'loopback (::1/128)' },
  { kind: 'a v4-mapped literal', host: '[::ffff:127.0.0.1]', rule: 'v4-mapped loopback (127.0.0.0/8)' },
  { kind: 'the metadata address', host: '169.254.169.254', rule: 'link-local (169.254.0.0/16)' },
  { kind: 'localhost', host: 'localhost', resolvesTo: ['127.0.0.1'], rule: 'loopback (127.0.0.0/8)' },
  {
    kind: 'a name in a private network',
    host: 'intranet.example.com',
    resolvesTo: ['10.0.0.5'],
    rule: 'intranet.example.com was not found, or is not public.',
  },
  {
    kind: 'a private address that a DNS64 translated',
    host: 'translated.example.com',
    resolvesTo: ['64:ff9b::10.0.0.5'],
    rule: 'translated.example.com was not found, or is not public.',
  },
]

test.for(private_)(
  '$kind is refused when the connection is made, by its rule, and nothing is sent',
  async ({ host, resolvesTo, rule }) => {
    const { app } = lent
    await using receiver = await startReceiver()
    if (resolvesTo) names.set(host, resolvesTo)
    const { id } = await subscribe(app.admin, { url: atPortOf(receiver.url, host), eventTypes })
    const { event } = await publishNew(app.admin, 'For nobody inside')

    const delivery = await deliveryOf(app.admin, id, event.id, ({ attempts }) => attempts.length > 0)

    expect(delivery).toMatchObject({ status: 'PENDING', attempts: [{ number: 1, statusCode: null }] })
    expect(delivery.attempts[0]?.error).toMatch(/^address_not_allowed: /)
    expect(delivery.attempts[0]?.error).toContain(rule)
    expect(receiver.requests).toEqual([])
  },
)

test('nobody learns whether a private name exists or where it leads; the log says it', async () => {
  const { app } = lent
  names.set('secrets.example.com', ['10.11.12.13'])
  const told = async (host: string) => {
    const { id } = await subscribe(app.admin, { url: `https://${host}/`, eventTypes })
    const { event } = await publishNew(app.admin, `No looking around ${host}`)
    const { attempts } = await deliveryOf(app.admin, id, event.id, (delivery) => delivery.attempts.length > 0)
    const [{ error, durationMs, statusCode, responseBody } = {}] = attempts
    return { error: error?.replace(host, 'HOST'), durationMs, statusCode, responseBody }
  }
  expect(await told('secrets.example.com')).toEqual(await told('nothing.example.com'))
  const details = app.log.map(({ fields }) => fields.detail)
  expect(details).toContain('nothing.example.com was not found (ENOTFOUND).')
  expect(details).toContain(
    'secrets.example.com is not public: private (10.0.0.0/8). WEBHOOK_ALLOW can open it.',
  )
  expect(JSON.stringify(app.log)).not.toContain('10.11.12.13')
})

test('a name is looked at on every attempt: one that comes to resolve to a private address is refused then', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const url = atPortOf(receiver.url, 'rebinding.example.com')
  const { id } = await subscribe(app.admin, { url, eventTypes })
  const { event } = await publishNew(app.admin, 'Twice looked up')
  const tried = (times: number) => (delivery: Delivery) => delivery.attempts.length === times
  await deliveryOf(app.admin, id, event.id, tried(1))
  names.set('rebinding.example.com', ['127.0.0.1'])
  app.clock.advance(60_000)
  await app.worker?.sweep()

  const { attempts } = await deliveryOf(app.admin, id, event.id, tried(2))

  expect(attempts.map(({ error }) => error?.split(':')[0])).toEqual([
    'address_not_allowed',
    'address_not_allowed',
  ])
  expect(app.log.map(({ fields }) => fields.detail)).toContain(
    'rebinding.example.com is not public: loopback (127.0.0.0/8). WEBHOOK_ALLOW can open it.',
  )
  expect(receiver.requests).toEqual([])
})

/** An https URL on the receiver's own port: were the connection made, TLS would fail and say so. */
const atPortOf = (receiverUrl: string, host: string): string =>
  `https://${host}:${new URL(receiverUrl).port}/`
