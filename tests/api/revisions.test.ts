import { expect, test } from 'vitest'
import {
  PostDraftDocument,
  PostRevisionsDocument,
  RestorePostRevisionDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

// After it two saves by one key are two revisions.
const runMs = 11 * 60_000

const revisionsOf = async (id: string) =>
  (await lent.app.admin.run(PostRevisionsDocument, { by: { id }, first: 100 })).post?.revisions?.nodes ?? []
const draftOf = async (id: string) => {
  const { post } = await lent.app.admin.run(PostDraftDocument, { by: { id } })
  if (!post) throw new Error(`There is a post ${id}.`)
  return { live: post, draft: post.draft }
}
const restore = async (revisionId: string, expectedVersion?: number) =>
  (await lent.app.admin.run(RestorePostRevisionDocument, { input: { revisionId, expectedVersion } }))
    .restorePostRevision
/** The revision that made a version. */
const revisionAt = async (id: string, version: number) => {
  const found = (await revisionsOf(id)).find((revision) => revision.version === version)
  if (!found) throw new Error(`There is no version ${version} of ${id}.`)
  return found
}

test('every save is a revision that says who saved it, when, and what changed; the newest comes first', async () => {
  const { admin, clock } = lent.app
  const before = clock.now()
  const { post } = await create(admin, { title: 'First', source: 'One', metadata: { b: 1, a: 2 } })
  await update(admin, { id: post.id, title: 'Second', tags: ['a tag of revisions'], layout: 'wide' })
  await publish(admin, post.id)
  const found = await revisionsOf(post.id)
  expect(found.map(({ version, action }) => [version, action])).toEqual([
    [3, 'PUBLISHED'],
    [2, 'SAVED'],
    [1, 'CREATED'],
  ])
  expect(found[1]).toMatchObject({ title: 'Second', tags: [{ slug: 'a-tag-of-revisions' }], layout: 'wide' })
  expect(found[1]?.changedFields.toSorted()).toEqual(['layout', 'tags', 'title'])
  expect(found[2]).toMatchObject({ title: 'First', source: 'One', tags: [], actor: 'A test', path: null })
  expect(Object.keys(found[2]?.metadata ?? {})).toEqual(['b', 'a'])
  for (const { createdAt } of found) {
    expect(Date.parse(createdAt)).toBeGreaterThanOrEqual(before.getTime())
    expect(Date.parse(createdAt)).toBeLessThanOrEqual(clock.now().getTime())
  }
})

test('a save that changes nothing makes no revision', async () => {
  const { post } = await create(lent.app.admin, { title: 'The same', source: 'x' })
  await update(lent.app.admin, { id: post.id, title: 'The same' })
  expect(await revisionsOf(post.id)).toHaveLength(1)
})

test('the draft of a published post has all that was made of it, and what is live stays', async () => {
  const { admin } = lent.app
  const id = await createAndPublish(admin, { title: 'Live', source: 'Live words', path: '/live/it/' })
  expect((await draftOf(id)).draft).toBeNull()
  const source = '## Part\n\nThree pending words ![x](/a.png)'
  await update(admin, { id, title: 'Pending', source, publishedAt: '2020-01-02T03:04:05+02:00' })
  const { live, draft } = await draftOf(id)
  expect(live).toMatchObject({ title: 'Live', version: 2 })
  expect(draft).toMatchObject({
    version: 3,
    title: 'Pending',
    path: '/live/it/',
    publishedAt: '2020-01-02T03:04:05+02:00',
    headings: [{ level: 2, text: 'Part' }],
    images: [{ url: '/a.png', alt: 'x' }],
    excerptSource: 'AUTOMATIC',
    readingTimeMinutes: 1,
  })
  expect(draft?.content).toContain('<h2')
  expect(draft?.contentText).toContain('Three pending words')
  expect(draft?.excerpt).toContain('Three pending words')
  expect(draft?.wordCount).toBeGreaterThanOrEqual(4)
  await publish(admin, id)
  expect((await draftOf(id)).draft).toBeNull()
})

test('only the pending draft has rendered content; the save before it has none', async () => {
  const { admin } = lent.app
  const id = await createAndPublish(admin, { title: 'Rendered', source: 'x' })
  await update(admin, { id, source: 'one' })
  lent.app.clock.advance(runMs)
  await update(admin, { id, source: 'two' })
  expect((await revisionsOf(id)).map(({ content }) => content?.trim() ?? null)).toEqual([
    '<p>two</p>',
    null,
    null,
    null,
  ])
})

test('a revision has its own authors and terms in their order, without those that are gone', async () => {
  const { app } = lent
  await makePosts(app, { count: 1, name: 'Shelves' })
  const { post } = await create(app.admin, {
    title: 'Filed',
    source: 'x',
    authors: ['author-03', 'author-01'],
    categories: ['category-04', 'category-02'],
    tags: ['tag-07', 'gone soon', 'tag-02'],
  })
  await update(app.admin, { id: post.id, authors: ['author-02'], categories: [], tags: [] })
  await app.database.db.tag.delete({ where: { slug: 'gone-soon' } })
  expect(await revisionAt(post.id, 1)).toMatchObject({
    author: { slug: 'author-03' },
    authors: [{ slug: 'author-03' }, { slug: 'author-01' }],
    categories: [{ slug: 'category-04' }, { slug: 'category-02' }],
    tags: [{ slug: 'tag-07' }, { slug: 'tag-02' }],
  })
  expect(await revisionAt(post.id, 2)).toMatchObject({
    author: { slug: 'author-02' },
    authors: [{ slug: 'author-02' }],
    categories: [],
    tags: [],
  })
  const { id } = await revisionAt(post.id, 1)
  expect(await restore(id)).toMatchObject({ __typename: 'RestorePostRevisionPayload' })
  expect((await revisionAt(post.id, 3)).tags).toEqual([{ slug: 'tag-07' }, { slug: 'tag-02' }])
})

test('restoring over a draft changes it at once and raises its version', async () => {
  const { admin } = lent.app
  const { post } = await create(admin, { title: 'Old title', source: 'old' })
  await update(admin, { id: post.id, title: 'New title', source: 'new' })
  const { id } = await revisionAt(post.id, 1)
  expect(await restore(id)).toMatchObject({
    post: { id: post.id, title: 'Old title', version: 3, status: 'DRAFT', hasUnpublishedChanges: false },
    event: { type: 'POST_DRAFT_SAVED' },
  })
  expect(await revisionAt(post.id, 3)).toMatchObject({ action: 'RESTORED', source: 'old' })
  expect(await restore(id)).toMatchObject({ post: { version: 3 }, event: null })
})

test('restoring over a published post waits until it is published', async () => {
  const { admin, anonymous } = lent.app
  const id = await createAndPublish(admin, { title: 'Before', source: 'x' })
  await update(admin, { id, title: 'After' })
  await publish(admin, id)
  const first = await revisionAt(id, 1)
  expect(await restore(first.id)).toMatchObject({
    post: { title: 'After', status: 'PUBLISHED', version: 4, hasUnpublishedChanges: true },
  })
  expect(await draftOf(id)).toMatchObject({
    live: { title: 'After' },
    draft: { title: 'Before', version: 5 },
  })
  const seen = async () =>
    (await anonymous.send<{ post: unknown }>(`{ post(by: { id: "${id}" }) { title } }`)).data?.post
  expect(await seen()).toEqual({ title: 'After' })
  await publish(admin, id)
  expect(await seen()).toEqual({ title: 'Before' })
})

test('a stale version, an unknown revision and a slug that was taken since are refused', async () => {
  const { admin } = lent.app
  const { post } = await create(admin, { title: 'Given up', source: 'x', slug: 'given-up' })
  const first = await revisionAt(post.id, 1)
  await update(admin, { id: post.id, slug: 'moved-on' })
  expect(await restore(first.id, 1)).toMatchObject({
    __typename: 'VersionConflictError',
    current: { id: post.id, version: 2 },
  })
  await create(admin, { title: 'Another', source: 'x', slug: 'given-up' })
  expect(await restore(first.id, 2)).toMatchObject({
    __typename: 'TakenError',
    path: ['input', 'revisionId'],
  })
  for (const id of ['revision_01h455vb4pex5vsknk084sn02q', post.id, '', 'revision_\0'])
    expect(await restore(id)).toMatchObject({ __typename: 'NotFoundError', path: ['input', 'revisionId'] })
})

test('revisions are paged by key in both directions, and a made-up cursor is refused', async () => {
  const { admin } = lent.app
  const { post } = await create(admin, { title: 'Paged 1', source: 'x' })
  for (let number = 2; number <= 7; number++) {
    lent.app.clock.advance(runMs)
    await update(admin, { id: post.id, title: `Paged ${number}` })
  }
  const page = async (args: { first?: number; after?: string; last?: number; before?: string }) => {
    const { post: found } = await admin.run(PostRevisionsDocument, { by: { id: post.id }, ...args })
    if (!found?.revisions) throw new Error('The post has revisions.')
    const { nodes, pageInfo, totalCount } = found.revisions
    expect(totalCount).toBe(7)
    return { versions: nodes.map(({ version }) => version), ...pageInfo }
  }
  const first = await page({ first: 3 })
  expect(first).toMatchObject({ versions: [7, 6, 5], hasNextPage: true, hasPreviousPage: false })
  expect(await page({ first: 4, after: first.endCursor ?? '' })).toMatchObject({
    versions: [4, 3, 2, 1],
    hasNextPage: false,
  })
  expect(await page({ last: 2 })).toMatchObject({ versions: [2, 1], hasPreviousPage: true })
  const forged = Buffer.from(JSON.stringify(['Post.revisions', '99999999999', 'revision_x'])).toString(
    'base64url',
  )
  const { errors } = await admin.send(
    `{ post(by: { id: "${post.id}" }) { revisions(after: "${forged}") { totalCount } } }`,
  )
  expect(errors[0]?.extensions?.code).toBe('INVALID_CURSOR')
})

test('revisions and drafts of many posts take as many statements as those of one', async () => {
  const { app } = lent
  for (let number = 0; number < 5; number++) {
    const id = await createAndPublish(app.admin, { title: `Many ${number}`, source: 'x', tags: ['tag-02'] })
    await update(app.admin, { id, title: `Many pending ${number}` })
  }
  const query = `query ($first: Int) { posts(first: $first) { nodes {
    draft { title tags { name } authors { name } }
    revisions(first: 2) { totalCount nodes { title tags { name } } }
  } } }`
  type Data = { posts: { nodes: { draft: { title: string } | null; revisions: { nodes: unknown[] } }[] } }
  const count = async (first: number) => {
    const { result, statements } = await app.countStatements(() => app.admin.send<Data>(query, { first }))
    expect(result.errors).toEqual([])
    expect(result.data?.posts.nodes).toHaveLength(first)
    for (const { draft, revisions } of result.data?.posts.nodes ?? []) {
      expect(draft?.title).toContain('Many pending')
      expect(revisions.nodes).toHaveLength(2)
    }
    return statements.length
  }
  expect(await count(5)).toBe(await count(1))
})
