import { validate } from 'graphql'
import { createSchema, createYoga, type Plugin } from 'graphql-yoga'
import { describe, expect, test } from 'vitest'
import { parserCaches } from '../../src/graphql/limits/document-cache.ts'
import { limitsPlugin, parseDocument } from '../../src/graphql/limits/limits.ts'

const schema = createSchema({
  typeDefs: `
    type Query { site: Site post: Post posts(first: Int): PostConnection! }
    type Site { title: String }
    type PostConnection { nodes: [Post!]! }
    type Post { id: ID! author: Author }
    type Author { id: ID! name: String posts(first: Int): PostConnection! }
  `,
  resolvers: { Query: { posts: () => ({ nodes: [] }) } },
})

const tooDeep = `{ posts { nodes ${'{ author { posts { nodes '.repeat(26)}{ id }${' } } }'.repeat(26)} } }`

/** Asks a Yoga with the limits and counts what gets further than them. */
const yogaWithLimits = () => {
  const seen = { validations: 0, executions: 0 }
  const counter: Plugin = {
    onValidate: () => void seen.validations++,
    onExecute: () => void seen.executions++,
  }
  const yoga = createYoga({
    schema,
    logging: false,
    parserAndValidationCache: parserCaches(),
    plugins: [limitsPlugin(), counter],
  })
  const ask = async (query: string, variables: Record<string, unknown> = {}, accept = graphqlResponse) => {
    const response = await yoga.fetch('http://localhost/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query, variables }),
    })
    const answer: { errors?: { message: string; extensions: Record<string, unknown> }[] } =
      await response.json()
    const codes = answer.errors?.map(({ extensions }) => extensions.code)
    return { status: response.status, codes, answer }
  }

  return { seen, ask }
}

const graphqlResponse = 'application/graphql-response+json'

describe('in Yoga', () => {
  test('the query of 80 levels in 800 bytes is refused before validation sees it', async () => {
    const { ask, seen } = yogaWithLimits()
    const { status, answer } = await ask(tooDeep)
    expect(status).toBe(400)
    expect(answer.errors?.[0]?.message).toMatch(/^The query has 81 levels of fields; 15 are allowed\. /)
    expect(answer.errors?.[0]?.extensions).toEqual({
      code: 'QUERY_TOO_COMPLEX',
      limit: 'depth',
      value: 81,
      maximum: 15,
    })
    expect(seen).toEqual({ validations: 0, executions: 0 })
  })

  test('a refusal is 400, and 200 for a caller that accepts only application/json', async () => {
    const { ask } = yogaWithLimits()
    expect(await ask(tooDeep, {}, graphqlResponse)).toMatchObject({ status: 400 })
    expect(await ask(tooDeep, {}, 'application/json')).toMatchObject({ status: 200 })
  })

  test('the same document is judged anew by its variables, whichever came first', async () => {
    const { ask } = yogaWithLimits()
    const query = `query ($n: Int) { posts(first: $n) { nodes { author { posts(first: $n) { nodes { id } } } } } }`
    for (const [n, codes] of [
      [100, ['QUERY_TOO_COMPLEX']],
      [1, undefined],
      [100, ['QUERY_TOO_COMPLEX']],
      [2, undefined],
    ] as const) {
      expect(await ask(query, { n })).toMatchObject({ codes })
    }
  })

  test('what is refused is never executed, nor is it remembered as refused', async () => {
    const { ask, seen } = yogaWithLimits()
    for (const query of [
      tooDeep,
      '{ site { title } }'.padEnd(20_001),
      `{ post { ${'id '.repeat(2_000)} } }`,
    ]) {
      expect(await ask(query)).toMatchObject({ status: 400, codes: ['QUERY_TOO_COMPLEX'] })
    }
    expect(seen).toEqual({ validations: 0, executions: 0 })
    await ask('{ site { title } }')
    expect(seen).toEqual({ validations: 1, executions: 1 })
  })

  test('what is not GraphQL and what the schema does not know have their own codes', async () => {
    const { ask } = yogaWithLimits()
    for (const _again of [1, 2]) {
      expect(await ask('{ site {')).toMatchObject({ status: 400, codes: ['GRAPHQL_PARSE_FAILED'] })
      expect(await ask('{ nowhere }')).toMatchObject({
        status: 400,
        codes: ['GRAPHQL_VALIDATION_FAILED'],
      })
      expect(await ask('{ post { ...A } } fragment A on Post { ...A }')).toMatchObject({
        codes: ['GRAPHQL_VALIDATION_FAILED'],
      })
    }
  })

  test('a syntax error says where', async () => {
    const { answer } = await yogaWithLimits().ask('{ site {')
    expect(answer.errors?.[0]).toMatchObject({
      message: 'Syntax Error: Expected Name, found <EOF>.',
      locations: [{ line: 1, column: 9 }],
    })
  })

  test('repetitions beyond what graphql-js compares are called too complex', async () => {
    const query = `{ post { ${'author{name} '.repeat(450)} } }`
    expect(validate(schema, parseDocument(query)).map(({ message }) => message)).toEqual([
      'Validation aborted.',
    ])
    expect(await yogaWithLimits().ask(query)).toMatchObject({ status: 400, codes: ['QUERY_TOO_COMPLEX'] })
  })
})

describe('the cache of parsed documents', () => {
  const sized = (name: string) => parseDocument(`{ ${name}: post { ${'id '.repeat(93)} } }`)

  test('forgets what was used longest ago, once the tokens of all exceed its size', () => {
    const { documentCache } = parserCaches({ tokens: 350 })
    const [a, b, c, d] = [sized('a'), sized('b'), sized('c'), sized('d')]
    documentCache.set('a', a)
    documentCache.set('b', b)
    documentCache.set('c', c)
    expect(documentCache.get('a')).toBe(a)
    documentCache.set('d', d)
    expect(['a', 'b', 'c', 'd'].map((key) => documentCache.get(key))).toEqual([a, undefined, c, d])
  })

  test('weighs blanks and comments too, and keeps count when a document is set again', () => {
    const { documentCache } = parserCaches({ tokens: 150 })
    const padded = '{ site { title } }'.padEnd(20_000)
    documentCache.set(padded, parseDocument(padded))
    documentCache.set(padded, parseDocument(padded))
    expect(documentCache.get(padded)).toBeDefined()
    documentCache.set('b', sized('b'))
    expect(documentCache.get(padded)).toBeUndefined()
    expect(documentCache.get('b')).toBeDefined()
  })

  test('keeps no document larger than itself', () => {
    const { documentCache } = parserCaches({ tokens: 50 })
    documentCache.set('a', sized('a'))
    expect(documentCache.get('a')).toBeUndefined()
  })
})
