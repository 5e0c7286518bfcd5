import { readFileSync } from 'node:fs'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type EventBatch, verifyWebhook, WebhookVerificationError } from '../../src/receiver/verify.ts'
import { newSigningKeyPair, newWebhookSecret, signatureHeaders } from '../../src/webhooks/http/sign.ts'

const now = new Date('2026-11-22T09:51:00Z')
const seconds = now.getTime() / 1000
const body = '{"id":"event_01","type":"post.published","data":{"title":"Grüße 🗞"}}'
const secret = newWebhookSecret()
const pair = newSigningKeyPair()

const arrayBufferOf = (text: string) => new Uint8Array(Buffer.from(text)).buffer
const sharedBufferOf = (text: string) => {
  const shared = new SharedArrayBuffer(Buffer.byteLength(text))
  new Uint8Array(shared).set(Buffer.from(text))
  return shared
}
const handedOn = (bytes: Uint8Array<ArrayBuffer>) => {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}
const inAnotherRealm = (expression: string): unknown => runInNewContext(expression)

const headersAt = (timestampSeconds: number, secrets = [secret], of = body) => ({
  ...signatureHeaders({ id: 'delivery_01', timestampSeconds, body: of, secrets }),
})
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => 'accepted',
    (error) => {
      expect(error).toBeInstanceOf(WebhookVerificationError)
      return [error.code, error.message]
    },
  )

describe('verifyWebhook accepts', () => {
  test.each([
    ['a string', body],
    ['bytes', new TextEncoder().encode(body)],
    ['a Buffer out of a pool', Buffer.concat([Buffer.from('xx'), Buffer.from(body)]).subarray(2)],
    ['an ArrayBuffer', arrayBufferOf(body)],
    ['a view of another kind', new DataView(arrayBufferOf(`xx${body}`), 2)],
    ['shared memory', new Uint8Array(sharedBufferOf(body))],
    ['a shared buffer itself', sharedBufferOf(body)],
    ['bytes of another realm', inAnotherRealm(`new Uint8Array(${JSON.stringify([...Buffer.from(body)])})`)],
    [
      'a buffer of another realm',
      inAnotherRealm(`new Uint8Array(${JSON.stringify([...Buffer.from(body)])}).buffer`),
    ],
  ])('%s as the body', async (_, rawBody) => {
    const bytes = rawBody as string | ArrayBuffer | ArrayBufferView
    expect(await verifyWebhook(bytes, headersAt(seconds), secret, { now })).toEqual(JSON.parse(body))
  })

  test('the time as milliseconds, and a secret with a line end behind it', async () => {
    const options = { now: now.getTime() }
    expect(await verifyWebhook(body, headersAt(seconds), `${secret}\r\n`, options)).toBeDefined()
  })

  test.each([
    ['Headers', new Headers(headersAt(seconds))],
    ['what Node.js calls headers', { ...headersAt(seconds), 'set-cookie': ['a', 'b'], host: undefined }],
    [
      'names in capitals',
      Object.fromEntries(Object.entries(headersAt(seconds)).map(([k, v]) => [k.toUpperCase(), v])),
    ],
    ['lists of values', Object.fromEntries(Object.entries(headersAt(seconds)).map(([k, v]) => [k, [v]]))],
  ])('%s', async (_, headers) => {
    expect(await verifyWebhook(body, headers, secret, { now })).toEqual(JSON.parse(body))
  })

  test('an Ed25519 signature with the public key', async () => {
    const headers = headersAt(seconds, [pair.privateKey])
    expect(await verifyWebhook(body, headers, pair.publicKey, { now })).toEqual(JSON.parse(body))
  })

  test('either signature when both are there, and any of several keys', async () => {
    const headers = headersAt(seconds, [pair.privateKey, secret])
    for (const key of [secret, pair.publicKey, [newWebhookSecret(), newSigningKeyPair().publicKey, secret]]) {
      expect(await verifyWebhook(body, headers, key, { now })).toEqual(JSON.parse(body))
    }
  })

  test('300 s of age and of lead, to the second', async () => {
    for (const timestamp of [seconds - 300, seconds + 300]) {
      await expect(verifyWebhook(body, headersAt(timestamp), secret, { now })).resolves.toBeDefined()
    }
  })

  test('a batch, typed as one', async () => {
    const batch = JSON.stringify({ type: 'events.batch', firstSequence: '1', data: [{ title: 'a' }] })
    const headers = headersAt(seconds, [secret], batch)
    const message = await verifyWebhook<EventBatch<{ title: string }>>(batch, headers, secret, { now })
    expect(message.data[0]?.title).toBe('a')
  })
})

describe('verifyWebhook refuses, and says why:', () => {
  test.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('a missing %s', async (name) => {
    const headers = { ...headersAt(seconds), [name]: undefined }
    expect(await failure(verifyWebhook(body, headers, secret, { now }))).toEqual([
      'missing_header',
      expect.stringContaining(name),
    ])
  })

  test.each([
    ['stale', -301, 'The webhook is 301 s old, more than the 300 s allowed'],
    ['from_the_future', 301, 'The webhook is from 301 s ahead, more than the 300 s allowed'],
  ])('%s', async (code, offset, message) => {
    const headers = headersAt(seconds + offset)
    expect(await failure(verifyWebhook(body, headers, secret, { now }))).toEqual([
      code,
      expect.stringContaining(message),
    ])
  })

  test('stale by a tolerance of the receiver’s own', async () => {
    const options = { now, toleranceSeconds: 10 }
    expect(await failure(verifyWebhook(body, headersAt(seconds - 11), secret, options))).toContain('stale')
    expect(await failure(verifyWebhook(body, headersAt(seconds - 10), secret, options))).toBe('accepted')
  })

  test.each(['soon', '-1', '1e3', '17.5', '0x1', ' '])('the timestamp %j', async (timestamp) => {
    const headers = { ...headersAt(seconds), 'webhook-timestamp': timestamp }
    expect(await failure(verifyWebhook(body, headers, secret, { now }))).toContain('bad_timestamp')
  })

  type Forgery = { of?: string; headers?: Record<string, string>; key?: string }
  test.each<[string, Forgery]>([
    ['an altered body', { of: `${body} ` }],
    ['another id', { headers: { 'webhook-id': 'delivery_02' } }],
    ['another timestamp', { headers: { 'webhook-timestamp': String(seconds - 1) } }],
    ['another secret', { key: newWebhookSecret() }],
    [
      'a cut signature',
      { headers: { 'webhook-signature': headersAt(seconds)['webhook-signature'].slice(0, -8) } },
    ],
    ['an empty signature', { headers: { 'webhook-signature': 'v1,' } }],
    ['a signature that is not base64', { headers: { 'webhook-signature': 'v1,%%%' } }],
  ])('%s', async (_, { of = body, headers = {}, key = secret }) => {
    const result = failure(verifyWebhook(of, { ...headersAt(seconds), ...headers }, key, { now }))
    expect(await result).toEqual(['bad_signature', expect.stringContaining('No signature fits')])
  })

  test('another public key', async () => {
    const headers = headersAt(seconds, [pair.privateKey])
    expect(await failure(verifyWebhook(body, headers, newSigningKeyPair().publicKey, { now }))).toContain(
      'bad_signature',
    )
  })

  test('a signature of the other kind, naming the key it needs', async () => {
    const headers = headersAt(seconds, [pair.privateKey])
    expect(await failure(verifyWebhook(body, headers, secret, { now }))).toEqual([
      'bad_signature',
      'There is no v1 signature: a whsec_ secret checks v1, a whpk_ public key v1a.',
    ])
  })

  test('an HMAC made with the public key as its secret', async () => {
    const forged = headersAt(seconds, [pair.publicKey.replace('whpk_', 'whsec_')])
    for (const version of ['v1', 'v1a']) {
      const headers = { ...forged, 'webhook-signature': forged['webhook-signature'].replace('v1', version) }
      expect(await failure(verifyWebhook(body, headers, pair.publicKey, { now }))).toContain('bad_signature')
    }
  })

  test('a good signature behind more others than a rotation can explain', async () => {
    const { 'webhook-signature': good, ...rest } = headersAt(seconds)
    const behind = (count: number) => ({ ...rest, 'webhook-signature': `${'v1,AAAA '.repeat(count)}${good}` })
    expect(await failure(verifyWebhook(body, behind(15), secret, { now }))).toBe('accepted')
    expect(await failure(verifyWebhook(body, behind(16), secret, { now }))).toContain('bad_signature')
  })

  // What untyped callers pass, all of it: the failure has a name and says its cause, and is never a TypeError.
  const base64url = (text: string) => text.replace(/_(.)/, '_-$1')
  test.each<[string, unknown, string]>([
    ['undefined', undefined, 'There is no secret: is WEBHOOK_SECRET set?'],
    ['null', null, 'There is no secret'],
    ['a number', 7, 'There is no secret'],
    ['empty', '', 'There is no secret'],
    ['blank', ' \n', 'There is no secret'],
    ['a list of none', [], 'There is no secret'],
    ['a list with a hole', [undefined], 'There is no secret'],
    ['quoted', `"${secret}"`, 'quotes'],
    ['quoted, with a line end', `'${secret}'\n`, 'quotes'],
    ['padded in front', ` ${secret}`, 'begins with a space'],
    ['in base64url', base64url(secret), 'base64url'],
    ['a public key in base64url', base64url(pair.publicKey), 'base64url'],
    ['a prefix alone', 'whsec_', 'cut off'],
    ['a cut public key', 'whpk_AAAA', 'cut off'],
    ['without a prefix', secret.slice('whsec_'.length), 'neither whsec_ nor whpk_'],
    ['no base64', 'whsec_%', 'something else than base64'],
    ['the private key', pair.privateKey, 'private one of the sender'],
  ])('a key that is %s', async (_, key, cause) => {
    const given = key as string
    const [code, message] = await failure(verifyWebhook(body, headersAt(seconds), given, { now }))
    expect([code, message]).toEqual(['bad_key', expect.stringContaining(cause)])
    if (typeof key === 'string' && key.length > 12) expect(message).not.toContain(key.slice(8, 20))
  })

  test.each<[string, unknown]>([
    ['a time that is none', { now: new Date('nonsense') }],
    ['NaN as the time', { now: Number.NaN }],
    ['text as the time', { now: '2026-11-22' }],
    ['null as the time', { now: null }],
    ['NaN as the tolerance', { now, toleranceSeconds: Number.NaN }],
    ['text as the tolerance', { now, toleranceSeconds: '300' }],
    ['a negative tolerance', { now, toleranceSeconds: -1 }],
  ])('%s, which must not make an old request fresh', async (_, options) => {
    const old = headersAt(seconds - 10_000)
    expect(await failure(verifyWebhook(body, old, secret, options as object))).toContain('bad_option')
  })

  test.each<[string, unknown]>([
    ['none', undefined],
    ['null', null],
    ['text', 'webhook-id: x'],
    ['an empty list', []],
  ])('headers that are %s', async (_, headers) => {
    expect(await failure(verifyWebhook(body, headers as Headers, secret, { now }))).toContain(
      'missing_header',
    )
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a list of numbers', [1, 2]],
    ['what only calls itself a buffer', { [Symbol.toStringTag]: 'ArrayBuffer', byteLength: 2 }],
    ['a promise of it', Promise.resolve(body)],
    ['a buffer that was handed on', handedOn(new Uint8Array(arrayBufferOf(body))).buffer],
    ['bytes that were handed on', handedOn(new Uint8Array(arrayBufferOf(body)))],
  ])('a body that is %s', async (_, rawBody) => {
    const given = rawBody as string
    expect(await failure(verifyWebhook(given, headersAt(seconds), secret, { now }))).toContain('body_not_raw')
  })

  test('a body that a framework has parsed already', async () => {
    const parsed = JSON.parse(body) as string // as JavaScript callers do, unchecked
    expect(await failure(verifyWebhook(parsed, headersAt(seconds), secret, { now }))).toContain(
      'body_not_raw',
    )
  })

  test('a signed body that is not JSON', async () => {
    const headers = headersAt(seconds, [secret], 'plain')
    expect(await failure(verifyWebhook('plain', headers, secret, { now }))).toContain('not_json')
  })
})

test('the receiver’s file imports nothing but types and needs nothing of Node.js', () => {
  const source = readFileSync(new URL('../../src/receiver/verify.ts', import.meta.url), 'utf8')
  expect(source).not.toMatch(/^import (?!type )|\bimport\(|\brequire\(|\bBuffer\b|\bprocess\./m)
})
