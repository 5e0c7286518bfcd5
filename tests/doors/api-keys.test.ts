import { expect, test } from 'vitest'
import {
  ApiKeysDocument,
  CreateApiKeyDocument,
  type CreateApiKeyInput,
  RevokeApiKeyDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { type Client, createClient } from '../support/client.ts'

const lent = withApp({ role: 'api' })

const attempt = async (client: Client, input: Partial<CreateApiKeyInput>) =>
  (await client.run(CreateApiKeyDocument, { input: { name: 'Made', scopes: ['CONTENT_READ'], ...input } }))
    .createApiKey
const make = async (client: Client, input: Partial<CreateApiKeyInput> = {}) => {
  const made = await attempt(client, input)
  if (made.__typename !== 'CreateApiKeyPayload') throw new Error(`No key: ${JSON.stringify(made)}`)
  return { ...made.apiKey, key: made.key, client: createClient(lent.app.url, made.key) }
}
const revoke = async (client: Client, id: string) =>
  (await client.run(RevokeApiKeyDocument, { input: { id } })).revokeApiKey
const statusOf = async (client: Client) => (await client.send('{ viewer { keyName } }')).status

test('a key is shown once; afterwards its prefix, its last four characters and what it may do', async () => {
  const { admin, database } = lent.app
  const made = await make(admin, { name: '  Front end ', scopes: ['CONTENT_READ', 'CONTENT_READ'] })
  expect(made.key).toMatch(/^pw_[\w-]{43}$/)
  expect(made).toMatchObject({
    name: 'Front end',
    prefix: 'pw_',
    last4: made.key.slice(-4),
    scopes: ['CONTENT_READ'],
    createdBy: 'A test',
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
  })
  const { apiKeys } = await admin.run(ApiKeysDocument, { first: 1 })
  const { key, client, ...facts } = made
  expect(apiKeys.nodes).toEqual([facts])
  expect(await statusOf(client)).toBe(200)
  const row = await database.db.apiKey.findUniqueOrThrow({ where: { id: made.id } })
  expect(JSON.stringify(row)).not.toContain(key.slice(3))
  expect(JSON.stringify(lent.app.log)).not.toContain(key)
  expect(await database.db.event.count()).toBe(0)
})

test('a key gives no more than it has: writing and publishing include reading, and only ADMIN gives ADMIN', async () => {
  const { app } = lent
  const manager = await app.clientWith('KEYS_MANAGE', 'CONTENT_WRITE')
  for (const scopes of [['CONTENT_READ'], ['CONTENT_WRITE', 'CONTENT_READ'], ['KEYS_MANAGE']] as const)
    expect((await make(manager, { scopes: [...scopes] })).scopes).toEqual(scopes)
  expect(
    await attempt(manager, { scopes: ['CONTENT_READ', 'CONTENT_PUBLISH', 'ADMIN', 'WEBHOOKS_MANAGE'] }),
  ).toMatchObject({
    __typename: 'ValidationError',
    issues: [
      { path: ['input', 'scopes', '1'] },
      { path: ['input', 'scopes', '2'] },
      { path: ['input', 'scopes', '3'] },
    ],
  })
  expect((await make(app.admin, { scopes: ['ADMIN'] })).scopes).toEqual(['ADMIN'])
})

test('every problem of a new key is told at once, and nothing is written', async () => {
  const { app } = lent
  const count = await app.database.db.apiKey.count()
  const past = new Date(app.clock.now().getTime() - 1_000).toISOString()
  expect(await attempt(app.admin, { name: ' ', scopes: [], expiresAt: past })).toMatchObject({
    __typename: 'ValidationError',
    issues: [{ path: ['input', 'name'] }, { path: ['input', 'scopes'] }, { path: ['input', 'expiresAt'] }],
  })
  for (const name of ['x'.repeat(201), 'a\0b', '\ud800'])
    expect(await attempt(app.admin, { name })).toMatchObject({ __typename: 'ValidationError' })
  expect(await app.database.db.apiKey.count()).toBe(count)
})

test('a key ends when it was said to', async () => {
  const { app } = lent
  const expiresAt = new Date(app.clock.now().getTime() + 3_600_000).toISOString()
  const { client, expiresAt: end } = await make(app.admin, { expiresAt })
  expect(Date.parse(end ?? '')).toBe(Date.parse(expiresAt))
  expect(await statusOf(client)).toBe(200)
  app.clock.advance(3_600_001)
  expect(await statusOf(client)).toBe(401)
})

test('a revoked key is refused by the next request, and revoking it twice keeps the first time', async () => {
  const { app } = lent
  const { id, client } = await make(app.admin)
  expect(await statusOf(client)).toBe(200)
  const first = await revoke(app.admin, id)
  expect(first).toMatchObject({
    __typename: 'RevokeApiKeyPayload',
    apiKey: { revokedAt: expect.any(String) },
  })
  expect(await statusOf(client)).toBe(401)
  app.clock.advance(1_000)
  expect(await revoke(app.admin, id)).toEqual(first)
})

test('a key may revoke itself, which is the last that it does', async () => {
  const { client, id } = await make(lent.app.admin, { scopes: ['KEYS_MANAGE'] })
  expect(await revoke(client, id)).toMatchObject({ __typename: 'RevokeApiKeyPayload', apiKey: { id } })
  expect(await statusOf(client)).toBe(401)
})

test('an unknown key cannot be revoked', async () => {
  for (const id of ['key_01h455vb4pex5vsknk084sn02q', 'post_01h455vb4pex5vsknk084sn02q', '', 'key_\0'])
    expect(await revoke(lent.app.admin, id)).toMatchObject({
      __typename: 'NotFoundError',
      path: ['input', 'id'],
    })
})

test('keys are paged, the newest first, revoked ones too', async () => {
  const { admin, clock } = lent.app
  const made: string[] = []
  for (let number = 0; number < 5; number++) {
    clock.advance(10)
    made.unshift((await make(admin, { name: `Paged ${number}` })).id)
  }
  await revoke(admin, made[0] ?? '')
  const first = (await admin.run(ApiKeysDocument, { first: 3 })).apiKeys
  const after = first.pageInfo.endCursor
  const second = (await admin.run(ApiKeysDocument, { first: 2, after })).apiKeys
  expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual(made)
  expect(first.nodes[0]?.revokedAt).not.toBeNull()
  expect(first.totalCount).toBe(await lent.app.database.db.apiKey.count())
})
