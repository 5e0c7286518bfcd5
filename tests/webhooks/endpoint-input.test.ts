import { expect, test } from 'vitest'
import {
  CreateWebhookEndpointDocument,
  type CreateWebhookEndpointInput,
  DeleteWebhookEndpointDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { subscribe } from './subscribing.ts'

const lent = withApp({ role: 'api' })

const url = 'https://receiver.example.com/hooks'

const ofPost = (fields: string) => `subscription { events { ... on PostEvent { post { ${fields} } } } }`
const withVariable =
  'subscription ($format: ContentFormat!) { events { ... on PostEvent { post { content(format: $format) } } } }'

const wrong: { fault: string; input: Partial<CreateWebhookEndpointInput>; at: string; says: RegExp }[] = [
  {
    fault: 'plain http',
    input: { url: 'http://example.com/' },
    at: 'url',
    says: /http is for hosts in WEBH/,
  },
  {
    fault: 'a user name',
    input: { url: 'https://me@example.com/' },
    at: 'url',
    says: /user name or password/,
  },
  { fault: 'a password', input: { url: 'https://:pw@example.com/' }, at: 'url', says: /user name or passw/ },
  { fault: 'a fragment', input: { url: 'https://example.com/#top' }, at: 'url', says: /fragment/ },
  { fault: 'NUL in the description', input: { description: 'a\0b' }, at: 'description', says: /./ },
  {
    fault: 'a description without end',
    input: { description: 'x'.repeat(5_000) },
    at: 'description',
    says: /1,?000/,
  },
  { fault: 'variables that are a list', input: { variables: [1] }, at: 'variables', says: /JSON object/ },
  {
    fault: 'a document that is not GraphQL',
    input: { document: 'subscription {' },
    at: 'document',
    says: /Syntax Error/,
  },
  { fault: 'an empty document', input: { document: '' }, at: 'document', says: /./ },
  {
    fault: 'a field that does not exist',
    input: { document: 'subscription { events { nonsense } }' },
    at: 'document',
    says: /nonsense/,
  },
  {
    fault: 'a query',
    input: { document: '{ site { title } }' },
    at: 'document',
    says: /must be a subscription/,
  },
  {
    fault: 'a mutation',
    input: { document: 'mutation { publishPost(input: { id: "post_1" }) { __typename } }' },
    at: 'document',
    says: /must be a subscription/,
  },
  {
    fault: 'two operations',
    input: { document: 'subscription A { events { id } } subscription B { events { id } }' },
    at: 'document',
    says: /exactly one operation/,
  },
  {
    fault: 'two root fields',
    input: { document: 'subscription { events { id } more: events { id } }' },
    at: 'document',
    says: /one.*field/i,
  },
  {
    fault: 'no events at all',
    input: { document: 'subscription { __typename }' },
    at: 'document',
    says: /events|introspection/i,
  },
  {
    fault: 'another name for events',
    input: { document: 'subscription { renamed: events { id } }' },
    at: 'document',
    says: /events/,
  },
  {
    fault: 'a document that costs too much',
    input: {
      document: ofPost(
        'authors { posts(first: 100) { nodes { authors { posts(first: 100) { nodes { id } } } } } }',
      ),
    },
    at: 'document',
    says: /objects in its largest possible answer/,
  },
  {
    fault: 'a document that is too deep',
    input: { document: ofPost(`${'author { posts { nodes { '.repeat(5)}id${' } } }'.repeat(5)}`) },
    at: 'document',
    says: /levels of fields|objects/,
  },
  {
    fault: 'a document that is too long',
    input: { document: `subscription { events { id } } #${'x'.repeat(20_000)}` },
    at: 'document',
    says: /20,000/,
  },
  {
    fault: 'a variable that is missing',
    input: { document: withVariable },
    at: 'variables',
    says: /\$format/,
  },
  {
    fault: 'a variable of a wrong type',
    input: { document: withVariable, variables: { format: 'PDF' } },
    at: 'variables',
    says: /PDF/,
  },
]

test.for(wrong)('$fault is an issue at its own field, and nothing is saved', async ({ input, at, says }) => {
  const { app } = lent
  const before = await app.database.db.webhookEndpoint.count()

  expect(await issuesOf(app.admin, input)).toEqual([
    { path: ['input', at], message: expect.stringMatching(says) },
  ])
  expect(await app.database.db.webhookEndpoint.count()).toBe(before)
})

test('all faults are told at once', async () => {
  const client = await lent.app.clientWith('WEBHOOKS_MANAGE')

  const issues = await issuesOf(client, {
    url: 'http://me:pw@example.com/',
    description: 'x'.repeat(5_000),
    document: 'query { site { title } }',
    scopes: ['CONTENT_READ'],
  })

  expect(issues.map(({ path }) => path.join('.'))).toEqual([
    'input.url',
    'input.description',
    'input.document',
    'input.scopes',
  ])
})

test('an endpoint can have no scope that its maker lacks', async () => {
  const client = await lent.app.clientWith('WEBHOOKS_MANAGE', 'CONTENT_WRITE')

  const refused = await issuesOf(client, { scopes: ['CONTENT_READ', 'CONTENT_PUBLISH', 'ADMIN'] })
  // Writing includes reading.
  await subscribe(client, { url, scopes: ['CONTENT_READ', 'CONTENT_WRITE'] })

  expect(refused).toEqual([
    { path: ['input', 'scopes'], message: expect.stringContaining('CONTENT_PUBLISH') },
    { path: ['input', 'scopes'], message: expect.stringContaining('ADMIN') },
  ])
})

test('what is no http or https URL, and what is no event type, is refused before anything runs', async () => {
  const { app } = lent
  const mutation =
    'mutation ($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) { __typename } }'

  for (const bad of ['ftp://example.com/', '/hooks', 'https://', 'https://exa mple.com/']) {
    const { errors, data } = await app.admin.send(mutation, { input: { url: bad } })
    expect(errors, bad).toMatchObject([
      { message: expect.stringContaining('URL'), extensions: { code: 'BAD_USER_INPUT' } },
    ])
    expect(data).toBeNull()
  }
  const { errors } = await app.admin.send(mutation, { input: { url, eventTypes: ['POST_READ'] } })
  expect(errors).toMatchObject([{ message: expect.stringContaining('POST_READ') }])
})

test('without webhooks:manage no endpoint is made or deleted, with another key or with none', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url })
  const editor = await app.clientWith('CONTENT_WRITE', 'CONTENT_PUBLISH', 'KEYS_MANAGE')

  for (const client of [editor, app.anonymous]) {
    const made = await client.send(String(CreateWebhookEndpointDocument), { input: { url } })
    const deleted = await client.send(String(DeleteWebhookEndpointDocument), { input: { id } })
    for (const { errors } of [made, deleted])
      expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  }
  expect(await app.database.db.webhookEndpoint.count({ where: { id } })).toBe(1)
})

test('an endpoint that does not exist cannot be deleted', async () => {
  const { deleteWebhookEndpoint } = await lent.app.admin.run(DeleteWebhookEndpointDocument, {
    input: { id: 'endpoint_01kt0000000000000000000000' },
  })

  expect(deleteWebhookEndpoint).toMatchObject({ __typename: 'NotFoundError', path: ['input', 'id'] })
})

const issuesOf = async (client: Client, input: Partial<CreateWebhookEndpointInput>) => {
  const { createWebhookEndpoint: result } = await client.run(CreateWebhookEndpointDocument, {
    input: { url, ...input },
  })
  if (result.__typename !== 'ValidationError') throw new Error(`Not refused: ${JSON.stringify(result)}`)
  return result.issues
}
