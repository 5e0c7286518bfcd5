import { beforeAll, describe, expect, test } from 'vitest'
import { follow } from '../api/following.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { startReceiver } from '../support/receiver.ts'
import { importSample } from '../support/sample.ts'
import { envelopeOf, replay, subscribe } from './subscribing.ts'
import { publish, publishNew, save, saveNew, unpublish } from './writing.ts'

const lent = withApp()
let reader: Client

beforeAll(async () => {
  await importSample(lent.app)
  reader = await lent.app.clientWith('CONTENT_READ')
})

const wholePost = `title path content excerpt status version publishedAt wordCount headings { text } metadata
  seo { title } coverImage { url } author { slug } authors { slug } categories { slug path ancestors { slug } }
  tags { name postCount }`

const told = { authors: ['ines-marlow', 'tobias-wren'], categories: ['maintenance'], tags: ['paper', 'ink'] }

type Before = { type: string; post: object | null; before: Record<string, unknown> | null; source?: string }

/** What events of a post say, in their order. */
const eventsOf = async (client: Client, postId: string, fields = 'title'): Promise<Before[]> => {
  const query = `query ($after: String) { changes(first: 100, after: $after) {
    nodes { type ... on PostEvent { postId post { title } before { ${fields} } } }
    pageInfo { hasNextPage endCursor } } }`
  type Data = {
    changes: {
      nodes: (Before & { postId?: string })[]
      pageInfo: { hasNextPage: boolean; endCursor: string | null }
    }
  }
  const found: Before[] = []
  for (let after: string | null = null; ; ) {
    const { data, errors }: { data: Data | null; errors: unknown[] } = await client.send(query, { after })
    expect(errors).toEqual([])
    if (!data) throw new Error('No answer.')
    for (const { postId: id, ...event } of data.changes.nodes) if (id === postId) found.push(event)
    if (!data.changes.pageInfo.hasNextPage) return found
    after = data.changes.pageInfo.endCursor
  }
}

/** Each event's type and the title before it. */
const titlesBefore = async (client: Client, postId: string) =>
  (await eventsOf(client, postId)).map(({ type, before }) => [type, before?.title ?? null])

const act = async (name: 'trashPost' | 'restorePost' | 'deletePost', id: string) => {
  const mutation = `mutation ($id: ID!) { ${name}(input: { id: $id }) { __typename ... on Error { message } } }`
  const { data } = await lent.app.admin.send<Record<string, { __typename: string }>>(mutation, { id })
  expect(data?.[name]?.__typename).toMatch(/Payload$/)
}

describe('of a post', () => {
  test('what was unpublished is told to everyone as it was, and still is when it is gone', async () => {
    const { app } = lent
    await using receiver = await startReceiver()
    const document = `subscription { events { ... on PostEvent { post { title } before { ${wholePost} } } } }`
    const eventTypes = ['POST_UNPUBLISHED' as const]
    await subscribe(app.admin, { url: receiver.url, eventTypes, document })
    const input = { source: '## Ink\n\nIt *dries*.', excerpt: 'On ink.', metadata: { z: 1, a: 2 }, ...told }
    const { post } = await publishNew(app.admin, 'Ink dries', input)
    const query = `query ($id: ID!) { post(by: { id: $id }) { ${wholePost} } }`
    const live = await app.anonymous.send<{ post: { tags: { postCount: number }[] } }>(query, { id: post.id })
    await unpublish(app.admin, post.id)
    const [request] = await receiver.waitFor(1)

    expect(live.data?.post).toMatchObject({ title: 'Ink dries', authors: [{}, {}], tags: [{}, {}] })
    // The tags themselves are as they are now.
    const tags = live.data?.post.tags.map((tag) => ({ ...tag, postCount: tag.postCount - 1 }))
    const before = { ...live.data?.post, tags }
    expect(request && envelopeOf(request).data).toEqual({ post: null, before })

    await act('trashPost', post.id)
    await act('deletePost', post.id)
    const later = await eventsOf(app.anonymous, post.id, wholePost)
    expect(later.map(({ type }) => type)).toEqual(['POST_PUBLISHED', 'POST_UNPUBLISHED', 'POST_DELETED'])
    expect(later[0]?.before).toBeNull()
    expect(later.slice(1).map((event) => [event.post, event.before])).toEqual([
      [null, before],
      [null, before],
    ])
    // A document that is rendered late, since it is another one, shows the same.
    const late = await subscribe(app.admin, { url: receiver.url, eventTypes, document: `${document} ` })
    await replay(app.admin, late.id, { eventId: (await newestEvent('post.unpublished')).id })
    const [, replayed] = await receiver.waitFor(2)
    expect(replayed && envelopeOf(replayed)).toMatchObject({
      rendered: 'replay',
      data: { post: null, before },
    })
  })

  test('everyone is told the last state that was public, an editor the one right before', async () => {
    const { app } = lent
    const id = await saveNew(app.admin, 'Secret draft', { source: 'Secret.' })
    await save(app.admin, { id, title: 'Secret second draft' })
    await save(app.admin, { id, title: 'First public', source: 'Open.' })
    await publish(app.admin, id)
    await save(app.admin, { id, title: 'Second public' })
    await publish(app.admin, id)
    await unpublish(app.admin, id)
    await save(app.admin, { id, title: 'Secret third draft' })
    await publish(app.admin, id)
    await act('trashPost', id)
    await act('restorePost', id)
    await save(app.admin, { id, title: 'Secret fourth draft' })
    await act('trashPost', id)
    await act('deletePost', id)

    expect(await titlesBefore(app.anonymous, id)).toEqual([
      ['POST_PUBLISHED', null],
      ['POST_UPDATED', 'First public'],
      ['POST_UNPUBLISHED', 'Second public'],
      ['POST_PUBLISHED', 'Second public'],
      ['POST_TRASHED', 'Secret third draft'],
      ['POST_DELETED', 'Secret third draft'],
    ])
    expect(await titlesBefore(reader, id)).toEqual([
      ['POST_CREATED', null],
      ['POST_DRAFT_SAVED', 'Secret draft'],
      ['POST_DRAFT_SAVED', 'Secret second draft'],
      ['POST_PUBLISHED', 'First public'],
      ['POST_DRAFT_SAVED', 'First public'],
      ['POST_UPDATED', 'First public'],
      ['POST_UNPUBLISHED', 'Second public'],
      ['POST_DRAFT_SAVED', 'Second public'],
      ['POST_PUBLISHED', 'Secret third draft'],
      ['POST_TRASHED', 'Secret third draft'],
      ['POST_RESTORED', 'Secret third draft'],
      ['POST_DRAFT_SAVED', 'Secret third draft'],
      ['POST_TRASHED', 'Secret fourth draft'],
      ['POST_DELETED', 'Secret fourth draft'],
    ])
    const publicly = JSON.stringify(await eventsOf(app.anonymous, id, `${wholePost} slug layout url`))
    for (const draft of ['Secret draft', 'Secret second', 'Secret fourth', 'Secret.'])
      expect(publicly).not.toContain(draft)
  })

  test('the authors, categories and tags are those that it had, and its neighbours those beside where it was', async () => {
    const { app } = lent
    const fields = `status source origin { path } next { title } previous { title } related(first: 1) { title }
      authors { slug } categories { slug } tags { name }`
    const dated = (title: string, day: string) =>
      publishNew(app.admin, title, {
        publishedAt: `1999-01-${day}T00:00:00Z`,
        tags: ['galleys'],
        source: `*${title}*`,
      })
    await dated('Left', '01')
    const { post } = await dated('Middle', '02')
    await dated('Right', '03')
    await save(app.admin, { id: post.id, publishedAt: '1999-01-10T00:00:00Z', ...told })
    await publish(app.admin, post.id)
    const [, updated] = await eventsOf(app.anonymous, post.id, fields.replace('source', ''))

    expect(updated?.before).toEqual({
      status: 'PUBLISHED',
      origin: null,
      next: { title: 'Right' },
      previous: { title: 'Left' },
      related: [{ title: 'Right' }],
      authors: [],
      categories: [],
      tags: [{ name: 'galleys' }],
    })
    const readers = await eventsOf(reader, post.id, fields)
    expect(readers.at(-1)?.before).toEqual({ ...updated?.before, source: '*Middle*' })
    // Without the scope the source is null, and an error says so.
    const { errors } = await app.anonymous.send(
      'query ($id: ID!) { node(id: $id) { ... on PostEvent { before { source } } } }',
      { id: (await newestEvent('post.updated')).id },
    )
    expect(errors.map((error) => error.extensions?.code)).toEqual(['FORBIDDEN'])
  })

  test('a subscriber and a preview see the same as the log', async () => {
    const { app } = lent
    const stream = await follow(
      app.url,
      app.anonymous,
      'types: [POST_UPDATED]',
      '... on PostEvent { before { title } }',
    )
    const { post } = await publishNew(app.admin, 'Old title')
    await save(app.admin, { id: post.id, title: 'New title' })
    const { event } = await publish(app.admin, post.id)
    await unpublish(app.admin, post.id)
    const [seen] = await stream.waitFor(1)
    await stream.leave()
    const document = 'subscription { events { ... on PostEvent { before { title } } } }'
    const previewed = await app.admin.send<{ previewWebhook: { body: string } }>(
      'query ($input: PreviewWebhookInput!) { previewWebhook(input: $input) { body problem } }',
      { input: { eventId: event.id, document } },
    )

    expect(seen).toEqual({ before: { title: 'Old title' } })
    expect(JSON.parse(previewed.data?.previewWebhook.body ?? '').data).toEqual(seen)
  })

  test('what is forgotten with the events before it is null', async () => {
    const { app } = lent
    const { post } = await publishNew(app.admin, 'Once public')
    await unpublish(app.admin, post.id)
    await publish(app.admin, post.id)
    expect((await titlesBefore(app.anonymous, post.id)).at(-1)).toEqual(['POST_PUBLISHED', 'Once public'])
    const { sequence } = await newestEvent('post.published')
    await app.database.db.event.deleteMany({ where: { subjectId: post.id, sequence: { lt: sequence } } })

    expect(await titlesBefore(app.anonymous, post.id)).toEqual([['POST_PUBLISHED', null]])
    expect(await titlesBefore(reader, post.id)).toEqual([['POST_PUBLISHED', 'Once public']])
  })
})

test('an author, a category and a tag are told as they were, also when they are gone', async () => {
  const { app } = lent
  const mutations = `mutation ($author: ID!, $category: ID!, $tag: ID!) {
    a: updateAuthor(input: { id: $author, name: "After", slug: "after" }) { __typename }
    c: updateCategory(input: { id: $category, name: "After", parentId: null }) { __typename }
    t: updateTag(input: { id: $tag, name: "After" }) { __typename }
    da: deleteAuthor(input: { id: $author }) { __typename }
    dc: deleteCategory(input: { id: $category }) { __typename }
    dt: deleteTag(input: { id: $tag }) { __typename } }`
  const above = await made('createCategory', 'category', 'Above')
  const ids = {
    author: await made('createAuthor', 'author', 'Before author', 'bio: "Who they were"'),
    category: await made('createCategory', 'category', 'Before category', `parentId: "${above}"`),
    tag: await made('createTag', 'tag', 'Before tag', 'description: "What it was"'),
  }
  const { data } = await app.admin.send<Record<string, { __typename: string }>>(mutations, ids)
  expect(Object.values(data ?? {}).map(({ __typename }) => __typename)).toEqual(
    ['Author', 'Category', 'Tag']
      .flatMap((name) => [`Update${name}Payload`])
      .concat(['Author', 'Category', 'Tag'].map((name) => `Delete${name}Payload`)),
  )
  const fields = `type
    ... on AuthorEvent { author { name } before { id name slug path bio postCount } }
    ... on CategoryEvent { category { name } before { id name path parent { name } ancestors { name } postCount } }
    ... on TagEvent { tag { name } before { id name path description posts { totalCount } } }`
  const found = await app.anonymous.send<{ nodes: { type: string; before: object | null }[] }>(
    `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Event { ${fields} } } }`,
    {
      ids: (
        await app.database.db.event.findMany({
          where: { subjectId: { in: Object.values(ids) } },
          orderBy: { sequence: 'asc' },
        })
      ).map(({ id }) => id),
    },
  )

  expect(found.errors).toEqual([])
  const author = {
    id: ids.author,
    name: 'Before author',
    slug: 'before-author',
    path: '/author/before-author/',
    bio: 'Who they were',
    postCount: 0,
  }
  const category = {
    id: ids.category,
    name: 'Before category',
    path: '/category/above/before-category/',
    parent: { name: 'Above' },
    ancestors: [{ name: 'Above' }],
    postCount: 0,
  }
  const tag = {
    id: ids.tag,
    name: 'Before tag',
    path: '/tag/before-tag/',
    description: 'What it was',
    posts: { totalCount: 0 },
  }
  expect(found.data?.nodes).toEqual([
    { type: 'AUTHOR_CREATED', author: null, before: null },
    { type: 'CATEGORY_CREATED', category: null, before: null },
    { type: 'TAG_CREATED', tag: null, before: null },
    { type: 'AUTHOR_UPDATED', author: null, before: author },
    { type: 'CATEGORY_UPDATED', category: null, before: category },
    { type: 'TAG_UPDATED', tag: null, before: tag },
    {
      type: 'AUTHOR_DELETED',
      author: null,
      before: { ...author, name: 'After', slug: 'after', path: '/author/after/' },
    },
    {
      type: 'CATEGORY_DELETED',
      category: null,
      before: { ...category, name: 'After', path: '/category/before-category/', parent: null, ancestors: [] },
    },
    { type: 'TAG_DELETED', tag: null, before: { ...tag, name: 'After' } },
  ])
})

test('every kind of event answers what changed, what it had and what is stale', async () => {
  const { app } = lent
  const fields = 'type version changedFields previous invalidates paths'
  const { id } = await subscribe(app.admin, {
    url: 'https://receiver.example.com/',
    eventTypes: ['POST_DELETED'],
  })
  await app.admin.send(
    `mutation { updateWebhookEndpoint(input: { id: "${id}", status: DISABLED }) { __typename } }`,
  )
  const { data, errors } = await app.admin.send<{ changes: { nodes: Record<string, unknown>[] } }>(
    `{ changes(first: 100) { nodes { ${fields} } } }`,
  )
  const ofType = (type: string) => data?.changes.nodes.findLast((event) => event.type === type)

  expect(errors).toEqual([])
  expect(ofType('IMPORT_COMPLETED')).toEqual({
    type: 'IMPORT_COMPLETED',
    version: 1,
    changedFields: [],
    previous: null,
    invalidates: ['all'],
    paths: [],
  })
  expect(await disabledEvent(fields)).toEqual({
    type: 'ENDPOINT_DISABLED',
    version: expect.any(Number),
    changedFields: ['status', 'statusReason', 'statusChangedAt'],
    previous: { status: 'ACTIVE' },
    invalidates: [],
    paths: [],
  })
})

const newestEvent = (type: string) =>
  lent.app.database.db.event.findFirstOrThrow({ where: { type }, orderBy: { sequence: 'desc' } })

const disabledEvent = async (fields: string) => {
  const { id } = await newestEvent('endpoint.disabled')
  const { data } = await lent.app.admin.send<{ node: object }>(
    `{ node(id: "${id}") { ... on Event { ${fields} } } }`,
  )
  return data?.node
}

const made = async (mutation: string, what: string, name: string, rest = '') => {
  const { data, errors } = await lent.app.admin.send<Record<string, Record<string, { id: string }>>>(
    `mutation { ${mutation}(input: { name: "${name}" ${rest} }) { ... on ${mutation.replace('c', 'C')}Payload { ${what} { id } } } }`,
  )
  const id = data?.[mutation]?.[what]?.id
  if (!id) throw new Error(JSON.stringify([data, errors]))
  return id
}
