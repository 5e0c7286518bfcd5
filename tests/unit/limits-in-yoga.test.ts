import { buildSchema, validate } from 'graphql'
import { createYoga, type Plugin } from 'graphql-yoga'
import { describe, expect, test } from 'vitest'
import { parserCaches } from '../../src/graphql/document-cache.ts'
import { limitsPlugin, parseDocument } from '../../src/graphql/limits.ts'

const schema = buildSchema(`
  type Query { site: Site post: Post posts(first: Int): PostConnection! }
  type Site { title: String }
  type PostConnection { nodes: [Post!]! }
  type Post { id: ID! author: Author }
  type Author { id: ID! name: String posts(first: Int): PostConnection! }
`)

type Variables = Record<string, unknown>

const tooDeep = `{ posts { nodes ${'{ author { posts { nodes '.repeat(26)}{ id }${' } } }'.repeat(26)} } }`

describe('in Yoga', () => {
  const jsonOnly = 'application/json'
  const graphqlResponse = 'application/graphql-response+json'

  function yogaWith(
    plugins: Plugin[] = [],
    executed: () => void = () => undefined,
    using: GraphQLSchema = schema,
  ) {
    return createYoga({
      schema: using,
      logging: false,
      parserAndValidationCache: parserCaches(),
      plugins: [limitsPlugin(), { onExecute: executed }, ...plugins],
    })
  }

  async function ask(
    yoga: ReturnType<typeof yogaWith>,
    query: string,
    variables?: Variables,
    accept = graphqlResponse,
  ) {
    const response = await yoga.fetch('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query, variables }),
    })
    const answer: { errors?: { message: string; extensions: Record<string, unknown> }[] } =
      await response.json()
    return { status: response.status, codes: answer.errors?.map(({ extensions }) => extensions.code), answer }
  }

  test('the query of 80 levels in 800 bytes is refused before validation sees it', async () => {
    let validations = 0
    const counter: Plugin = { onValidate: () => void validations++ }
    const query = `{ posts { nodes ${'{ author { posts { nodes '.repeat(26)}{ id }${' } } }'.repeat(26)} } }`
    const { status, answer } = await ask(yogaWith([counter]), query)
    expect(status).toBe(400)
    expect(answer.errors?.[0]?.message).toMatch(/^The query has 81 levels of fields; 15 are allowed\. /)
    expect(answer.errors?.[0]?.extensions).toEqual({
      code: 'QUERY_TOO_COMPLEX',
      limit: 'depth',
      value: 81,
      maximum: 15,
    })
    expect(validations).toBe(0)
  })

  test('a refusal is 400, and 200 for a caller that accepts only application/json', async () => {
    expect(await ask(yogaWith(), nested(16), {}, graphqlResponse)).toMatchObject({ status: 400 })
    expect(await ask(yogaWith(), nested(16), {}, jsonOnly)).toMatchObject({ status: 200 })
  })

  test('the same document is judged anew by its variables, whichever came first', async () => {
    const query = `query ($n: Int) { posts(first: $n) { nodes { author { posts(first: $n) { nodes { author { id } } } } } } }`
    const yoga = yogaWith()
    for (const [n, codes] of [
      [100, ['QUERY_TOO_COMPLEX']],
      [1, ['INTERNAL_SERVER_ERROR']],
      [100, ['QUERY_TOO_COMPLEX']],
    ] as const) {
      expect(await ask(yoga, query, { n })).toMatchObject({ codes })
    }
  })

  test('what is refused is never executed', async () => {
    let executions = 0
    const yoga = yogaWith([], () => void executions++)
    await ask(yoga, '{ site { title } }')
    expect(executions).toBe(1)
    for (const query of [
      nested(16),
      '{ site { title } }'.padEnd(20_001),
      `{ post { ${'id '.repeat(2_000)} } }`,
    ]) {
      expect(await ask(yoga, query)).toMatchObject({ status: 400, codes: ['QUERY_TOO_COMPLEX'] })
    }
    expect(executions).toBe(1)
  })

  test('what is not GraphQL and what the schema does not know have their own codes', async () => {
    const yoga = yogaWith()
    for (const _again of [1, 2]) {
      expect(await ask(yoga, '{ site {')).toMatchObject({ status: 400, codes: ['GRAPHQL_PARSE_FAILED'] })
      expect(await ask(yoga, '{ nowhere }')).toMatchObject({
        status: 400,
        codes: ['GRAPHQL_VALIDATION_FAILED'],
      })
      expect(await ask(yoga, '{ post { ...A } } fragment A on Post { ...A }')).toMatchObject({
        codes: ['GRAPHQL_VALIDATION_FAILED'],
      })
    }
  })

  test('a syntax error says where', async () => {
    const { answer } = await ask(yogaWith(), '{ site {')
    expect(answer.errors?.[0]).toMatchObject({
      message: 'Syntax Error: Expected Name, found <EOF>.',
      locations: [{ line: 1, column: 9 }],
    })
  })

  test('repetitions beyond what graphql-js compares are called too complex', async () => {
    const query = `{ post { ${repeat(450, () => 'author{name}')} } }`
    expect(validate(schema, parseDocument(query)).map(({ message }) => message)).toEqual([
      'Validation aborted.',
    ])
    expect(await ask(yogaWith(), query)).toMatchObject({ status: 400, codes: ['QUERY_TOO_COMPLEX'] })
  })
})

describe('the cache of parsed documents', () => {
  const sized = (name: string) => parseDocument(`{ ${name}: post { ${'id '.repeat(93)} } }`)

  test('forgets what was used longest ago, once the tokens of all exceed its size', () => {
    const { documentCache } = parserCaches(350)
    const [a, b, c, d] = [sized('a'), sized('b'), sized('c'), sized('d')]
    documentCache.set('a', a)
    documentCache.set('b', b)
    documentCache.set('c', c)
    expect(documentCache.get('a')).toBe(a)
    documentCache.set('d', d)
    expect(['a', 'b', 'c', 'd'].map((key) => documentCache.get(key))).toEqual([a, undefined, c, d])
  })

  test('weighs blanks and comments too, and keeps count when a document is set again', () => {
    const { documentCache } = parserCaches(150)
    const padded = '{ site { title } }'.padEnd(20_000)
    documentCache.set(padded, parseDocument(padded))
    documentCache.set(padded, parseDocument(padded))
    expect(documentCache.get(padded)).toBeDefined()
    documentCache.set('b', sized('b'))
    expect(documentCache.get(padded)).toBeUndefined()
    expect(documentCache.get('b')).toBeDefined()
  })

  test('keeps no document larger than itself', () => {
    const { documentCache } = parserCaches(50)
    documentCache.set('a', sized('a'))
    expect(documentCache.get('a')).toBeUndefined()
  })
})

