import { createPublicKey, verify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { verifyWebhook } from '../../src/receiver/verify.ts'
import { newSigningKeyPair, newWebhookSecret, signatureHeaders } from '../../src/webhooks/http/sign.ts'

const now = () => Math.floor(Date.now() / 1000) // the reference library reads the clock itself
const body = '{"type":"post.published","data":{"title":"Grüße 🗞"}}'
const signed = (secrets: string[], of: string | Buffer = body) =>
  signatureHeaders({ id: 'delivery_01', timestampSeconds: now(), body: of, secrets })

describe('signatureHeaders', () => {
  test('gives the signature of the specification’s test vector', () => {
    const headers = signatureHeaders({
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      timestampSeconds: 1614265330,
      body: '{"test": 2432232314}',
      secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    })
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    })
  })

  test.each([
    ['a string', body],
    ['bytes', Buffer.from(body)],
  ])('of %s is accepted by the standardwebhooks library', (_, of) => {
    const secret = newWebhookSecret()
    expect(new Webhook(secret).verify(body, { ...signed([secret], of) })).toEqual(JSON.parse(body))
  })

  test('during a rotation receivers with the old and with the new secret both accept it', async () => {
    const [old, fresh] = [newWebhookSecret(), newWebhookSecret()]
    const headers = signed([fresh, old])
    expect(headers['webhook-signature'].split(' ')).toHaveLength(2)
    for (const secret of [old, fresh]) {
      expect(new Webhook(secret).verify(body, { ...headers })).toEqual(JSON.parse(body))
      await expect(verifyWebhook(body, headers, secret)).resolves.toEqual(JSON.parse(body))
    }
  })

  test('the standardwebhooks library refuses it with another secret or an altered body', () => {
    const secret = newWebhookSecret()
    expect(() => new Webhook(newWebhookSecret()).verify(body, { ...signed([secret]) })).toThrow()
    expect(() => new Webhook(secret).verify(`${body} `, { ...signed([secret]) })).toThrow()
  })

  test('a v1a signature is Ed25519 over id, timestamp and body', () => {
    const { privateKey, publicKey } = newSigningKeyPair()
    const headers = signed([privateKey])
    const [version, signature = ''] = headers['webhook-signature'].split(',')
    const content = Buffer.from(`delivery_01.${headers['webhook-timestamp']}.${body}`)
    const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url')
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
    expect(version).toBe('v1a')
    expect(verify(null, content, key, Buffer.from(signature, 'base64'))).toBe(true)
    expect(verify(null, Buffer.from(`${content} `), key, Buffer.from(signature, 'base64'))).toBe(false)
  })

  test('both kinds side by side leave v1 as the reference library wants it', () => {
    const secret = newWebhookSecret()
    const headers = signed([newSigningKeyPair().privateKey, secret])
    expect(headers['webhook-signature']).toMatch(/^v1a,\S{88} v1,\S{44}$/)
    expect(new Webhook(secret).verify(body, { ...headers })).toEqual(JSON.parse(body))
  })

  test('a private key that is only the 32-byte seed signs the same', () => {
    const { privateKey } = newSigningKeyPair()
    const seed = Buffer.from(privateKey.slice('whsk_'.length), 'base64').subarray(0, 32)
    const timestampSeconds = 1614265330
    const [long, short] = [privateKey, `whsk_${seed.toString('base64')}`].map((secret) =>
      signatureHeaders({ id: 'delivery_01', timestampSeconds, body, secrets: [secret] }),
    )
    expect(short).toEqual(long)
  })

  test.each([[[]], [['whsec_']], [['whsk_AAAA']], [['plain']], [['whpk_AAAA']]])(
    'nothing goes out unsigned: %j is refused',
    (secrets) => expect(() => signed(secrets)).toThrow(TypeError),
  )
})

describe('new keys', () => {
  test('a secret is whsec_ and base64 of 32 bytes, a different one each time', () => {
    const secret = newWebhookSecret()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(newWebhookSecret()).not.toBe(secret)
  })

  test('a pair is whsk_ with 64 bytes, the last 32 of them the public key, and whpk_ with 32', () => {
    const { privateKey, publicKey } = newSigningKeyPair()
    const [secret, point] = [privateKey.slice(5), publicKey.slice(5)].map((text) =>
      Buffer.from(text, 'base64'),
    )
    expect(privateKey.startsWith('whsk_') && publicKey.startsWith('whpk_')).toBe(true)
    expect(secret).toHaveLength(64)
    expect(secret?.subarray(32)).toEqual(point)
    expect(newSigningKeyPair().privateKey).not.toBe(privateKey)
  })
})
