import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { issuesOf } from '../webhooks/subscribing.ts'

const lent = withApp({ role: 'api' })

const url = 'https://receiver.example.com/hooks'

const ofPost = (fields: string) => `subscription { events { ... on PostEvent { post { ${fields} } } } }`
const withVariable =
  'subscription ($format: ContentFormat!) { events { ... on PostEvent { post { content(format: $format) } } } }'

const wrong: { fault: string; document: string; says: RegExp }[] = [
  { fault: 'is not GraphQL', document: 'subscription {', says: /Syntax Error/ },
  { fault: 'is empty', document: '', says: /Syntax Error/ },
  {
    fault: 'asks for a field that does not exist',
    document: 'subscription { events { nonsense } }',
    says: /nonsense/,
  },
  { fault: 'is a query', document: '{ site { title } }', says: /must be a subscription/ },
  {
    fault: 'is a mutation',
    document: 'mutation { publishPost(input: { id: "post_1" }) { __typename } }',
    says: /must be a subscription/,
  },
  {
    fault: 'has two operations',
    document: 'subscription A { events { id } } subscription B { events { id } }',
    says: /exactly one operation/,
  },
  {
    fault: 'has two root fields',
    document: 'subscription { events { id } more: events { id } }',
    says: /must select only one top level field/,
  },
  {
    fault: 'asks for no events',
    document: 'subscription { __typename }',
    says: /must not select an introspection top level field/,
  },
  {
    fault: 'may cost too much',
    document: ofPost(
      'authors { posts(first: 100) { nodes { authors { posts(first: 100) { nodes { id } } } } } }',
    ),
    says: /objects in its largest possible answer; 10,000 are allowed/,
  },
  {
    fault: 'is too deep',
    document: ofPost(`${'author { posts(first: 1) { nodes { '.repeat(5)}id${' } } }'.repeat(5)}`),
    says: /18 levels of fields; 15 are allowed/,
  },
  {
    fault: 'is too long',
    document: `subscription { events { id } } #${'x'.repeat(20_000)}`,
    says: /20,000 are allowed/,
  },
]

test.for(wrong)(
  'a document that $fault is an issue of the input, and nothing is saved',
  async ({ document, says }) => {
    const { app } = lent
    const before = await app.database.db.webhookEndpoint.count()

    expect(await issuesOf(app.admin, { url, document })).toEqual([
      { path: ['input', 'document'], message: expect.stringMatching(says) },
    ])
    expect(await app.database.db.webhookEndpoint.count()).toBe(before)
  },
)

test('variables must have the values that the document declares', async () => {
  const { admin } = lent.app

  const missing = await issuesOf(admin, { url, document: withVariable })
  const ofWrongType = await issuesOf(admin, { url, document: withVariable, variables: { format: 'PDF' } })

  expect(missing).toEqual([{ path: ['input', 'variables'], message: expect.stringContaining('$format') }])
  expect(ofWrongType).toEqual([{ path: ['input', 'variables'], message: expect.stringContaining('PDF') }])
})
