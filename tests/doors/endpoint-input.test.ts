import { expect, test } from 'vitest'
import {
  CreateWebhookEndpointDocument,
  type CreateWebhookEndpointInput,
  DeleteWebhookEndpointDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { issuesOf, subscribe } from '../webhooks/subscribing.ts'

const lent = withApp({ role: 'api' })

const url = 'https://receiver.example.com/hooks'

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
  {
    fault: 'a URL without end',
    input: { url: `https://example.com/${'x'.repeat(3_000)}` },
    at: 'url',
    says: /at most 2000/,
  },
  { fault: 'NUL in the description', input: { description: 'a\0b' }, at: 'description', says: /./ },
  {
    fault: 'a description without end',
    input: { description: 'x'.repeat(5_000) },
    at: 'description',
    says: /1,?000/,
  },
  { fault: 'variables that are a list', input: { variables: [1] }, at: 'variables', says: /JSON object/ },
]

test.for(wrong)('$fault is an issue at its own field, and nothing is saved', async ({ input, at, says }) => {
  const { app } = lent
  const before = await app.database.db.webhookEndpoint.count()

  expect(await issuesOf(app.admin, { url, ...input })).toEqual([
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

  const refused = await issuesOf(client, { url, scopes: ['CONTENT_READ', 'CONTENT_PUBLISH', 'ADMIN'] })
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

test('there is a number of endpoints beyond which none is made, and the refusal says what to do', async () => {
  const { app } = lent
  const { id } = await subscribe(app.admin, { url })
  const columns = await app.database.db.$queryRaw<{ name: string }[]>`
    SELECT column_name AS name FROM information_schema.columns
    WHERE table_name = 'webhook_endpoints' AND table_schema = current_schema() AND column_name <> 'id'`
  const names = columns.map(({ name }) => `"${name}"`).join()
  await app.database.runScript(`
    INSERT INTO webhook_endpoints (id, ${names})
    SELECT 'endpoint_copy' || number, ${names} FROM webhook_endpoints, generate_series(1, 199) AS number WHERE id = '${id}'`)
  const issues = await issuesOf(app.admin, { url })
  expect(issues).toMatchObject([{ message: expect.stringMatching(/at most 200 .*deleteWebhookEndpoint/) }])
  await app.database.runScript(`DELETE FROM webhook_endpoints WHERE id LIKE 'endpoint_copy%'`)
})
