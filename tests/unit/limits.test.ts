import { buildSchema, type GraphQLError, type GraphQLObjectType, getIntrospectionQuery } from 'graphql'
import { describe, expect, test } from 'vitest'
import { checkDocument, parseDocument } from '../../src/graphql/limits/limits.ts'

const schema = buildSchema(`
  type Query {
    site: Site
    node(id: ID!): Node
    nodes(ids: [ID!]!): [Node]!
    post(id: ID, filter: Filter): Post
    posts(first: Int, after: String, last: Int, filter: Filter): PostConnection!
    archives: [Archive!]!
  }
  type Mutation { rename(title: String): Post }
  type Site { title: String }
  interface Node { id: ID! }
  type PostConnection { edges: [PostEdge!]! nodes: [Post!]! pageInfo: PageInfo! totalCount: Int! }
  type PostEdge { node: Post! cursor: String! }
  type PageInfo { hasNextPage: Boolean! }
  type Post implements Node { id: ID! title: String author: Author tags: [Tag!]! related(first: Int! = 7): [Post!]! }
  type Author implements Node { id: ID! name: String posts(first: Int, last: Int): PostConnection! }
  type Tag implements Node { id: ID! name: String }
  type Archive { year: Int }
  input Filter { and: [Filter!] slug: String }
`)
const archives = schema.getQueryType()?.getFields().archives
if (archives) archives.extensions = { listSize: 120 }
const postsOf = (type: string) => (schema.getType(type) as GraphQLObjectType).getFields().posts
for (const posts of [postsOf('Query'), postsOf('Author')]) if (posts) posts.extensions = { lists: 1 }

type Variables = Record<string, unknown>

const sizeOf = (query: string, variables?: Variables, operationName?: string) =>
  checkDocument(parseDocument(query), schema, variables, operationName)

const costOf = (query: string, variables?: Variables, operationName?: string): number =>
  sizeOf(query, variables, operationName).cost

const refusalOf = (
  act: () => unknown,
): { message: string; code: unknown; limit: unknown; value: unknown } => {
  try {
    act()
  } catch (error) {
    const { message, extensions } = error as GraphQLError
    return { message, code: extensions.code, limit: extensions.limit, value: extensions.value }
  }
  throw new Error('Expected a refusal')
}

const repeat = (count: number, part: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => part(i)).join(' ')

/** A query of `levels` fields within each other, in which nothing is more than one object. */
const nested = (levels: number): string => `{ post ${selectionsOfPost(levels - 1)} }`

const selectionsOfPost = (levels: number): string => {
  if (levels === 1) return '{ id }'
  if (levels === 2) return '{ author { id } }'
  if (levels === 3) return '{ author { posts { totalCount } } }'
  return `{ author { posts(first: 1) { nodes ${selectionsOfPost(levels - 3)} } } }`
}

describe('each limit holds at its number and refuses the next', () => {
  const limitCases: [string, number, (count: number) => string][] = [
    ['depth', 15, nested],
    ['aliases', 30, (count) => `{ post { ${repeat(count, (i) => `a${i}: id`)} } }`],
    ['rootFields', 20, (count) => `{ ${repeat(count, () => 'site { title }')} }`],
    ['directives', 4, (count) => `{ site { title ${repeat(count, () => '@a')} } }`],
    ['inputDepth', 20, (count) => `{ post(filter: ${'['.repeat(count)}${']'.repeat(count)}) { id } }`],
    [
      'cost',
      10_000,
      (count) =>
        `{ posts(first: 99) { nodes { author { posts(first: 99) { nodes { id } } } } } ${repeat(count - 9_999, () => 'site { title }')} }`,
    ],
  ]
  test.each(limitCases)('%s', (limit, maximum, query) => {
    expect(sizeOf(query(maximum))).toMatchObject({ [limit]: maximum })
    const refusal = refusalOf(() => sizeOf(query(maximum + 1)))
    expect(refusal).toMatchObject({ code: 'QUERY_TOO_COMPLEX', limit, value: maximum + 1 })
    expect(refusal.message).toContain((maximum + 1).toLocaleString('en'))
    expect(refusal.message).toContain(`; ${maximum.toLocaleString('en')} are allowed. `)
  })

  test('tokens', () => {
    expect(parseDocument(`{ post { ${'id '.repeat(1995)} } }`).tokenCount).toBe(2_000)
    const refusal = refusalOf(() => parseDocument(`{ post { ${'id '.repeat(1996)} } }`))
    expect(refusal).toMatchObject({ code: 'QUERY_TOO_COMPLEX', limit: 'tokens' })
    expect(refusal.message).toContain('more than 2,000 tokens')
  })

  test('characters, blanks and comments included', () => {
    expect(parseDocument('{ post { id } }'.padEnd(20_000)).kind).toBe('Document')
    expect(refusalOf(() => parseDocument('{ post { id } }#'.padEnd(20_001)))).toMatchObject({
      limit: 'characters',
      value: 20_001,
    })
  })

  test('variables, nested 20 levels with the outermost object', () => {
    const nest = (levels: number): unknown => (levels === 0 ? 1 : { and: nest(levels - 1) })
    expect(sizeOf('{ site { title } }', { filter: nest(19) })).toBeDefined()
    expect(refusalOf(() => sizeOf('{ site { title } }', { filter: nest(20) }))).toMatchObject({
      limit: 'inputDepth',
    })
    expect(refusalOf(() => sizeOf('{ site { title } }', { filter: nest(5_000) }))).toMatchObject({
      limit: 'inputDepth',
    })
  })
})

describe('no way around', () => {
  test('fragments count where they are spread, not where they stand', () => {
    const aliases = 'fragment F on Post { a: id b: id c: id d: id }'
    expect(refusalOf(() => sizeOf(`{ post { ${repeat(8, () => '...F')} } } ${aliases}`))).toMatchObject({
      limit: 'aliases',
      value: 32,
    })
    const root = 'fragment R on Query { site { title } post { id } }'
    expect(refusalOf(() => sizeOf(`{ ${repeat(11, () => '...R')} } ${root}`))).toMatchObject({
      limit: 'rootFields',
      value: 22,
    })
    const deep = `fragment D on Post ${selectionsOfPost(12)}`
    expect(refusalOf(() => sizeOf(`{ post { author { posts { nodes { ...D } } } } } ${deep}`))).toMatchObject(
      { limit: 'depth' },
    )
  })

  test('inline fragments add no depth and hide none', () => {
    expect(sizeOf(`{ post ${'{ ... '.repeat(400)}{ id }${' }'.repeat(400)} }`).depth).toBe(2)
    expect(refusalOf(() => sizeOf(`{ ... on Query ${nested(16)} }`))).toMatchObject({ limit: 'depth' })
  })

  test('operations and fragments that do not run are held to the shape as well', () => {
    expect(
      refusalOf(() => sizeOf(`query A { site { title } } query B ${nested(16)}`, {}, 'A')),
    ).toMatchObject({ limit: 'depth' })
    expect(
      refusalOf(() => sizeOf(`{ site { title } } fragment Unused on Query ${nested(16)}`)),
    ).toMatchObject({ limit: 'depth' })
  })

  test('directives are counted on every kind of place', () => {
    const five = '@a @b @c @d @e'
    for (const query of [
      `query ${five} { site { title } }`,
      `query ($a: Int ${five}) { site { title } }`,
      `{ ... ${five} { site { title } } }`,
      `{ ...F ${five} } fragment F on Query { site { title } }`,
      `{ ...F } fragment F on Query ${five} { site { title } }`,
    ]) {
      expect(refusalOf(() => sizeOf(query))).toMatchObject({ limit: 'directives', value: 5 })
    }
  })

  test('literals are measured in directives and defaults of variables too', () => {
    const deep = `${'['.repeat(21)}${']'.repeat(21)}`
    expect(refusalOf(() => sizeOf(`{ site { title @a(b: ${deep}) } }`))).toMatchObject({
      limit: 'inputDepth',
      value: 21,
    })
    expect(refusalOf(() => sizeOf(`query ($a: X = ${deep}) { site { title } }`))).toMatchObject({
      limit: 'inputDepth',
      value: 21,
    })
  })

  test('a fragment within itself is refused, directly or through others', () => {
    for (const query of [
      '{ post { ...A } } fragment A on Post { id ...A }',
      '{ post { ...A } } fragment A on Post { author { posts { nodes { ...B } } } } fragment B on Post { ...A }',
    ]) {
      expect(refusalOf(() => sizeOf(query))).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' })
    }
  })
})

describe('lists of posts are counted with the objects that they stand below', () => {
  const filter =
    '{ and: [{ tags: { any: ["a"], all: ["b"] } }, { search: "c" }], not: { tags: { none: [] } } }'
  const listCases: [string, number, Variables?][] = [
    ['{ site { title } }', 0],
    ['{ posts { totalCount } }', 1],
    ['{ posts(first: 30) { nodes { author { posts(first: 1) { nodes { id } } } } } }', 31],
    [
      '{ posts(first: 30) { edges { node { author { ...A ...A } } } } } fragment A on Author { posts { totalCount } }',
      61,
    ],
    ['{ post { tags { id } related { author { posts { totalCount } } } } }', 7],
    ['{ archives { year } posts { nodes { id } } b: posts { nodes { id } } }', 2],
    [`{ posts(filter: ${filter}) { nodes { id } } }`, 1 + 4 * 5],
    [
      'query ($f: Filter) { posts(filter: $f) { nodes { id } } }',
      11,
      { f: { tags: { any: ['a'], none: ['b'] } } },
    ],
    ['query ($t: Tags) { posts(filter: { tags: $t }) { nodes { id } } }', 6, { t: { any: [], all: null } }],
    ['query ($f: Filter = { search: "x" }) { posts(filter: $f) { nodes { id } } }', 6],
    [
      'query ($f: Filter) { a: posts(filter: $f) { totalCount } b: posts(filter: $f) { totalCount } }',
      12,
      { f: { search: 'x' } },
    ],
    ['query ($f: Filter) { posts(filter: $f) { totalCount } }', 1, { f: 'nonsense' }],
  ]
  test.each(listCases)('%s makes %i', (query, lists, variables) => {
    expect(sizeOf(query, variables).lists).toBe(lists)
  })

  test('a thousand are allowed', () => {
    const query = (first: number) =>
      `{ posts(first: 100) { nodes { author { ${repeat(10, (i) => `a${i}: posts(first: ${first}) { totalCount }`)} } } } }`
    const refusal = refusalOf(() => sizeOf(query(1)))
    expect(refusal).toMatchObject({ code: 'QUERY_TOO_COMPLEX', limit: 'lists', value: 1_001 })
    expect(refusal.message).toContain('1,001 lists of posts')
  })

  test('a filter of a megabyte that is used everywhere is counted once', () => {
    const large = { and: Array.from({ length: 200_000 }, () => ({ a: 1 })) }
    const query = `query ($f: Filter) { ${repeat(10, (i) => `a${i}: posts(filter: $f) { nodes { ${repeat(6, () => 'author { posts(filter: $f) { totalCount } }')} } }`)} }`
    expect(refusalOf(() => sizeOf(query, { f: large }))).toMatchObject({ limit: 'lists' })
  })
})

describe('the cost counts objects', () => {
  const costCases: [string, number, Variables?][] = [
    ['{ __typename }', 0],
    ['{ site { title } }', 1],
    ['{ posts { nodes { id } } }', 20],
    ['{ posts(first: 5) { nodes { id } pageInfo { hasNextPage } totalCount } }', 5],
    ['{ posts(last: 5) { edges { cursor node { id author { id } } } } }', 10],
    ['{ posts(first: 5) { edges { cursor } nodes { id } } }', 10],
    ['{ posts(first: 3, last: 7) { nodes { id } } }', 7],
    ['{ posts { totalCount } }', 1],
    ['{ posts(first: 0) { nodes { id } } }', 1],
    ['{ posts(first: 10) { nodes { tags { name } author { posts { totalCount } } } } }', 80],
    ['{ post { related { id } } }', 8],
    ['{ post { related(first: 2) { id } } }', 3],
    ['{ nodes(ids: ["a", "b", "c"]) { id } }', 3],
    ['query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', 4, { ids: ['a', 'b', 'c', 'd'] }],
    ['{ archives { year } }', 120],
    [
      '{ posts(first: 5) { ...C } } fragment C on PostConnection { nodes { ...P } } fragment P on Post { author { id } }',
      10,
    ],
    ['{ posts(first: 5) { ... on PostConnection { ... { nodes { id } } } } }', 5],
    ['{ node(id: 1) { ... on Author { posts(first: 5) { nodes { id } } } } }', 6],
    ['mutation { rename { author { id } } }', 2],
    ['{ unknown { field { here } } }', 2],
  ]
  test.each(costCases)('%s is %i', (query, cost, variables) => {
    expect(costOf(query, variables)).toBe(cost)
  })

  const paged = 'query ($n: Int) { posts(first: $n) { nodes { id } } }'
  const defaulted = 'query ($n: Int = 9) { posts(first: $n) { nodes { id } } }'
  const variableCases: [string, Variables | undefined, number][] = [
    [paged, { n: 3 }, 3],
    [paged, {}, 20],
    [paged, undefined, 20],
    [paged, { n: null }, 20],
    [paged, { n: 'many' }, 20],
    [paged, { n: Number.NaN }, 20],
    [paged, { n: { toString: 1 } }, 20],
    [paged, { n: -5 }, 1],
    [paged, { n: 1e308 }, 100],
    [paged, { n: Number.POSITIVE_INFINITY }, 100],
    [paged, JSON.parse('{"__proto__": {"n": 3}}'), 20],
    [defaulted, {}, 9],
    [defaulted, { n: 3 }, 3],
  ]
  test.each(variableCases)('%s with %j is %3$i', (query, variables, cost) => {
    expect(costOf(query, variables)).toBe(cost)
  })

  test('a page larger than the field allows is left for the field to refuse', () => {
    expect(costOf('{ posts(first: 100000000000000000000000) { nodes { id } } }')).toBe(100)
  })

  test('of several operations that of the one that runs, with its own defaults', () => {
    const query = `query A($n: Int = 3) { ...F } query B($n: Int = 8) { ...F }
      fragment F on Query { posts(first: $n) { nodes { id } } }`
    expect([costOf(query, {}, 'A'), costOf(query, {}, 'B'), costOf(query)]).toEqual([3, 8, 0])
  })
})

// More than linear work would not end within the test's time.
describe('the work is linear', () => {
  test('a fragment bomb of 60 doublings, which would be 2^60 objects, is measured at once and refused', () => {
    const bomb = repeat(60, (i) => `fragment F${i} on Post { author { id } ...F${i + 1} ...F${i + 1} }`)
    const query = `{ post { ...F0 } } ${bomb} fragment F60 on Post { author { id } }`
    expect(refusalOf(() => sizeOf(query))).toMatchObject({ limit: 'cost', value: 1_000_000_000 })
  })

  test('nothing times a bomb is a number and not an error', () => {
    const bomb = repeat(60, (i) => `fragment F${i} on Post { author { id } ...F${i + 1} ...F${i + 1} }`)
    const query = `{ posts(first: 0) { nodes { ...F0 } } } ${bomb} fragment F60 on Post { author { id } }`
    expect(costOf(query)).toBe(1)
  })

  test('half a million variables side by side are read once', () => {
    const wide = { ids: Array.from({ length: 500_000 }, () => 'post_1') }
    const document = parseDocument('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }')
    expect(checkDocument(document, schema, wide).cost).toBe(100)
  })

  test('the widest list literal of 2,000 tokens passes', () => {
    expect(costOf(`{ nodes(ids: [${'1,'.repeat(1_900)}]) { id } }`)).toBe(100)
  })
})

describe('well-known clients are never refused', () => {
  test('introspection with every option, of GraphiQL and of code generators', () => {
    const query = getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    })
    expect(sizeOf(query)).toMatchObject({ aliases: 0, rootFields: 1, cost: 1_000 })
  })

  test('introspection may be deep, and does not hide depth around it', () => {
    const types = `__type(name: "Post") { ${'ofType { '.repeat(14)}name${' }'.repeat(14)} }`
    expect(sizeOf(`{ ${types} }`).depth).toBe(0)
    expect(sizeOf(`{ ${types} post { id } }`).depth).toBe(2)
  })

  test('a page of a Relay application: fragments of components, edges, page info, type names everywhere', () => {
    const query = `query Page($count: Int!) { posts(first: $count) { edges { node { ...Card __typename } cursor } pageInfo { hasNextPage } } }
      fragment Card on Post { id title author { ...Byline id } tags { id name } related { ...Teaser id } }
      fragment Teaser on Post { title author { ...Byline id } }
      fragment Byline on Author { name posts(first: 3) { edges { node { title id __typename } cursor } } }`
    expect(sizeOf(query, { count: 20 })).toMatchObject({ depth: 9, cost: 900 })
  })
})
