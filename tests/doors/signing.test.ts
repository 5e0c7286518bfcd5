import { createHmac, createPublicKey, verify } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { RotateWebhookSecretDocument } from '../../schema/generated/graphql.ts'
import { verifyWebhook } from '../../src/receiver/verify.ts'
import { withApp } from '../support/app.ts'
import { type ReceivedRequest, startReceiver } from '../support/receiver.ts'
import { issuesOf, rotate, subscribe, updateEndpoint } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withApp()

const eventTypes = ['POST_PUBLISHED' as const]
const document = 'subscription { events { ... on PostEvent { post { title } } } }'
const both = ['HMAC_SHA256' as const, 'ED25519' as const]

test('an endpoint signs with a secret unless it says otherwise', async () => {
  const { request, secret, publicKey } = await received({})

  expect(publicKey).toBeNull()
  expect(kindsOf(request)).toEqual(['v1'])
  expect(byLibrary(request, secret)).toBe(true)
  expect(byHand(request, secret)).toBe(true)
})

test('with a key pair alone the public key verifies, is readable and is no secret', async () => {
  const { request, secret, publicKey } = await received({ signing: ['ED25519'] })

  expect(secret).toBe(publicKey)
  expect(publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/)
  expect(kindsOf(request)).toEqual(['v1a'])
  expect(byHand(request, publicKey)).toBe(true)
  await verifyWebhook(request.body, standardHeaders(request), secret)
})

test('with both, each request verifies with the secret and with the public key', async () => {
  const { request, secret, publicKey } = await received({ signing: both })

  expect(kindsOf(request)).toEqual(['v1', 'v1a'])
  expect(byLibrary(request, secret)).toBe(true)
  expect(byHand(request, secret)).toBe(true)
  expect(byHand(request, publicKey)).toBe(true)
})

test('no signing at all is an issue: nothing goes out unsigned', async () => {
  expect(await issuesOf(lent.app.admin, { url: 'https://example.com/', signing: [] })).toMatchObject([
    { path: ['input', 'signing'], message: expect.stringContaining('nothing goes out unsigned') },
  ])
})

test('while a rotation overlaps the old and the new key verify, both of the secret and of the pair; then the new alone', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const old = await subscribe(app.admin, { url: receiver.url, eventTypes, document, signing: both })
  const fresh = await rotate(app.admin, { id: old.id, overlapSeconds: 600 })
  await publishNew(app.admin, 'In between')
  const [during] = await receiver.waitFor(1)
  app.clock.advance(601_000)
  await publishNew(app.admin, 'Afterwards')
  const [, after] = await receiver.waitFor(2)

  expect(fresh.secret).not.toBe(old.secret)
  expect(fresh.publicKey).not.toBe(old.publicKey)
  for (const key of [old.secret, old.publicKey, fresh.secret, fresh.publicKey])
    expect(byHand(during, key), key ?? '').toBe(true)
  expect(byLibrary(during, old.secret)).toBe(true)
  expect(kindsOf(after)).toEqual(['v1', 'v1a'])
  expect([fresh.secret, fresh.publicKey].map((key) => byHand(after, key))).toEqual([true, true])
  expect([old.secret, old.publicKey].map((key) => byHand(after, key))).toEqual([false, false])
})

test('a rotation without an overlap ends every old key at once and leaves no row of it', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const old = await subscribe(app.admin, { url: receiver.url, eventTypes, document })
  const between = await rotate(app.admin, { id: old.id })
  const fresh = await rotate(app.admin, { id: old.id, overlapSeconds: 0 })
  await publishNew(app.admin, 'At once')
  const [request] = await receiver.waitFor(1)

  expect([old, between, fresh].map(({ secret }) => byHand(request, secret))).toEqual([false, false, true])
  expect(await app.database.db.webhookSecret.count({ where: { endpointId: old.id } })).toBe(1)
})

test('whoever lacks a scope of an endpoint cannot get hold of its keys', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url: 'https://example.com/', scopes: ['CONTENT_READ'] })
  const stranger = await app.clientWith('WEBHOOKS_MANAGE')
  const { data } = await stranger.send(String(RotateWebhookSecretDocument), { input: { id } })

  expect(data?.rotateWebhookSecret).toMatchObject({
    __typename: 'ValidationError',
    issues: [{ path: ['input', 'id'], message: expect.stringContaining('CONTENT_READ') }],
  })
})

test('one kind can be rotated and the other kept', async () => {
  const { app } = lent
  const url = 'https://example.com/'
  const old = await subscribe(app.admin, { url, signing: both })
  const fresh = await rotate(app.admin, { id: old.id, signing: ['ED25519'] })

  expect(fresh.publicKey).not.toBe(old.publicKey)
  expect(fresh.secret).toBe(fresh.publicKey)
  const kept = await app.database.db.webhookSecret.findMany({
    where: { endpointId: old.id, expiresAt: null },
  })
  expect(kept.map(({ signing }) => signing).sort()).toEqual(['ED25519', 'HMAC_SHA256'])
})

test('a key that overlaps longer is not prolonged, and no more than four of a kind sign at once', async () => {
  const { app } = lent
  const { db } = app.database
  const { id } = await subscribe(app.admin, { url: 'https://example.com/' })
  await rotate(app.admin, { id, overlapSeconds: 60 })
  const [first] = await db.webhookSecret.findMany({ where: { endpointId: id, NOT: { expiresAt: null } } })
  await rotate(app.admin, { id, overlapSeconds: 604_800 })
  await rotate(app.admin, { id })

  expect(await db.webhookSecret.findUnique({ where: { id: first?.id ?? '' } })).toEqual(first)
  const input = { id, overlapSeconds: 60 }
  expect(await app.admin.run(RotateWebhookSecretDocument, { input })).toMatchObject({
    rotateWebhookSecret: { __typename: 'InvalidStateError', path: ['input', 'overlapSeconds'] },
  })
  app.clock.advance(61_000)
  await rotate(app.admin, input)
})

test.for([
  { fault: 'an overlap of more than 7 days', input: { overlapSeconds: 604_801 }, at: 'overlapSeconds' },
  { fault: 'a negative overlap', input: { overlapSeconds: -1 }, at: 'overlapSeconds' },
  { fault: 'a kind that is not in use', input: { signing: ['ED25519' as const] }, at: 'signing' },
  { fault: 'no kind', input: { signing: [] }, at: 'signing' },
])('$fault is an issue of the rotation, and the keys stay', async ({ input, at }) => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url: 'https://example.com/' })
  const before = await app.database.db.webhookSecret.findMany({ where: { endpointId: id } })

  const result = await app.admin.run(RotateWebhookSecretDocument, { input: { id, ...input } })

  expect(result).toMatchObject({
    rotateWebhookSecret: { __typename: 'ValidationError', issues: [{ path: ['input', at] }] },
  })
  expect(await app.database.db.webhookSecret.findMany({ where: { endpointId: id } })).toEqual(before)
})

test('a kind of signing can be added, with its key, and given up', async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes, document, signing: ['ED25519'] })

  const added = await updateEndpoint(app.admin, { id, signing: both })
  await publishNew(app.admin, 'Signed twice')
  const [twice] = await receiver.waitFor(1)
  const less = await updateEndpoint(app.admin, { id, signing: null })
  await publishNew(app.admin, 'Signed once')
  const [, once] = await receiver.waitFor(2)

  expect(added.signing).toEqual(both)
  expect([added.secret, added.publicKey].map((key) => byHand(twice, key))).toEqual([true, true])
  expect(less).toMatchObject({ signing: ['HMAC_SHA256'], publicKey: null, secret: null })
  expect(kindsOf(once)).toEqual(['v1'])
  expect(byHand(once, added.secret)).toBe(true)
})

/** What arrives at an endpoint that signs so. */
const received = async (signing: { signing?: ('HMAC_SHA256' | 'ED25519')[] }) => {
  const { app } = lent
  await using receiver = await startReceiver()
  const subscriber = await subscribe(app.admin, { url: receiver.url, eventTypes, document, ...signing })
  await publishNew(app.admin, 'Signed')
  const [request] = await receiver.waitFor(1)
  if (!request) throw new Error('Nothing arrived.')
  return { ...subscriber, request }
}

const headerOf = (request: ReceivedRequest | undefined, name: string) => String(request?.headers[name])

const standardHeaders = (request: ReceivedRequest | undefined) =>
  Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, headerOf(request, name)]),
  )

const signaturesOf = (request: ReceivedRequest | undefined) =>
  headerOf(request, 'webhook-signature')
    .split(' ')
    .map((signature) => signature.split(',') as [version: string, base64: string])

const kindsOf = (request: ReceivedRequest | undefined) =>
  signaturesOf(request)
    .map(([version]) => version)
    .sort()

const byLibrary = (request: ReceivedRequest | undefined, secret: string): boolean => {
  try {
    // The library reads the clock itself, and a test of this file may have moved the sender's.
    const headers = standardHeaders(request)
    const drift = Math.abs(Number(headers['webhook-timestamp']) - Date.now() / 1_000)
    if (drift > 300) throw new Error('Verify before the clock is moved.')
    new Webhook(secret).verify(request?.body ?? '', headers)
    return true
  } catch (error) {
    if ((error as Error).message.startsWith('No matching')) return false
    throw error
  }
}

/** As the specification's text says, with nothing of ours: `id.timestamp.body`, base64 after the prefix of the key. */
const byHand = (request: ReceivedRequest | undefined, key: string | null): boolean => {
  if (!request || !key) return false
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = standardHeaders(request)
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), request.body])
  const bytes = Buffer.from(key.replace(/^wh(sec|pk)_/, ''), 'base64')
  if (key.startsWith('whsec_')) {
    const expected = createHmac('sha256', bytes).update(content).digest('base64')
    return signaturesOf(request).some(([version, base64]) => version === 'v1' && base64 === expected)
  }
  const x = bytes.toString('base64url')
  const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })
  return signaturesOf(request).some(
    ([version, base64]) =>
      version === 'v1a' && verify(null, content, publicKey, Buffer.from(base64, 'base64')),
  )
}
