import { beforeAll, describe, expect, test } from 'vitest'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { schema } from '../../src/graphql/schema.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { callersOf, callOf, doorsOf, isOpened, opening } from './doors.ts'

// No worker: the endpoints that are made here are not to be sent anything.
const lent = withApp({ role: 'api' })
let callers: Map<ApiKeyScope | null, Client>

beforeAll(async () => {
  callers = await callersOf(lent.app)
})

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
    for (const [scope, client] of callers) {
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
