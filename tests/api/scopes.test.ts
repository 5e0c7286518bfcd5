import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { CreateWebhookEndpointDocument } from '../../schema/generated/graphql.ts'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { schema } from '../../src/graphql/schema.ts'
import { newId } from '../../src/id.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { create, createAndPublish } from './writing.ts'

// No worker: the endpoints that are made here are not to be sent anything.
const lent = withApp({ role: 'api' })

const scopes = ['CONTENT_READ', 'CONTENT_WRITE', 'CONTENT_PUBLISH', 'WEBHOOKS_MANAGE', 'KEYS_MANAGE'] as const
/** Which scopes open what a description says that it needs; ADMIN opens all. */
const opening: Record<string, ApiKeyScope[]> = {
  'content:read': ['CONTENT_READ', 'CONTENT_WRITE', 'CONTENT_PUBLISH'],
  'content:write': ['CONTENT_WRITE'],
  'content:publish': ['CONTENT_PUBLISH'],
  'webhooks:manage': ['WEBHOOKS_MANAGE'],
  'keys:manage': ['KEYS_MANAGE'],
}

type Door = { name: string; field: GraphQLField<unknown, unknown>; needs: string }

/** The fields of a type whose description says which scope they need. */
const doorsOf = (typeName: string): Door[] => {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new Error(`There is no type ${typeName}.`)
  return Object.values(type.getFields()).flatMap((field) => {
    const [, needs] = /Needs ([a-z]+:[a-z]+)/.exec(field.description ?? '') ?? []
    return needs ? [{ name: field.name, field, needs }] : []
  })
}

const clients = new Map<ApiKeyScope | null, Client>()
beforeAll(async () => {
  clients.set(null, lent.app.anonymous)
  clients.set('ADMIN', lent.app.admin)
  for (const scope of scopes) clients.set(scope, await lent.app.clientWith(scope))
})

const isOpened = (needs: string, scope: ApiKeyScope | null) =>
  scope === 'ADMIN' || (scope !== null && (opening[needs] ?? []).includes(scope))

/** The least that an input takes. */
const least = (type: GraphQLInputType): string => {
  if (isNonNullType(type)) return least(type.ofType)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (!isInputObjectType(type)) return leastOfScalar[type.name] ?? '"x"'
  const fields = Object.values(type.getFields())
  const filled = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField)
  return `{ ${filled.map((field) => `${field.name}: ${least(field.type)}`).join(', ')} }`
}
const leastOfScalar: Record<string, string> = {
  ID: '"post_01h455vb4pex5vsknk084sn02q"',
  Int: '1',
  Boolean: 'true',
  DateTime: '"2020-01-01T00:00:00Z"',
  URL: '"https://example.com/"',
  JSON: '{}',
}

const callOf = ({ name, field }: Door): string => {
  const args = field.args
    .filter((argument) => isNonNullType(argument.type))
    .map((argument) => `${argument.name}: ${least(argument.type)}`)
  const inside = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }'
  return `${name}${args.length > 0 ? `(${args.join(', ')})` : ''}${inside}`
}

const rowsOf = async () => {
  const { db } = lent.app.database
  const counts = [
    db.post.count(),
    db.event.count(),
    db.webhookEndpoint.count(),
    db.apiKey.count(),
    db.tag.count(),
  ]
  return Promise.all(counts)
}

test('every mutation says which scope it needs', () => {
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {})
  const saying = doorsOf('Mutation').filter(({ needs }) => needs in opening)
  expect(saying.map(({ name }) => name)).toEqual(mutations)
})

describe.each([
  ...doorsOf('Mutation').map((door) => ({ ...door, kind: 'mutation' })),
  ...doorsOf('Query').map((door) => ({ ...door, kind: 'query' })),
])('$kind $name', (door) => {
  test(`is opened by ${door.needs} and by no other scope`, async () => {
    for (const [scope, client] of clients) {
      const before = await rowsOf()
      const { data, errors } = await client.send(`${door.kind} { ${callOf(door)} }`)
      const codes = errors.map((error) => error.extensions?.code)
      if (isOpened(door.needs, scope)) expect([scope, codes]).toEqual([scope, []])
      else {
        expect({ scope, data, codes }).toEqual({ scope, data: null, codes: ['FORBIDDEN'] })
        expect(await rowsOf(), `${scope} changed something`).toEqual(before)
      }
    }
  })

  test('has no side door: alias, fragment, directive, several operations', async () => {
    const [type, call] = [door.kind === 'query' ? 'Query' : 'Mutation', callOf(door)]
    const ways = [
      `${door.kind} { viewer: ${call} }`,
      `${door.kind} { ...F } fragment F on ${type} { ${call} }`,
      `${door.kind} { ... on ${type} { ... { ${call} } } }`,
      `${door.kind} { ${call.replace(/( \{ __typename \})?$/, ' @include(if: true)$1')} }`,
      `query viewer { viewer { keyName } } ${door.kind} Chosen { ${call} }`,
    ]
    const before = await rowsOf()
    for (const query of ways) {
      const response = await fetch(`${lent.app.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, ...(query.includes('Chosen') ? { operationName: 'Chosen' } : {}) }),
      })
      const { data, errors } = (await response.json()) as { data: unknown; errors: { extensions: unknown }[] }
      expect({ query, data, extensions: errors.map((error) => error.extensions) }).toEqual({
        query,
        data: null,
        extensions: [{ code: 'FORBIDDEN' }],
      })
    }
    expect(await rowsOf()).toEqual(before)
  })
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
      for (const [scope, client] of clients) {
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
    expect(others.filter((name) => doorsOf(name).length > 0)).toEqual([])
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
    const { data } = await (clients.get(scope) ?? app.anonymous).send(
      '{ webhookDeliveries { nodes { event { id } } } }',
    )
    expect(data).toEqual({ webhookDeliveries: { nodes: [{ event: id && { id } }] } })
  }
})

test('an endpoint cannot be given a scope that its maker lacks', async () => {
  const { app } = lent
  const manager = clients.get('WEBHOOKS_MANAGE') ?? app.anonymous
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
