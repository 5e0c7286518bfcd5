import { getNamedType, isLeafType } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { create } from '../api/writing.ts'
import {
  isNode,
  oddValues,
  queryFor,
  type ReadArgument,
  readArguments,
  valuesAtOnce,
  valuesOfOtherTypes,
  variableOf,
} from '../api/wrong-arguments.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'

// An error of ours that anything below brings about is logged, and fails the file.
const lent = withApp({ role: 'api' })
const all = readArguments()
const named = all.map((read) => [`${read.type}.${read.field.name}(${read.argument.name}:)`, read] as const)

/** Something of each type that has fields with arguments. */
const ids: Record<string, string | undefined> = {}

beforeAll(async () => {
  const { app } = lent
  const { db } = app.database
  await makePosts(app, { count: 1 })
  const { post } = await create(app.admin, { title: 'A draft', source: 'x' })
  const { data } = await app.admin.send<{ made: { webhookEndpoint: { id: string } } }>(
    'mutation { made: createWebhookEndpoint(input: { url: "http://127.0.0.1:9/" }) { ... on CreateWebhookEndpointPayload { webhookEndpoint { id } } } }',
  )
  Object.assign(ids, {
    Post: post.id,
    PostRevision: (await db.postRevision.findFirstOrThrow()).id,
    Author: (await db.author.findFirstOrThrow()).id,
    Category: (await db.category.findFirstOrThrow()).id,
    Tag: (await db.tag.findFirstOrThrow()).id,
    WebhookEndpoint: data?.made.webhookEndpoint.id,
  })
})

/** Asks with all scopes, so that no other error stands before the one that is looked for; with every value in one request. */
const ask = async (read: ReadArgument, values: unknown[]) => {
  const { query, variables } = queryFor(read, values)
  const nodeId = ids[read.type]
  if (isNode(read.type) && !nodeId) throw new Error(`Make a ${read.type} at the top of this file.`)
  return lent.app.admin.send(query, isNode(read.type) ? { ...variables, nodeId } : variables)
}

/** As many at once as a request may have: a search costs as much as a hundred lists, and its filter adds to that. */
const inParts = ({ field }: ReadArgument, values: unknown[]): unknown[][] => {
  const atOnce = field.name === 'search' ? 2 : valuesAtOnce
  return values.flatMap((_, at) => (at % atOnce === 0 ? [values.slice(at, at + atOnce)] : []))
}

type Wrong = [value: unknown, code: string, says: string]

const pageSizes: Wrong[] = [
  [-1, 'BAD_USER_INPUT', 'is -1; it must be from 0 to 100'],
  [101, 'PAGE_SIZE_EXCEEDED', 'is 101; at most 100'],
]
const cursors: Wrong[] = [
  ['nonsense', 'INVALID_CURSOR', 'cursor of this list'],
  ['', 'INVALID_CURSOR', 'cursor of this list'],
]
/** What is of the right type and wrong all the same. What takes any value has an empty list, and says why. */
const wrong: Record<string, Wrong[]> = {
  'first: Int': pageSizes,
  'first: Int!': pageSizes,
  'last: Int': pageSizes,
  'after: String': cursors,
  'before: String': cursors,
  'Query.changes(after: String)': [
    ['nonsense', 'INVALID_CURSOR', 'the sequence of an event, such as "1042", not "nonsense"'],
  ],
  'ids: [ID!]!': [
    [Array.from({ length: 101 }, () => 'x'), 'PAGE_SIZE_EXCEEDED', 'has 101 entries; at most 100'],
  ],
  // What is no address of the site is null, as is what is not there.
  'url: String!': [],
  // An id of nothing is null, as is what a caller may not see.
  'id: ID!': [],
  // Nothing was made by, or is of, what is not there.
  'createdById: ID': [],
  'postId: ID': [],
  // One that is not valid changes nothing, or it would tell of itself.
  'previewToken: String': [],
  'includeDescendants: Boolean!': [],
  'query: String!': [['x'.repeat(501), 'BAD_USER_INPUT', 'is 501 characters long; at most 500']],
}

const wrongOf = ({ type, field, argument }: ReadArgument): Wrong[] => {
  const key = `${argument.name}: ${argument.type}`
  const known = wrong[`${type}.${field.name}(${key})`] ?? wrong[key]
  if (known) return known
  const named = getNamedType(argument.type)
  // What an input or an enum allows is all in its type.
  if (!isLeafType(named) || 'getValues' in named) return []
  throw new Error(`Say in this file what is wrong as ${type}.${field.name}(${key}).`)
}

test('there are arguments to try, of Query and of what is under it', () => {
  expect(all.length).toBeGreaterThan(40)
  expect(new Set(all.map(({ type }) => type)).size).toBeGreaterThan(4)
})

describe.each(named)('%s', (_, read) => {
  test('of another type is BAD_USER_INPUT, which names the argument and the value', async () => {
    for (const values of inParts(read, valuesOfOtherTypes(read.argument.type))) {
      const { status, data, errors } = await ask(read, values)
      expect([status, data]).toEqual([400, null])
      for (const [at, value] of values.entries()) {
        const own = errors.filter(({ message }) => message.includes(`"$${variableOf(read.argument, at)}"`))
        const codes = new Set(own.map(({ extensions }) => extensions?.code))
        expect([...codes], JSON.stringify(value)).toEqual(['BAD_USER_INPUT'])
      }
    }
  })

  test('of the type and wrong has a code, and says what is allowed', async () => {
    for (const [value, code, says] of wrongOf(read)) {
      const { errors } = await ask(read, [value])
      const codes = errors.map(({ extensions }) => extensions?.code)
      const message = errors[0]?.message
      expect([codes, message], JSON.stringify(value)).toEqual([[code], expect.stringContaining(says)])
      expect(message).toContain(`"${read.argument.name}"`)
    }
  })

  test('with a text that something cannot hold is answered, or told what is wrong with it', async () => {
    for (const values of oddValues(read.argument.type).flatMap((some) => inParts(read, some))) {
      const { data, errors } = await ask(read, values)
      // One that is refused may keep the others from being answered.
      if (data === null && errors.length < values.length)
        for (const value of values) errors.push(...(await ask(read, [value])).errors)
      for (const { extensions, message } of errors) {
        expect(['BAD_USER_INPUT', 'INVALID_CURSOR']).toContain(extensions?.code)
        expect(message).not.toMatch(/prisma|SELECT|node_modules|\.ts\b|at Object/)
      }
    }
  })
})

test('first and last together are refused, wherever there are both', async () => {
  const both = all.filter(
    ({ field, argument }) => argument.name === 'first' && field.args.some(({ name }) => name === 'last'),
  )
  expect(both.length).toBeGreaterThan(5)
  for (const { type, field } of both.filter((read) => read.type === 'Query')) {
    const { data, errors } = await lent.app.admin.send(`{ ${field.name}(first: 1, last: 1) { __typename } }`)
    expect([type, data, errors[0]?.extensions?.code]).toEqual([type, null, 'BAD_USER_INPUT'])
    expect(errors[0]?.message).toContain('either "first" or "last"')
  }
})

const list = (type: string) => `query ($given: ${type}) { posts(orderBy: $given) { nodes { id } } }`
const orders = 'PostOrderField is one of CREATED_AT, PUBLISHED_AT, TITLE, UPDATED_AT.'
const kinds = 'PostBy has the fields guid, id, legacyId, origin, path, slug.'

test.each<[what: string, query: string, given: unknown, message: string]>([
  [
    'a value of an enum that there is not',
    '{ posts(orderBy: { field: TITEL, direction: ASC }) { nodes { id } } }',
    null,
    `Argument "orderBy" has invalid value at .field: Value "TITEL" does not exist in "PostOrderField" enum. Did you mean the enum value "TITLE"? ${orders}`,
  ],
  [
    'a value of an enum that there is not, in a variable',
    list('PostOrder'),
    { field: 'NAME', direction: 'ASC' },
    `Variable "$given" has invalid value at .field: Value "NAME" does not exist in "PostOrderField" enum. ${orders}`,
  ],
  [
    'a value of an enum that there is not, in the default of a variable',
    list('PostOrder = { field: NAME, direction: ASC }'),
    null,
    `Variable "$given" has invalid value at .field: Value "NAME" does not exist in "PostOrderField" enum. ${orders}`,
  ],
  [
    'a list with a value of an enum that there is not',
    '{ posts(filter: { OR: [{ status: [DRAFT, GONE] }] }) { nodes { id } } }',
    null,
    'Argument "filter" has invalid value at .OR[0].status[1]: Value "GONE" does not exist in "PostStatus" enum. PostStatus is one of DRAFT, PUBLISHED, SCHEDULED, TRASHED.',
  ],
  [
    'a field that there is not',
    '{ posts(filter: { tags: { of: ["a"] } }) { nodes { id } } }',
    null,
    'Argument "filter" has invalid value at .tags: Expected value of type "SlugFilter" not to include unknown field "of", found: { of: ["a"] }. SlugFilter has the fields all, any, none.',
  ],
  [
    'a text in place of fields, in a variable',
    list('PostOrder'),
    'TITLE',
    'Variable "$given" has invalid value: Expected value of type "PostOrder" to be an object, found: "TITLE". PostOrder has the fields direction, field.',
  ],
  [
    'a scalar of another kind',
    '{ posts(first: "ten") { nodes { id } } }',
    null,
    'Argument "first" has invalid value: Int cannot represent non-integer value: "ten"',
  ],
  [
    'two fields of which one is allowed',
    '{ post(by: { id: "a", slug: "b" }) { id } }',
    null,
    `Argument "by" has invalid value: Within OneOf Input Object type "PostBy", exactly one field must be specified, and the value for that field must be non-null. Found: { id: "a", slug: "b" }. ${kinds}`,
  ],
  [
    'two fields of which one is allowed, in a variable',
    'query ($given: PostBy!) { post(by: $given) { id } }',
    { id: 'a', slug: 'b' },
    `Variable "$given" has invalid value: Within OneOf Input Object type "PostBy", exactly one field must be specified, and the value for that field must be non-null. Found: {"id":"a","slug":"b"}. ${kinds}`,
  ],
  [
    'null in place of the one field, in a variable',
    'query ($given: PostBy!) { post(by: $given) { id } }',
    { id: null },
    `Variable "$given" has invalid value at .id: Within OneOf Input Object type "PostBy", exactly one field must be specified, and the value for that field must be non-null. ${kinds}`,
  ],
  [
    'a type of event that there is not, in a subscription',
    'subscription ($given: [EventType!]) { events(types: $given) { id } }',
    ['POST_GONE'],
    'Variable "$given" has invalid value at [0]: Value "POST_GONE" does not exist in "EventType" enum.',
  ],
])('%s is told with its place and with what is allowed', async (_, query, given, message) => {
  const { status, errors } = await lent.app.admin.send(query, given === null ? {} : { given })
  const code = given === null ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_USER_INPUT'
  expect([status, errors.length, errors[0]?.extensions?.code]).toEqual([400, 1, code])
  expect(errors[0]?.message).toContain(message)
})

test('what is allowed stands behind a value of any length', async () => {
  const given = { title: 'A', sauce: 'x'.repeat(500_000) }
  const query = 'mutation ($given: CreatePostInput!) { createPost(input: $given) { __typename } }'
  const { errors } = await lent.app.admin.send(query, { given })
  expect(errors.map(({ message }) => message.length < 600)).toEqual([true, true])
  expect(errors[1]?.message).toMatch(/unknown field "sauce".*… CreatePostInput has the fields .* source,/)
})

test('of very many wrong values the first fifty are told', async () => {
  const { errors } = await lent.app.admin.send('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    ids: Array.from({ length: 100_000 }, () => 1.5),
  })
  expect(errors).toHaveLength(51)
  expect(errors[49]?.message).toContain('at [49]: ID cannot represent')
  expect(errors[50]?.message).toContain('error limit reached')
})

test('a webhook document is told the same', async () => {
  const query = `mutation ($document: String!, $variables: JSON) {
    createWebhookEndpoint(input: { url: "http://127.0.0.1:9/", document: $document, variables: $variables }) {
      ... on ValidationError { issues { message } }
    }
  }`
  const issues = async (document: string, variables: object | null) => {
    const { data } = await lent.app.admin.send<{ createWebhookEndpoint: unknown }>(query, {
      document,
      variables,
    })
    return JSON.stringify(data?.createWebhookEndpoint)
  }
  const content = (format: string) =>
    `{ events { ... on PostEvent { post { content(format: ${format}) } } } }`
  const allowed = 'ContentFormat is one of HTML'
  expect(await issues(`subscription ${content('PDF')}`, null)).toContain(allowed)
  expect(
    await issues(`subscription ($format: ContentFormat!) ${content('$format')}`, { format: 'PDF' }),
  ).toContain(allowed)
})
