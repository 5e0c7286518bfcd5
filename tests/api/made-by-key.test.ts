import { expect, test } from 'vitest'
import {
  CreateApiKeyDocument,
  type CreateApiKeyInput,
  CreatePreviewTokenDocument,
  CreateWebhookEndpointDocument,
  MadeByKeyDocument,
  RevokeApiKeyDocument,
  UpdateWebhookEndpointDocument,
  type UpdateWebhookEndpointInput,
} from '../../schema/generated/graphql.ts'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { withApp } from '../support/app.ts'
import { type Client, createClient } from '../support/client.ts'
import { preview } from './previewing.ts'
import { create } from './writing.ts'

const lent = withApp()

const hour = 3_600_000
const inHours = (hours: number) => new Date(lent.app.clock.now().getTime() + hours * hour)
const maker: ApiKeyScope[] = ['KEYS_MANAGE', 'CONTENT_WRITE', 'WEBHOOKS_MANAGE']

/** A key as the operator makes it. */
const keyOf = async (scopes: ApiKeyScope[] = maker, expiresAt: Date | null = null) => {
  const { database, clock, url } = lent.app
  const wanted = { name: 'A maker', scopes, expiresAt }
  const { apiKey, key } = await createApiKey(database.db, wanted, clock.now())
  return { ...apiKey, client: createClient(url, key) }
}
const attempt = async (client: Client, input: Partial<CreateApiKeyInput> = {}) =>
  (await client.run(CreateApiKeyDocument, { input: { name: 'Made', scopes: maker, ...input } })).createApiKey
const makeKey = async (client: Client, input: Partial<CreateApiKeyInput> = {}) => {
  const made = await attempt(client, input)
  if (made.__typename !== 'CreateApiKeyPayload') throw new Error(`No key: ${JSON.stringify(made)}`)
  return { ...made.apiKey, client: createClient(lent.app.url, made.key) }
}
const tokenBy = async (client: Client, expiresAt?: string) => {
  const { post } = await create(lent.app.admin, { title: 'Previewed', source: 'x' })
  const input = { postId: post.id, expiresAt }
  return {
    postId: post.id,
    made: (await client.run(CreatePreviewTokenDocument, { input })).createPreviewToken,
  }
}
const endpointBy = async (client: Client) => {
  const input = { url: lent.app.receiver.url, scopes: ['CONTENT_READ' as const] }
  const { createWebhookEndpoint: made } = await client.run(CreateWebhookEndpointDocument, { input })
  if (made.__typename !== 'CreateWebhookEndpointPayload') throw new Error(JSON.stringify(made))
  return made.webhookEndpoint.id
}
const endpoint = (id: string) => lent.app.database.db.webhookEndpoint.findUniqueOrThrow({ where: { id } })
const change = async (client: Client, input: UpdateWebhookEndpointInput) =>
  (await client.run(UpdateWebhookEndpointDocument, { input })).updateWebhookEndpoint
const revoke = async (client: Client, id: string, withWhatItMade?: boolean) =>
  (await client.run(RevokeApiKeyDocument, { input: { id, withWhatItMade } })).revokeApiKey
const statusOf = async (client: Client) => (await client.send('{ viewer { keyName } }')).status

test('no key that a key makes ends later, and the refusal names the latest time', async () => {
  const end = inHours(2)
  const { client, id } = await keyOf(maker, end)
  for (const expiresAt of [undefined, null, inHours(2.01).toISOString(), '2999-01-01T00:00:00Z']) {
    const refused = await attempt(client, { expiresAt })
    expect(refused).toMatchObject({ __typename: 'ValidationError', path: ['input', 'expiresAt'] })
    expect(JSON.stringify(refused)).toContain(end.toISOString())
  }
  const made = await makeKey(client, { expiresAt: end.toISOString() })
  expect(made).toMatchObject({ createdBy: 'A maker', createdById: id })
  const again = await attempt(made.client, { expiresAt: null })
  expect(again).toMatchObject({ __typename: 'ValidationError' })
})

test('a preview token ends with the key that made it at the latest', async () => {
  const end = inHours(2)
  const { client } = await keyOf(maker, end)
  const { made } = await tokenBy(client)
  expect(made).toMatchObject({ previewToken: { expiresAt: end.toISOString().replace(/\.000Z$/, 'Z') } })
  expect((await tokenBy(client, inHours(3).toISOString())).made).toMatchObject({
    __typename: 'ValidationError',
    path: ['input', 'expiresAt'],
  })
})

test('an endpoint ends with the key that made it, or that last said where it is sent', async () => {
  const { app } = lent
  const lasting = await keyOf()
  const short = await keyOf(maker, inHours(1))
  const [own, bent, taken] = [
    await endpointBy(short.client),
    await endpointBy(lasting.client),
    await endpointBy(short.client),
  ]
  await change(short.client, { id: bent, url: `${app.receiver.url}/elsewhere` })
  await change(lasting.client, { id: taken, headers: [] })
  await change(short.client, { id: taken, description: 'No more than a word' })
  app.clock.advance(hour)
  await create(app.admin, { title: 'Told of by few', source: 'x' })
  await app.worker?.sweep()
  for (const id of [own, bent])
    expect(await endpoint(id)).toMatchObject({
      status: 'DISABLED',
      statusReason: expect.stringContaining('has expired'),
    })
  expect(await endpoint(taken)).toMatchObject({ status: 'ACTIVE', expiresAt: null })
  const told = await app.database.db.webhookDelivery.findMany({ where: { endpointId: { in: [own, bent] } } })
  expect(told.filter(({ status }) => status !== 'CANCELLED')).toEqual([])
  // Whoever sets it active again answers for it; that takes what it sees.
  const weak = await app.clientWith('WEBHOOKS_MANAGE')
  expect(await change(weak, { id: own, status: 'ACTIVE' })).toMatchObject({ path: ['input', 'status'] })
  await change(lasting.client, { id: own, status: 'ACTIVE' })
  expect(await endpoint(own)).toMatchObject({ status: 'ACTIVE', expiresAt: null, updatedById: lasting.id })
  for (const id of [own, taken]) await change(app.admin, { id, status: 'DISABLED' })
})

test('what a key made is found by it, and ends with it where that is wanted: keys of keys, too', async () => {
  const { app } = lent
  const leaked = await keyOf()
  const child = await makeKey(leaked.client)
  const grandchild = await makeKey(child.client, { scopes: ['CONTENT_WRITE'] })
  const stranger = await makeKey(app.admin)
  const token = await tokenBy(grandchild.client)
  if (token.made.__typename !== 'CreatePreviewTokenPayload') throw new Error('It can be made.')
  const [made, bent] = [await endpointBy(child.client), await endpointBy(stranger.client)]
  await change(leaked.client, { id: bent, url: `${app.receiver.url}/elsewhere` })
  const found = await app.admin.run(MadeByKeyDocument, { createdById: child.id })
  expect(found).toMatchObject({
    apiKeys: { nodes: [{ id: grandchild.id, createdById: child.id }] },
    previewTokens: { totalCount: 0 },
    webhookEndpoints: { nodes: [{ id: made, createdBy: 'Made', createdById: child.id }] },
  })
  const foundBy = await app.admin.run(MadeByKeyDocument, { createdById: grandchild.id })
  expect(foundBy.previewTokens.nodes).toMatchObject([{ createdById: grandchild.id }])

  expect(await revoke(app.admin, leaked.id)).toMatchObject({ endedApiKeys: 0, endedWebhookEndpoints: 0 })
  expect(await statusOf(child.client)).toBe(200)
  // A second time, since somebody has found what it was used for.
  expect(await revoke(app.admin, leaked.id, true)).toMatchObject({
    endedApiKeys: 2,
    endedPreviewTokens: 1,
    endedWebhookEndpoints: 2,
  })
  for (const client of [leaked.client, child.client, grandchild.client])
    expect(await statusOf(client)).toBe(401)
  expect(await statusOf(stranger.client)).toBe(200)
  expect(await preview(app.anonymous, { id: token.postId }, token.made.token)).toBeNull()
  for (const id of [made, bent])
    expect(await endpoint(id)).toMatchObject({
      status: 'DISABLED',
      statusReason: expect.stringContaining(leaked.id),
    })
})

test('a key ends no key that may do more, and none that it does not know to have its scopes', async () => {
  const { app } = lent
  const manager = (await keyOf(['KEYS_MANAGE'])).client
  const larger = [await keyOf(['ADMIN']), await keyOf(['CONTENT_READ']), await keyOf(maker)]
  for (const { id, client } of larger) {
    expect(await revoke(manager, id, true)).toMatchObject({
      __typename: 'ValidationError',
      path: ['input', 'id'],
    })
    expect(await statusOf(client)).toBe(200)
  }
  const equal = await keyOf(['KEYS_MANAGE'])
  expect(await revoke(manager, equal.id)).toMatchObject({ __typename: 'RevokeApiKeyPayload' })
  for (const { id } of larger)
    expect(await revoke(app.admin, id)).toMatchObject({ __typename: 'RevokeApiKeyPayload' })
})

test('a name neither hides nor pretends', async () => {
  const { admin } = lent.app
  const hidden = [
    'a\u001b[2K',
    'a\nb',
    'a\u202eb',
    'a\u200bb',
    'a\u2028b',
    '\u3164',
    'a\ufe0f',
    'a\u00a0b',
    '…',
  ]
  const pretended = [
    'schedule',
    'Schedule',
    ' WEBHOOKS ',
    'ѕchedule',
    'import',
    'Import jekyll',
    'command line',
  ]
  for (const name of [...hidden, ...pretended])
    expect({ name, made: await attempt(admin, { name }) }).toMatchObject({
      name,
      made: { __typename: 'ValidationError', path: ['input', 'name'] },
    })
  for (const name of ['Importer', 'Schedules of the shop', 'Ключ редакции', '編集部', '🚀'])
    expect(await attempt(admin, { name })).toMatchObject({ __typename: 'CreateApiKeyPayload' })
})

test('two keys of one name are told apart by what they did', async () => {
  const { app } = lent
  const [one, other] = [await keyOf(), await keyOf()]
  const { post } = await create(one.client, { title: 'By one', source: 'x' })
  await create(other.client, { title: 'By the other', source: 'x' })
  const query = `query ($id: ID!) { changes(first: 100, types: [POST_CREATED]) { nodes { actor actorId } }
    post(by: { id: $id }) { revisions { nodes { actor actorId } } } }`
  const { data } = await app.admin.send<{ changes: { nodes: object[] }; post: object }>(query, {
    id: post.id,
  })
  expect(data?.changes.nodes.slice(-2)).toEqual([
    { actor: 'A maker', actorId: one.id },
    { actor: 'A maker', actorId: other.id },
  ])
  expect(data?.post).toEqual({ revisions: { nodes: [{ actor: 'A maker', actorId: one.id }] } })
  const unseen = await app.anonymous.send('{ changes { nodes { actorId } } }')
  expect(JSON.stringify(unseen)).not.toContain('key_')
})
