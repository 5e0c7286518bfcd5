import { beforeAll, expect, test } from 'vitest'
import {
  CreatePostDocument,
  CreateWebhookEndpointDocument,
  NodeDocument,
  NodesDocument,
  PublishPostDocument,
} from '../../schema/generated/graphql.ts'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { until } from '../support/until.ts'

const lent = withApp()
/** One of everything that has an id, by its type. */
const ids: Record<string, string> = {}

beforeAll(async () => {
  const { app } = lent
  const { db } = app.database
  const [published] = await makePosts(app, { count: 1 })
  const input = { url: app.receiver.url, scopes: ['CONTENT_READ' as const] }
  const { createWebhookEndpoint } = await app.admin.run(CreateWebhookEndpointDocument, { input })
  const { createPost } = await app.admin.run(CreatePostDocument, { input: { title: 'Draft', source: 'x' } })
  const second = await app.admin.run(CreatePostDocument, { input: { title: 'Published', source: 'x' } })
  if (
    createWebhookEndpoint.__typename !== 'CreateWebhookEndpointPayload' ||
    createPost.__typename !== 'CreatePostPayload' ||
    second.createPost.__typename !== 'CreatePostPayload'
  )
    throw new Error('Nothing speaks against making these.')
  const publish = { input: { id: second.createPost.post.id } }
  const { publishPost } = await app.admin.run(PublishPostDocument, publish)
  if (publishPost.__typename !== 'PublishPostPayload') throw new Error('A draft can be published.')
  const delivery = await until(() => db.webhookDelivery.findFirst())
  Object.assign(ids, {
    Post: published?.id,
    draft: createPost.post.id,
    Author: (await db.author.findFirstOrThrow()).id,
    Category: (await db.category.findFirstOrThrow()).id,
    Tag: (await db.tag.findFirstOrThrow({ where: { posts: { some: {} } } })).id,
    PostEvent: publishPost.event?.id,
    draftEvent: createPost.event?.id,
    WebhookEndpoint: createWebhookEndpoint.webhookEndpoint.id,
    WebhookDelivery: delivery.id,
  })
})

const typesFor = async (...scopes: ApiKeyScope[]) => {
  const { app } = lent
  const client = scopes.length === 0 ? app.anonymous : await app.clientWith(...scopes)
  const found: Record<string, string | null> = {}
  for (const [name, id] of Object.entries(ids)) {
    const { node } = await client.run(NodeDocument, { id })
    if (node) expect(node.id).toBe(id)
    found[name] = node?.__typename ?? null
  }
  return found
}

const open = { Post: 'Post', Author: 'Author', Category: 'Category', Tag: 'Tag', PostEvent: 'PostEvent' }
const unpublished = { draft: 'Post', draftEvent: 'PostEvent' }
const webhooks = { WebhookEndpoint: 'WebhookEndpoint', WebhookDelivery: 'WebhookDelivery' }
const none = { draft: null, draftEvent: null, WebhookEndpoint: null, WebhookDelivery: null }

test('node finds without a key what is public, of every type', async () => {
  expect(await typesFor()).toEqual({ ...none, ...open })
})

test.each(['CONTENT_READ', 'CONTENT_WRITE', 'CONTENT_PUBLISH'] as const)(
  'node finds with %s what is unpublished, and no webhooks',
  async (scope) => {
    expect(await typesFor(scope)).toEqual({ ...none, ...open, ...unpublished })
  },
)

test('node finds with WEBHOOKS_MANAGE webhooks, and nothing unpublished', async () => {
  expect(await typesFor('WEBHOOKS_MANAGE')).toEqual({ ...none, ...open, ...webhooks })
})

test('node finds with KEYS_MANAGE what anyone finds, and with ADMIN all', async () => {
  expect(await typesFor('KEYS_MANAGE')).toEqual({ ...none, ...open })
  expect(await typesFor('ADMIN')).toEqual({ ...open, ...unpublished, ...webhooks })
})

test('node finds nothing by what is no id, without an error', async () => {
  const strangers = [
    '',
    'post_',
    'post',
    ids.Post?.toUpperCase() ?? '',
    `${ids.Post} `,
    'page_01h455vb4pex5vsknk084sn02q',
  ]
  const others = [
    ...strangers,
    ids.Post?.replace('post_', 'tag_') ?? '',
    'key_01h455vb4pex5vsknk084sn02q',
    'revision_01h455vb4pex5vsknk084sn02q',
    '__proto__',
    'post_\0',
    'post_\ud800',
    'x'.repeat(100_000),
  ]
  for (const id of others) expect(await lent.app.admin.run(NodeDocument, { id })).toEqual({ node: null })
})

test('nodes answers in the order of its ids, twice what is asked for twice, and null where nothing is', async () => {
  const { anonymous } = lent.app
  const asked = ['Tag', 'draft', 'Post', 'WebhookEndpoint', 'Author', 'Tag', 'Category', 'PostEvent']
  const { nodes } = await anonymous.run(NodesDocument, { ids: asked.map((name) => ids[name] ?? '') })
  expect(nodes.map((node) => node?.__typename ?? null)).toEqual([
    'Tag',
    null,
    'Post',
    null,
    'Author',
    'Tag',
    'Category',
    'PostEvent',
  ])
  expect(nodes[0]).toEqual(nodes[5])
  expect(await anonymous.run(NodesDocument, { ids: [] })).toEqual({ nodes: [] })
})

test('nodes takes 100 ids and refuses 101', async () => {
  const { app } = lent
  const posts = await makePosts(app, { count: 100, name: 'Many' })
  const many = posts.map((post) => post.id).sort()
  const { nodes } = await app.anonymous.run(NodesDocument, { ids: many })
  expect(nodes.map((node) => node?.id)).toEqual(many)
  const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }'
  const { data, errors } = await app.anonymous.send(query, { ids: [...many, ids.Tag] })
  expect({ data, code: errors[0]?.extensions?.code }).toEqual({ data: null, code: 'PAGE_SIZE_EXCEEDED' })
})
