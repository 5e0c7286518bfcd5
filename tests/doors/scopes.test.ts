import { getNamedType, isCompositeType, isObjectType } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { schema } from '../../src/graphql/schema.ts'
import { system } from '../../src/keys/viewer.ts'
import { newId } from '../../src/lib/id.ts'
import { setEndpointStatus } from '../../src/webhooks/endpoints/status.ts'
import { makeToken } from '../api/previewing.ts'
import { sampleArguments } from '../api/sample-arguments.ts'
import { create, createAndPublish, update } from '../api/writing.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { importSample } from '../support/sample.ts'

/** Every mutation and the scope that opens it. */
const mutations: Record<string, ApiKeyScope> = {
  createApiKey: 'KEYS_MANAGE',
  createAuthor: 'CONTENT_WRITE',
  createCategory: 'CONTENT_WRITE',
  createPost: 'CONTENT_WRITE',
  createPreviewToken: 'CONTENT_WRITE',
  createTag: 'CONTENT_WRITE',
  createWebhookEndpoint: 'WEBHOOKS_MANAGE',
  deleteAuthor: 'CONTENT_WRITE',
  deleteCategory: 'CONTENT_WRITE',
  deletePost: 'CONTENT_PUBLISH',
  deleteTag: 'CONTENT_WRITE',
  deleteWebhookEndpoint: 'WEBHOOKS_MANAGE',
  mergeCategories: 'CONTENT_WRITE',
  mergeTags: 'CONTENT_WRITE',
  publishPost: 'CONTENT_PUBLISH',
  publishPosts: 'CONTENT_PUBLISH',
  redeliverWebhook: 'WEBHOOKS_MANAGE',
  replayWebhooks: 'WEBHOOKS_MANAGE',
  restorePost: 'CONTENT_WRITE',
  restorePostRevision: 'CONTENT_WRITE',
  revokeApiKey: 'KEYS_MANAGE',
  revokePreviewToken: 'CONTENT_WRITE',
  rotateWebhookSecret: 'WEBHOOKS_MANAGE',
  sendTestWebhook: 'WEBHOOKS_MANAGE',
  trashPost: 'CONTENT_PUBLISH',
  trashPosts: 'CONTENT_PUBLISH',
  unpublishPost: 'CONTENT_PUBLISH',
  unpublishPosts: 'CONTENT_PUBLISH',
  updateAuthor: 'CONTENT_WRITE',
  updateCategory: 'CONTENT_WRITE',
  updatePost: 'CONTENT_WRITE',
  updateTag: 'CONTENT_WRITE',
  updateWebhookEndpoint: 'WEBHOOKS_MANAGE',
}

/** Every field with a scope of its own. */
const fields: Record<string, ApiKeyScope> = {
  'AuthorEvent.actor': 'CONTENT_READ',
  'AuthorEvent.actorId': 'CONTENT_READ',
  'CategoryEvent.actor': 'CONTENT_READ',
  'CategoryEvent.actorId': 'CONTENT_READ',
  'EndpointEvent.actor': 'CONTENT_READ',
  'EndpointEvent.actorId': 'CONTENT_READ',
  'ImportEvent.actor': 'CONTENT_READ',
  'ImportEvent.actorId': 'CONTENT_READ',
  'Origin.frontMatter': 'CONTENT_READ',
  'Post.draft': 'CONTENT_READ',
  'Post.hasUnpublishedChanges': 'CONTENT_READ',
  'Post.revisions': 'CONTENT_READ',
  'Post.scheduledAt': 'CONTENT_READ',
  'Post.source': 'CONTENT_READ',
  'Post.unpublishAt': 'CONTENT_READ',
  'PostEvent.actor': 'CONTENT_READ',
  'PostEvent.actorId': 'CONTENT_READ',
  'PostEvent.reason': 'CONTENT_READ',
  'Query.apiKeys': 'KEYS_MANAGE',
  'Query.previewTokens': 'CONTENT_WRITE',
  'Query.previewWebhook': 'WEBHOOKS_MANAGE',
  'Query.webhookDeliveries': 'WEBHOOKS_MANAGE',
  'Query.webhookEndpoints': 'WEBHOOKS_MANAGE',
  'TagEvent.actor': 'CONTENT_READ',
  'TagEvent.actorId': 'CONTENT_READ',
}

/** Every kind of object that `node` shows only to a scope. */
const nodes: Record<string, ApiKeyScope> = {
  ApiKey: 'KEYS_MANAGE',
  PostRevision: 'CONTENT_READ',
  PreviewToken: 'CONTENT_WRITE',
  WebhookEndpoint: 'WEBHOOKS_MANAGE',
  WebhookDelivery: 'WEBHOOKS_MANAGE',
  draft: 'CONTENT_READ',
}

/** Who asks, and what that opens. */
const callers: [name: string, scopes: ApiKeyScope[], opened: ApiKeyScope[]][] = [
  ['nobody', [], []],
  ['CONTENT_READ', ['CONTENT_READ'], ['CONTENT_READ']],
  ['CONTENT_WRITE', ['CONTENT_WRITE'], ['CONTENT_READ', 'CONTENT_WRITE']],
  ['CONTENT_PUBLISH', ['CONTENT_PUBLISH'], ['CONTENT_READ', 'CONTENT_PUBLISH']],
  ['WEBHOOKS_MANAGE', ['WEBHOOKS_MANAGE'], ['WEBHOOKS_MANAGE']],
  ['KEYS_MANAGE', ['KEYS_MANAGE'], ['KEYS_MANAGE']],
  ['ADMIN', ['ADMIN'], Object.values(ApiKeyScope)],
]

const lent = withApp({ role: 'api' })
/** A public one of every type that has a field with a scope, and one of each of `nodes`. */
const ids: Record<string, string> = {}

beforeAll(async () => {
  const { app } = lent
  const { db } = app.database
  await importSample(app)
  for (const mutation of ['createAuthor', 'createCategory', 'createTag', 'createWebhookEndpoint'])
    await call(app.admin, 'mutation', mutation)
  const published = await createAndPublish(app.admin, { title: 'Published', source: 'x' })
  await update(app.admin, { id: published, title: 'Pending' })
  const { post: draft } = await create(app.admin, { title: 'Draft', source: 'x' })
  const endpoint = await db.webhookEndpoint.findFirstOrThrow()
  await app.core.write(system('a test'), (w) => setEndpointStatus(w, endpoint.id, 'DISABLED', null))
  // What is asked here is who sees the field of an event that everyone sees.
  await db.event.updateMany({ data: { isPublic: true } })
  const eventOf = async (type: string) => (await db.event.findFirstOrThrow({ where: { type } })).id
  const delivery = {
    id: newId('delivery'),
    endpointId: endpoint.id,
    subjectId: published,
    createdAt: app.clock.now(),
  }
  await db.webhookDelivery.create({ data: { ...delivery, status: 'CANCELLED' } })
  const imported = await db.postOrigin.findFirstOrThrow({
    where: { frontMatter: { not: '' }, post: { status: 'PUBLISHED' } },
  })
  Object.assign(ids, {
    Post: published,
    draft: draft.id,
    PostRevision: (await db.postRevision.findFirstOrThrow({ where: { postId: published } })).id,
    PreviewToken: (await makeToken(app.admin, published)).id,
    ApiKey: (await db.apiKey.findFirstOrThrow()).id,
    WebhookEndpoint: endpoint.id,
    WebhookDelivery: delivery.id,
    PostEvent: await eventOf('post.published'),
    AuthorEvent: await eventOf('author.created'),
    CategoryEvent: await eventOf('category.created'),
    TagEvent: await eventOf('tag.created'),
    EndpointEvent: await eventOf('endpoint.disabled'),
    ImportEvent: await eventOf('import.completed'),
    Origin: imported.postId,
  })
})

const fieldOf = (typeName: string, name: string) => {
  const type = schema.getType(typeName)
  const field = isObjectType(type) ? type.getFields()[name] : undefined
  if (!field) throw new Error(`The schema has no ${typeName}.${name}.`)
  return field
}

/** Asks for a root field with the least that it takes. */
const call = (client: Client, kind: 'query' | 'mutation', name: string) => {
  const { variables, declared, given } = sampleArguments(
    fieldOf(kind === 'query' ? 'Query' : 'Mutation', name),
  )
  // A preview is of an event that there is.
  if (name === 'previewWebhook') variables.input = { eventId: ids.PostEvent }
  return client.send(`${kind} Sample${declared} { ${name}${given} { __typename } }`, variables)
}

/** What is no node, and the type and the field that have it. */
const wayTo: Record<string, [type: string, field: string]> = { Origin: ['Post', 'origin'] }

/** Asks for one field, wherever it is. */
const ask = (client: Client, coordinate: string) => {
  const [typeName = '', name = ''] = coordinate.split('.')
  if (typeName === 'Query') return call(client, 'query', name)
  const inside = isCompositeType(getNamedType(fieldOf(typeName, name).type)) ? ' { __typename }' : ''
  const [on, within] = wayTo[typeName] ?? [typeName]
  const asked = within ? `${within} { asked: ${name}${inside} }` : `asked: ${name}${inside}`
  const query = `query ($id: ID!) { node(id: $id) { ... on ${on} { ${asked} } } }`
  return client.send(query, { id: ids[typeName] })
}

/** What is left of an answer where a field is refused: all but the field. */
const refusedOf = (coordinate: string) => {
  const [typeName = ''] = coordinate.split('.')
  if (typeName === 'Query') return null
  const within = wayTo[typeName]?.[1]
  return { node: within ? { [within]: { asked: null } } : { asked: null } }
}

const clientFor = (scopes: ApiKeyScope[]) =>
  scopes.length === 0 ? lent.app.anonymous : lent.app.clientWith(...scopes)
const codesOf = ({ errors }: { errors: { extensions?: { code?: string } }[] }) =>
  errors.map(({ extensions }) => extensions?.code)
const openedBy = (table: Record<string, ApiKeyScope>, opened: ApiKeyScope[]) =>
  Object.keys(table).filter((name) => opened.includes(table[name] as ApiKeyScope))

test('the tables here have every mutation and every field with a scope, and the descriptions say the same', () => {
  const found: Record<string, unknown> = {}
  for (const type of Object.values(schema.getTypeMap()).filter(isObjectType)) {
    for (const [name, field] of Object.entries(type.getFields())) {
      const { authScopes } = (field.extensions.pothosOptions ?? {}) as { authScopes?: { scope: ApiKeyScope } }
      const coordinate = type.name === 'Mutation' ? name : `${type.name}.${name}`
      const written = /Needs (\w+:\w+)/
        .exec(field.description ?? '')?.[1]
        ?.toUpperCase()
        .replace(':', '_')
      if (authScopes || type.name === 'Mutation') found[coordinate] = authScopes?.scope
      if (authScopes) expect(written, coordinate).toBe(authScopes.scope)
    }
  }
  expect(found, 'Add what is new to the tables of this file').toEqual({ ...mutations, ...fields })
})

describe.each(callers)('asked by %s, a caller', (_name, scopes, opened) => {
  test('opens its own mutations; any other is data null and FORBIDDEN', async () => {
    const client = await clientFor(scopes)
    const open: string[] = []
    for (const name of Object.keys(mutations)) {
      const reply = await call(client, 'mutation', name)
      if (codesOf(reply).includes('FORBIDDEN')) {
        expect([name, reply.data, codesOf(reply)]).toEqual([name, null, ['FORBIDDEN']])
      } else {
        expect([name, reply.errors, Object.keys(reply.data ?? {})]).toEqual([name, [], [name]])
        open.push(name)
      }
    }
    expect(open).toEqual(openedBy(mutations, opened))
  })

  test('opens its own fields; any other is null and FORBIDDEN', async () => {
    const client = await clientFor(scopes)
    const open: string[] = []
    for (const coordinate of Object.keys(fields)) {
      const reply = await ask(client, coordinate)
      if (codesOf(reply).includes('FORBIDDEN')) {
        expect([coordinate, reply.data, codesOf(reply)]).toEqual([
          coordinate,
          refusedOf(coordinate),
          ['FORBIDDEN'],
        ])
      } else {
        expect([coordinate, reply.errors]).toEqual([coordinate, []])
        expect(Object.values(reply.data ?? {}), coordinate).not.toContain(null)
        open.push(coordinate)
      }
    }
    expect(open).toEqual(openedBy(fields, opened))
  })

  test('finds by its id what its scope shows; anything else is as if it did not exist', async () => {
    const client = await clientFor(scopes)
    const names = Object.keys(nodes)
    const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
    const { data, errors } = await client.send<{ nodes: ({ id: string } | null)[] }>(query, {
      ids: names.map((name) => ids[name]),
    })
    expect(errors).toEqual([])
    expect(names.filter((_, index) => data?.nodes[index])).toEqual(openedBy(nodes, opened))
  })
})
