import { beforeAll, describe, expect, test } from 'vitest'
import * as documents from '../../schema/generated/graphql.ts'
import {
  CategoryTreeDocument,
  CreatePostDocument,
  CreateWebhookEndpointDocument,
  LatestPostsDocument,
  NodesDocument,
} from '../../schema/generated/graphql.ts'
import { newId } from '../../src/lib/id.ts'
import { indexMissing } from '../../src/search/reindex.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { createAndPublish, publish, update } from './writing.ts'

// No worker: its statements would be counted, too.
const lent = withApp({ role: 'api' })
let ids: string[] = []

beforeAll(async () => {
  ids = (await makePosts(lent.app, { count: 120 })).map((post) => post.id)
})

/** How many SQL statements a query takes, and what it answers. */
const count = async <Data>(work: () => Promise<Data>) => {
  const { result, statements } = await lent.app.countStatements(work)
  return { result, length: statements.length, all: statements.join('\n') }
}

const latest = (first: number) => () => lent.app.anonymous.run(LatestPostsDocument, { first })

test('20 posts with authors, categories and tags take at most 5', async () => {
  const { result, length, all } = await count(latest(20))
  expect(result.posts.nodes).toHaveLength(20)
  for (const post of result.posts.nodes)
    expect([post.author?.name, post.categories.length, post.tags.length]).toEqual([expect.any(String), 2, 3])
  expect(length, all).toBeLessThanOrEqual(5)
})

test('100 posts take as many as 5 or 50', async () => {
  const { result, length, all } = await count(latest(100))
  expect(result.posts.nodes).toHaveLength(100)
  expect(length, all).toBeLessThanOrEqual(20)
  expect((await count(latest(50))).length).toBe(length)
  expect((await count(latest(5))).length).toBe(length)
})

const sections = (categories: number, posts: number) => async () => {
  const query = `query ($categories: Int, $posts: Int) {
    categories(first: $categories) { nodes { name posts(first: $posts) { nodes { title authors { name } tags { name } } } } }
  }`
  type Data = { categories: { nodes: { posts: { nodes: { authors: unknown[]; tags: unknown[] }[] } }[] } }
  const { data, errors } = await lent.app.anonymous.send<Data>(query, { categories, posts })
  expect(errors).toEqual([])
  return data?.categories.nodes ?? []
}

test('10 categories with the 5 newest posts of each, their authors and tags take at most 6', async () => {
  const { result, length, all } = await count(sections(10, 5))
  expect(result).toHaveLength(10)
  for (const { posts } of result) {
    expect(posts.nodes).toHaveLength(5)
    for (const post of posts.nodes) expect([post.authors.length, post.tags.length]).toEqual([2, 3])
  }
  expect(length, all).toBeLessThanOrEqual(6)
})

test('categories take as many with 1 post as with 24 of each, and 1 category as many as 10', async () => {
  const { length } = await count(sections(10, 5))
  for (const [categories, posts] of [
    [1, 1],
    [10, 1],
    [10, 24],
    [1, 24],
  ] as const) {
    const { length: found, all } = await count(sections(categories, posts))
    expect(found, `${categories} categories with ${posts} posts:\n${all}`).toBe(length)
  }
})

test('a tree of categories with its counts, parents, ancestors and children takes as many for 2 as for 10', async () => {
  const tree = (first: number) => () => lent.app.anonymous.run(CategoryTreeDocument, { first, posts: 5 })
  const { result, length, all } = await count(tree(10))
  expect(result.categories.nodes.filter((category) => category.parent)).toHaveLength(5)
  expect(length, all).toBeLessThanOrEqual(10)
  // The last five are children, the first five are roots: both have to be among the few.
  const { length: few, all: these } = await count(tree(6))
  expect(few, these).toBe(length)
})

test.each(['author', 'tag'])(
  'every %s with the number and the newest of its posts takes as many for 1 as for 5',
  async (kind) => {
    const query = `query ($first: Int) { list: ${kind}s(first: $first) { totalCount nodes { postCount posts(first: 3) { totalCount nodes { title } } } } }`
    const ask = (first: number) => async () => {
      const { data, errors } = await lent.app.anonymous.send<{ list: { nodes: { postCount: number }[] } }>(
        query,
        { first },
      )
      expect(errors).toEqual([])
      return data?.list.nodes ?? []
    }
    const { result, length, all } = await count(ask(5))
    expect(result).toHaveLength(5)
    for (const { postCount } of result) expect(postCount).toBeGreaterThan(20)
    expect(length, all).toBeLessThanOrEqual(5)
    expect((await count(ask(1))).length).toBe(length)
  },
)

test('nodes takes one a type, however many ids there are', async () => {
  const { db } = lent.app.database
  const others = [(await db.tag.findFirstOrThrow()).id, (await db.author.findFirstOrThrow()).id]
  const find = (first: number) => () =>
    lent.app.anonymous.run(NodesDocument, { ids: [...ids.slice(0, first), ...others] })
  expect((await count(find(1))).length).toBe(3)
  expect((await count(find(98))).length).toBe(3)
})

test('events with their posts take as many for 1 as for 20', async () => {
  const { admin } = lent.app
  const events: string[] = []
  for (let number = 0; number < 20; number++) {
    const { createPost } = await admin.run(CreatePostDocument, { input: { title: 'A draft', source: 'x' } })
    if (createPost.__typename === 'CreatePostPayload' && createPost.event) events.push(createPost.event.id)
  }
  const query =
    'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on PostEvent { post { title tags { name } authors { name } } } } }'
  const find = (first: number) => async () => {
    const { data, errors } = await admin.send<{ nodes: unknown[] }>(query, { ids: events.slice(0, first) })
    expect(errors).toEqual([])
    return data?.nodes
  }
  const { result, length } = await count(find(1))
  expect(result).toEqual([{ post: { title: 'A draft', tags: [], authors: [] } }])
  expect((await count(find(20))).length).toBe(length)
})

test('a search takes 2, and 2 more for the highlights of all its hits', async () => {
  await indexMissing(lent.app.database.db, 'simple')
  const ask = (fields: string, first: number) => async () => {
    const query = `query ($first: Int) { search(query: "body", first: $first) { edges { rank ${fields} node { title } } } }`
    const { data, errors } = await lent.app.anonymous.send<{ search: { edges: unknown[] } }>(query, { first })
    expect(errors).toEqual([])
    return data?.search.edges ?? []
  }
  const { result, length } = await count(ask('', 20))
  expect([result.length, length]).toEqual([20, 2])
  expect([(await count(ask('highlight', 5))).length, (await count(ask('highlight', 100))).length]).toEqual([
    4, 4,
  ])
  expect((await count(ask('highlight again: highlight', 20))).length).toBe(4)
})

test('archives take 1, and 1 more for the posts of all of them', async () => {
  const ask = (fields: string) => async () => {
    const { data, errors } = await lent.app.anonymous.send<{ archives: unknown[] }>(
      `{ archives(by: MONTH) { count ${fields} } }`,
    )
    expect(errors).toEqual([])
    return data?.archives ?? []
  }
  expect((await count(ask(''))).length).toBe(1)
  await makePosts(lent.app, { count: 5, name: 'Earlier', from: new Date('2019-06-01T00:00:00Z') })
  const { result, length } = await count(ask('posts(first: 2) { nodes { title } }'))
  expect([result.length, length]).toEqual([2, 2])
})

test('totalCount is counted when it is asked for, and not when it is not', async () => {
  const { anonymous } = lent.app
  const without = await count(() => anonymous.send('{ posts { nodes { id } } }'))
  const withCount = await count(() => anonymous.send('{ posts { totalCount nodes { id } } }'))
  expect([without.length, withCount.length]).toEqual([1, 2])
})

test('a filter takes one more to look up all its slugs, however many, and none without slugs', async () => {
  const ask = (filter: object) => async () => {
    const query = 'query ($filter: PostFilter) { posts(first: 5, filter: $filter) { nodes { id } } }'
    const { data, errors } = await lent.app.anonymous.send<{ posts: { nodes: unknown[] } }>(query, { filter })
    expect(errors).toEqual([])
    return data?.posts.nodes ?? []
  }
  const slugs = { tags: { any: ['tag-01', 'tag-02'] }, categories: { any: ['category-01'] } }
  const { result, length } = await count(ask({ OR: [slugs, { authors: { any: ['author-01'] } }] }))
  expect([result.length, length]).toEqual([5, 2])
  const states = ['PUBLISHED', 'DRAFT', 'SCHEDULED', 'TRASHED']
  expect((await count(ask({ status: states, updatedAt: { from: '2020-01-01T00:00:00Z' } }))).length).toBe(1)
})

/** An event of which there is a preview. */
let published = ''

/** What a query of schema/operations takes at most, for few and for many rows of every list that it has. */
const budgets: Record<string, [statements: number, variables: (rows: number) => object]> = {
  ApiKeys: [2, (first) => ({ first })],
  MadeByKey: [4, (first) => ({ createdById: 'key_unknown', first })],
  Archives: [3, (first) => ({ first })],
  AroundPost: [6, (related) => ({ by: { slug: 'post-0060' }, related })],
  Author: [3, (first) => ({ by: { slug: 'author-01' }, first })],
  Authors: [3, (first) => ({ first })],
  BackgroundJob: [1, () => ({ id: 'job_00000000000000000000000000' })],
  Category: [5, (first) => ({ by: { slug: 'category-01' }, first })],
  // The first five are roots, and roots have no parents to read.
  CategoryTree: [10, (rows) => ({ first: rows + 5, posts: rows })],
  Changes: [2, (first) => ({ first })],
  EditorPost: [1, () => ({ by: { slug: 'post-0060' } })],
  FilteredPosts: [2, (first) => ({ first, filter: { status: ['PUBLISHED'] } })],
  FilteredShelves: [10, () => ({ author: 'author-01', category: 'category-01', tag: 'tag-01' })],
  FindAuthors: [2, (first) => ({ first, filter: { search: 'author', hasPosts: true } })],
  FindCategories: [3, (first) => ({ first, filter: { search: 'category', hasPosts: true } })],
  FindTags: [2, (first) => ({ first, filter: { search: 'tag', hasPosts: true } })],
  LatestPosts: [4, (first) => ({ first })],
  Node: [1, () => ({ id: ids[0] })],
  Nodes: [1, (count) => ({ ids: ids.slice(0, count) })],
  PostBy: [6, () => ({ by: { slug: 'post-0060' } })],
  PostDraft: [6, () => ({ by: { slug: 'with-edits' } })],
  PostRevisions: [7, (first) => ({ by: { slug: 'with-edits' }, first })],
  PostsPage: [2, (first) => ({ first })],
  PreviewPost: [6, () => ({ by: { slug: 'post-0060' }, previewToken: 'pwp_unknown' })],
  PreviewWebhook: [6, () => ({ input: { eventId: published } })],
  ResolveUrl: [3, () => ({ url: '/made/post-0060/' })],
  Search: [5, (first) => ({ query: 'body', first })],
  Tag: [3, (first) => ({ by: { slug: 'tag-01' }, first })],
  Tags: [3, (first) => ({ first })],
  Viewer: [0, () => ({})],
  WebhookDeliveries: [5, (first) => ({ first })],
  WebhookEndpoints: [2, (first) => ({ first })],
  WebhookLog: [6, (first) => ({ first })],
}

/** A delivery with two attempts for each event so far, to an endpoint of its own. */
const makeDeliveries = async () => {
  const { admin, database } = lent.app
  const { db } = database
  const events = await db.event.findMany({ take: 25 })
  const deliveries = []
  for (const { id: eventId, subjectId, occurredAt: createdAt } of events) {
    const input = { url: 'http://127.0.0.1:9/' }
    await admin.run(CreateWebhookEndpointDocument, { input })
    deliveries.push({ id: newId('delivery'), eventId, subjectId, createdAt, status: 'FAILED' as const })
  }
  const endpoints = await db.webhookEndpoint.findMany({ select: { id: true } })
  await db.webhookDelivery.createMany({
    data: deliveries.map((row, index) => ({ ...row, endpointId: endpoints[index]?.id })),
  })
  await db.webhookAttempt.createMany({
    data: deliveries.flatMap(({ id: deliveryId, createdAt: startedAt }) =>
      [1, 2].map((number) => ({ deliveryId, number, startedAt, durationMs: 1 })),
    ),
  })
}

describe('schema/operations', () => {
  const queries = Object.entries(documents).flatMap(([name, document]) =>
    name.endsWith('Document') && /(?:^|\n)\s*query /.test(String(document))
      ? [{ name: name.slice(0, -'Document'.length), document: String(document) }]
      : [],
  )

  beforeAll(async () => {
    const { admin } = lent.app
    const id = await createAndPublish(admin, { title: 'With edits', source: 'x', tags: ['tag-01'] })
    for (let number = 1; number <= 25; number++) await update(admin, { id, source: `Edit ${number}` })
    published = (await lent.app.database.db.event.findFirstOrThrow({ where: { type: 'post.published' } })).id
    await makeDeliveries()
  })

  test('has a budget for every query, and for nothing else', () => {
    expect(queries.map(({ name }) => name).sort()).toEqual(Object.keys(budgets).sort())
  })

  test.each(queries)('$name keeps to it, for few rows and for many', async ({ name, document }) => {
    const [budget, variables] = budgets[name] ?? [0, () => ({})]
    const run = (rows: number) => async () => {
      const { errors } = await lent.app.admin.send(document, variables(rows))
      expect(errors).toEqual([])
    }
    // The first one may wake a connection.
    await run(1)()
    const many = await count(run(20))
    // A key is looked up with every request.
    expect(many.length, many.all).toBe(budget + 1)
    expect((await count(run(3))).length).toBe(many.length)
  })
})

test('what was before events takes one statement and one a relation, for 1 as for 20', async () => {
  const { admin, anonymous, database } = lent.app
  for (const { id } of await makePosts(lent.app, { count: 20, name: 'Was' })) {
    await update(admin, { id, title: 'Is' })
    await publish(admin, id)
  }
  const rows = await database.db.event.findMany({ where: { type: 'post.updated' }, select: { id: true } })
  const ids = rows.slice(-20).map(({ id }) => id)
  const query = `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on PostEvent {
    before { title tags { name } authors { name } categories { name } next { title } } } } }`
  const find = (first: number) => async () => {
    const { data, errors } = await anonymous.send<{ nodes: { before: { title: string } }[] }>(query, {
      ids: ids.slice(0, first),
    })
    expect(errors).toEqual([])
    return data?.nodes.map(({ before }) => before.title)
  }
  const { result, length, all } = await count(find(1))
  expect([result, length], all).toEqual([[expect.stringContaining('Was ')], 6])
  const many = await count(find(20))
  expect(new Set(many.result).size).toBe(20)
  expect([many.result, many.length], many.all).toEqual([ids.map(() => expect.stringContaining('Was ')), 6])
})
