import { beforeAll, expect, test } from 'vitest'
import { create } from '../api/writing.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'

// tests/doors/scopes.test.ts asks for each mutation and field as it is; these come by another way.
const lent = withApp({ role: 'api' })
let id: string
let writer: Client

beforeAll(async () => {
  id = (await create(lent.app.admin, { title: 'Mine', source: 'x' })).post.id
  writer = await lent.app.clientWith('CONTENT_WRITE')
})

const statusOf = async () => (await lent.app.database.db.post.findUniqueOrThrow({ where: { id } })).status

/** Ways to ask for what needs content:publish, as somebody with content:write. */
const ways: Record<string, string> = {
  'an alias': 'mutation ($id: ID!) { updatePost: publishPost(input: { id: $id }) { __typename } }',
  'a named fragment': `mutation ($id: ID!) { ...Hidden }
    fragment Hidden on Mutation { publishPost(input: { id: $id }) { __typename } }`,
  'fragments within fragments': `mutation ($id: ID!) { ...Outer }
    fragment Outer on Mutation { ... on Mutation { ...Inner } }
    fragment Inner on Mutation { publishPost(input: { id: $id }) { __typename } }`,
  'a directive':
    'mutation ($id: ID!) { ... @include(if: true) { publishPost(input: { id: $id }) { __typename } } }',
  'a list of one': 'mutation ($id: ID!) { publishPosts(input: { posts: [{ id: $id }] }) { __typename } }',
  'an allowed one before it': `mutation ($id: ID!) {
    updatePost(input: { id: $id, title: "Mine" }) { __typename }
    publishPost(input: { id: $id }) { __typename }
  }`,
  'an allowed one after it': `mutation ($id: ID!) {
    publishPost(input: { id: $id }) { __typename }
    updatePost(input: { id: $id, title: "Mine" }) { __typename }
  }`,
}

test.each(Object.entries(ways))('a mutation is refused as well when it comes as %s', async (_way, query) => {
  const { data, errors } = await writer.send(query, { id })
  expect(data).toBeNull()
  expect(errors.map(({ extensions }) => extensions?.code)).toEqual(['FORBIDDEN'])
  expect(await statusOf()).toBe('DRAFT')
})

test('of several operations it is the one that runs whose scope is asked for', async () => {
  const query = `query Allowed { viewer { keyName } }
    mutation Update($id: ID!) { updatePost(input: { id: $id, title: "Mine" }) { __typename } }
    mutation Publish($id: ID!) { publishPost(input: { id: $id }) { __typename } }`
  const run = async (operationName: string) => {
    const response = await fetch(`${lent.app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${writer.key}` },
      body: JSON.stringify({ query, variables: { id }, operationName }),
    })
    return response.json()
  }
  expect(await run('Allowed')).toEqual({ data: { viewer: { keyName: 'A test' } } })
  expect(await run('Update')).toEqual({ data: { updatePost: { __typename: 'UpdatePostPayload' } } })
  expect(await run('Publish')).toMatchObject({
    data: null,
    errors: [{ extensions: { code: 'FORBIDDEN' } }],
  })
  expect(await statusOf()).toBe('DRAFT')
})

test('a field with a scope is refused under an alias, in a fragment and below a connection', async () => {
  const { app } = lent
  await app.admin.send('mutation ($id: ID!) { publishPost(input: { id: $id }) { __typename } }', { id })
  const query = `query ($id: ID!) {
    posts { nodes { title: source ...Hidden } edges { node { ...Hidden } } }
    node(id: $id) { ...Hidden }
  }
  fragment Hidden on Post { slug: scheduledAt revisions { nodes { source } } draft { source } }`
  const hidden = { slug: null, revisions: null, draft: null }
  const { data, errors } = await app.anonymous.send(query, { id })
  expect(data).toEqual({
    posts: { nodes: [{ title: null, ...hidden }], edges: [{ node: hidden }] },
    node: hidden,
  })
  expect(errors.map(({ extensions }) => extensions?.code)).toEqual(Array(10).fill('FORBIDDEN'))
})

test('nothing that writing opens makes a post public', async () => {
  const { app } = lent
  const { post } = await create(writer, {
    title: 'Not public',
    source: 'x',
    publishedAt: '2020-01-01T00:00:00Z',
  })
  await writer.send('mutation ($id: ID!) { updatePost(input: { id: $id, title: "Still" }) { __typename } }', {
    id: post.id,
  })
  await writer.send('mutation ($id: ID!) { restorePost(input: { id: $id }) { __typename } }', { id: post.id })
  const [revision] = await app.database.db.postRevision.findMany({ where: { postId: post.id } })
  const { data } = await writer.send(
    'mutation ($id: ID!) { restorePostRevision(input: { revisionId: $id }) { __typename } }',
    { id: revision?.id },
  )
  expect(data).toEqual({ restorePostRevision: { __typename: 'RestorePostRevisionPayload' } })
  const seen = await app.anonymous.send('query ($id: ID!) { post(by: { id: $id }) { id } }', { id: post.id })
  expect(seen.data).toEqual({ post: null })
})
