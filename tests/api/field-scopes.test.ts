import { isObjectType } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { CreateWebhookEndpointDocument } from '../../schema/generated/graphql.ts'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { schema } from '../../src/graphql/schema.ts'
import { newId } from '../../src/id.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { callersOf, callOf, doorsOf, isOpened, scopes } from './doors.ts'
import { create, createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })
let callers: Map<ApiKeyScope | null, Client>

beforeAll(async () => {
  callers = await callersOf(lent.app)
})

describe('a field that needs a scope', () => {
  const types = ['Post', 'PostEvent']

  test('is null with an error of its own, beside all that needs none, for every caller without the scope', async () => {
    const { app } = lent
    const id = await createAndPublish(app.admin, { title: 'Open', source: 'Secret.' })
    const event = await app.database.db.event.findFirstOrThrow({ where: { subjectId: id, isPublic: true } })
    const ids: Record<string, string> = { Post: id, PostEvent: event.id }
    for (const typeName of types) {
      const doors = doorsOf(typeName)
      expect(doors.length).toBeGreaterThan(0)
      const query = `{ node(id: "${ids[typeName]}") { id ... on ${typeName} { ${doors.map(callOf).join(' ')} again: ${doors.map(callOf)[0]} } } }`
      for (const [scope, client] of callers) {
        const { data, errors } = await client.send<{ node: Record<string, unknown> }>(query)
        const isOpen = isOpened('content:read', scope)
        expect(data?.node.id).toBe(ids[typeName])
        expect(errors.map((error) => error.extensions?.code)).toEqual(
          isOpen ? [] : [...doors, 1].map(() => 'FORBIDDEN'),
        )
        if (!isOpen) for (const { name } of doors) expect(data?.node[name]).toBeNull()
        if (!isOpen) expect(data?.node.again).toBeNull()
      }
    }
  })

  test('is on no other type', () => {
    const others = Object.keys(schema.getTypeMap()).filter(
      (name) =>
        isObjectType(schema.getType(name)) && !['Query', 'Mutation', 'ImportEvent', ...types].includes(name),
    )
    const untested = others.filter((name) => doorsOf(name).length > 0)
    expect(untested, 'Add these types to the list above, with the id of one').toEqual([])
  })
})

test('the log of deliveries shows no event of a draft to a key that may not read drafts', async () => {
  const { app } = lent
  const { event } = await create(app.admin, { title: 'A draft', source: 'x' })
  if (!event) throw new Error('A new post makes an event.')
  const row = { eventId: event.id, subjectId: event.id, body: '{}', createdAt: app.clock.now() }
  await app.database.db.webhookDelivery.create({ data: { id: newId('delivery'), ...row } })
  for (const [scope, id] of [
    ['ADMIN', event.id],
    ['WEBHOOKS_MANAGE', null],
  ] as const) {
    const { data } = await (callers.get(scope) ?? app.anonymous).send(
      '{ webhookDeliveries { nodes { event { id } } } }',
    )
    expect(data).toEqual({ webhookDeliveries: { nodes: [{ event: id && { id } }] } })
  }
})

test('an endpoint cannot be given a scope that its maker lacks', async () => {
  const { app } = lent
  const manager = callers.get('WEBHOOKS_MANAGE') ?? app.anonymous
  for (const scope of [...scopes, 'ADMIN' as const]) {
    const { createWebhookEndpoint } = await manager.run(CreateWebhookEndpointDocument, {
      input: { url: app.receiver.url, scopes: [scope] },
    })
    const isOwn = scope === 'WEBHOOKS_MANAGE'
    expect([scope, createWebhookEndpoint.__typename]).toEqual([
      scope,
      isOwn ? 'CreateWebhookEndpointPayload' : 'ValidationError',
    ])
  }
})
