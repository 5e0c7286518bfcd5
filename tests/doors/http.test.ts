import { getIntrospectionQuery } from 'graphql'
import { serverAudits } from 'graphql-http'
import { describe, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'

const lent = withApp({ role: 'api', env: { CORS_ORIGINS: '*' } })

const json = { 'content-type': 'application/json' }
const graphqlResponse = { ...json, accept: 'application/graphql-response+json' }

/** An answer, read to its end: a socket with unread bytes stays open. */
const ask = async (path: string, init: RequestInit = {}) => {
  const response = await fetch(new URL(path, lent.app.url), init)
  const { status, headers } = response
  return { status, headers, text: await response.text() }
}
const post = (body: unknown, headers: Record<string, string> = json) =>
  ask('/graphql', { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
const get = (query: Record<string, string>, headers: Record<string, string> = {}) =>
  ask(`/graphql?${new URLSearchParams(query)}`, { headers })

type Answer = { data?: unknown; errors?: { message: string; extensions: { code: string } }[] }
const answered = async (reply: Promise<{ text: string }>) => JSON.parse((await reply).text) as Answer
const codesOf = ({ status, text }: { status: number; text: string }) => {
  const { data, errors } = JSON.parse(text) as Answer
  return { status, data, codes: [...new Set(errors?.map((error) => error.extensions.code))] }
}
const refusal = (status: number, code: string) => ({ status, data: undefined, codes: [code] })
const site = { data: { site: { url: 'https://blog.example.com' } } }

describe("GraphQL over HTTP's own audits", () => {
  /** Reads every answer at once: most audits look at its head alone. */
  const fetchFn = async (url: string, init: RequestInit) => {
    const response = await fetch(url, init)
    return new Response(await response.arrayBuffer(), response)
  }
  const audits = serverAudits({ url: () => `${lent.app.url}/graphql`, fetchFn })

  test.each(audits.map((audit) => [`${audit.id}: ${audit.name}`, audit] as const))(
    'pass: %s',
    async (_, audit) => {
      const result = await audit.fn()
      expect([result.status, 'reason' in result ? result.reason : null]).toEqual(['ok', null])
    },
  )
})

describe('a query', () => {
  test('may be sent by POST and by GET', async () => {
    expect(await answered(post({ query: '{ site { url } }' }))).toEqual(site)
    expect(await answered(get({ query: '{ site { url } }' }))).toEqual(site)
  })

  test('takes variables and the name of its operation either way', async () => {
    const query = 'query A($by: PostBy!) { post(by: $by) { id } } query B { site { url } }'
    const variables = { by: { slug: 'nothing' } }
    const parameters = { query, variables: JSON.stringify(variables), operationName: 'A' }
    expect(await answered(post({ query, variables, operationName: 'A' }))).toEqual({
      data: { post: null },
    })
    expect(await answered(get(parameters))).toEqual({ data: { post: null } })
    expect(await answered(post({ query, operationName: 'B' }))).toEqual(site)
  })

  test.each([
    ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
    ['application/json', 'application/json; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
  ])('that accepts %s is answered as %s', async (accept, type) => {
    const response = await post({ query: '{ site { url } }' }, { ...json, accept })
    expect([response.status, response.headers.get('content-type')]).toEqual([200, type])
  })

  test('may ask for the schema without a key', async () => {
    const { data } = (await answered(post({ query: getIntrospectionQuery() }))) as {
      data: { __schema: { queryType: { name: string }; types: { name: string }[] } }
    }
    expect(data.__schema.queryType.name).toBe('Query')
    expect(data.__schema.types.map((type) => type.name)).toContain('PostConnection')
  })
})

describe('a mutation', () => {
  test('by GET is refused with 405, even with a key, and does nothing', async () => {
    const { admin, database } = lent.app
    const query = 'mutation { createPost(input: { title: "x", source: "x" }) { __typename } }'
    const authorization = `Bearer ${admin.key}`
    for (const accept of ['application/json', graphqlResponse.accept]) {
      const response = await get({ query }, { authorization, accept })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
      expect(codesOf(response)).toEqual(refusal(405, 'BAD_USER_INPUT'))
    }
    expect(await database.db.post.count()).toBe(0)
  })
})

describe('what is no request of GraphQL', () => {
  test.each([
    ['text/plain', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/graphql', 415],
  ])('is refused: a body of %s', async (type, status) => {
    const response = await post('{"query":"{ site { url } }"}', { 'content-type': type })
    expect(codesOf(response)).toEqual(refusal(status, 'BAD_USER_INPUT'))
  })

  test.each(['', '{', '"query"', '[]', 'null', '{}', '{"query":5}', '[{"query":"{ site { url } }"}]'])(
    'is refused: the body %s',
    async (body) => {
      expect(codesOf(await post(body))).toEqual(refusal(400, 'BAD_USER_INPUT'))
    },
  )

  test.each(['PUT', 'DELETE', 'PATCH'])('is refused: the method %s', async (method) => {
    const response = await ask('/graphql', { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS'])
  })

  test('is refused: another path', async () => {
    for (const path of ['/', '/graphql/', '/graphql/x', '/admin', '/.env'])
      expect((await ask(path)).status).toBe(404)
  })
})

describe('a document that is wrong', () => {
  test.each([
    ['{ site ', 'GRAPHQL_PARSE_FAILED'],
    ['', 'GRAPHQL_PARSE_FAILED'],
    ['   ', 'GRAPHQL_PARSE_FAILED'],
    ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ site }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query ($a: Nothing) { site { url } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ posts(first: "ten") { totalCount } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ ...A } fragment A on Query { ...A }', 'GRAPHQL_VALIDATION_FAILED'],
  ])('is told so with a code: %j', async (query, code) => {
    expect(codesOf(await post({ query }, graphqlResponse))).toEqual(refusal(400, code))
  })

  test('is answered with 200 to a client that knows application/json alone, as the draft says', async () => {
    expect(codesOf(await post({ query: '{ nothing }' }))).toEqual(refusal(200, 'GRAPHQL_VALIDATION_FAILED'))
  })

  test('of several operations of which none is chosen says so', async () => {
    const query = 'query A { site { url } } query B { site { url } }'
    for (const operationName of [undefined, 'C']) {
      const answer = await post({ query, operationName }, graphqlResponse)
      expect(codesOf(answer)).toEqual(refusal(400, 'BAD_USER_INPUT'))
    }
  })
})

describe('an answer that may be stored nowhere', () => {
  const cacheControl = async (query: string, headers: Record<string, string> = {}) =>
    (await post({ query }, { ...graphqlResponse, ...headers })).headers.get('cache-control')

  test.each(['{ site ', '{ nothing }', '{ posts(first: 101) { totalCount } }', '{ apiKeys { totalCount } }'])(
    'is any with errors: %s',
    async (query) => {
      expect(await cacheControl(query)).toBe('private, no-store')
    },
  )

  test('is any to a key, right or wrong', async () => {
    for (const key of [lent.app.admin.key, 'pw_wrong'])
      expect(await cacheControl('{ site { url } }', { authorization: `Bearer ${key}` })).toBe(
        'private, no-store',
      )
  })

  test('is not the answer that everyone gets', async () => {
    expect(await cacheControl('{ site { url } }')).not.toBe('private, no-store')
  })
})

describe('CORS', () => {
  test('lets every origin read, without credentials', async () => {
    const { headers } = await post(
      { query: '{ site { url } }' },
      { ...json, origin: 'https://elsewhere.example' },
    )
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    expect(headers.get('access-control-expose-headers')).toContain('X-Request-Id')
  })

  test('answers a preflight for what a client of the API sends', async () => {
    const response = await ask('/graphql', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://elsewhere.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-methods')).toContain('POST')
    const allowed = response.headers.get('access-control-allow-headers')?.toLowerCase()
    for (const name of ['authorization', 'content-type', 'idempotency-key']) expect(allowed).toContain(name)
  })
})

test('a browser that opens the address gets the playground, whole and from this host alone', async () => {
  const response = await ask('/graphql', { headers: { accept: 'text/html,*/*;q=0.8' } })
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  const page = response.text
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
  const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '')
  expect(assets.length).toBeGreaterThan(1)
  for (const path of assets) expect((await ask(path)).status).toBe(200)
})

test('every answer forbids guessing its type and framing it', async () => {
  for (const response of [await post({ query: '{ site { url } }' }), await ask('/nowhere')]) {
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(response.headers.get('x-request-id')).toMatch(/^[\w.:-]+$/)
  }
})
