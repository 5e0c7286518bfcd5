import { beforeAll, expect, test } from 'vitest'
import {
  EditorPostDocument,
  LatestPostsDocument,
  type PostBy,
  PostByDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { countsOf, file, importFiles } from './importing.ts'

const lent = withApp({ role: 'api' })

const hidden = {
  'a draft': { path: '_drafts/secret.md', id: 'd1', frontMatter: '' },
  'a draft with a date': { path: '_drafts/dated.md', id: 'd2', frontMatter: 'date: 2010-01-01' },
  'published: false': { path: '_posts/2010-01-02-not.md', id: 'd3', frontMatter: 'published: false' },
  'draft: true': { path: '_posts/2010-01-03-yet.md', id: 'd4', frontMatter: 'draft: true' },
  "WordPress's private": { path: '_posts/2010-01-04-wp.md', id: 'd5', frontMatter: 'status: private' },
  'a date in the future': { path: '_posts/2099-01-01-later.md', id: 'd6', frontMatter: '' },
}

const fileOf = ({ id, frontMatter }: { id: string; frontMatter: string }) =>
  file(
    `title: Secret\nid: ${id}\nguid: guid-${id}\npermalink: /secret/${id}/\nauthor: Ann\ntags: [hush]\ncategory: Quiet\nredirect_from: /old/${id}/\n${frontMatter}`,
  )

beforeAll(async () => {
  const files = Object.values(hidden).map((post) => [post.path, fileOf(post)])
  const report = await importFiles(lent.app, 'private', Object.fromEntries(files))
  expect(countsOf(report)).toMatchObject({ created: 6, failed: 0 })
})

test.each(Object.entries(hidden))('%s is found by nothing without a key', async (_name, { id }) => {
  const { anonymous, admin } = lent.app
  const { post } = await admin.run(EditorPostDocument, { by: { legacyId: id } })
  const ways: PostBy[] = [
    { id: post?.id ?? 'none' },
    { legacyId: id },
    { guid: `guid-${id}` },
    { path: `/secret/${id}/` },
    { origin: { source: 'private', id } },
  ]
  for (const by of ways) {
    const found = await admin.run(EditorPostDocument, { by })
    expect(found.post?.id).toBe(post?.id)
    expect((await anonymous.run(PostByDocument, { by })).post).toBeNull()
  }
  const byNode = await anonymous.send('query ($id: ID!) { node(id: $id) { id } }', { id: post?.id })
  expect(byNode.data).toEqual({ node: null })
})

test('none of them is in a list or a count', async () => {
  expect((await lent.app.anonymous.run(LatestPostsDocument, { first: 20 })).posts.nodes).toEqual([])
  const lists = `{
    author(by: { slug: "ann" }) { postCount posts { totalCount } }
    tag(by: { slug: "hush" }) { postCount posts { totalCount } }
    category(by: { slug: "quiet" }) { postCount posts { totalCount } }
  }`
  const none = { postCount: 0, posts: { totalCount: 0 } }
  const { data } = await lent.app.anonymous.send(lists)
  // Whom and what drafts alone name is no business of anyone without a key.
  expect(data).toEqual({ author: null, tag: null, category: null })
  expect((await lent.app.admin.send(lists)).data).toEqual({ author: none, tag: none, category: none })
})

test('what has a date in the future is scheduled for it, the others are drafts', async () => {
  const { admin } = lent.app
  const later = await admin.run(EditorPostDocument, { by: { legacyId: 'd6' } })
  expect(later.post).toMatchObject({ status: 'SCHEDULED', scheduledAt: '2098-12-31T23:00:00Z' })
  const { rows } = await lent.app.database.db.post
    .groupBy({ by: ['status', 'wasPublic'], _count: true, orderBy: { status: 'asc' } })
    .then((groups) => ({ rows: groups.map(({ _count, ...group }) => ({ ...group, count: _count })) }))
  expect(rows).toEqual([
    { status: 'DRAFT', wasPublic: false, count: 5 },
    { status: 'SCHEDULED', wasPublic: false, count: 1 },
  ])
})

test('a date in the future that has come when the file is imported again makes the post public', async () => {
  const soon = new Date(lent.app.clock.now().getTime() + 3_600_000).toISOString()
  const name = '_posts/2020-01-01-soon.md'
  const by = { origin: { source: 'soon', id: '1' } }
  await importFiles(lent.app, 'soon', { [name]: file(`title: Soon\nid: 1\ndate: ${soon}`) })
  expect((await lent.app.anonymous.run(PostByDocument, { by })).post).toBeNull()
  lent.app.clock.advance(2 * 3_600_000)
  await importFiles(lent.app, 'soon', { [name]: file(`title: Now\nid: 1\ndate: ${soon}`) })
  expect((await lent.app.anonymous.run(PostByDocument, { by })).post).toMatchObject({ title: 'Now' })
})

test('a post whose file says that it is no longer published is hidden, and what it was is known', async () => {
  const name = '_posts/2010-02-01-back.md'
  const by = { path: '/back/' }
  await importFiles(lent.app, 'back', { [name]: file('title: T\npermalink: /back/') })
  expect((await lent.app.anonymous.run(PostByDocument, { by })).post).not.toBeNull()
  await importFiles(lent.app, 'back', { [name]: file('title: T\npermalink: /back/\npublished: false') })
  expect((await lent.app.anonymous.run(PostByDocument, { by })).post).toBeNull()
  const row = await lent.app.database.db.post.findUnique({ where: { path: '/back/' } })
  expect(row).toMatchObject({ status: 'DRAFT', wasPublic: true, version: 2 })
})

test('the event of an import that brought in nothing public is not public', async () => {
  const last = () => lent.app.database.db.event.findFirst({ orderBy: { sequence: 'desc' } })
  await importFiles(lent.app, 'hidden', { '_drafts/only.md': file('title: T') })
  expect(await last()).toMatchObject({ isPublic: false, detail: { source: 'hidden', created: 1 } })
  await importFiles(lent.app, 'hidden', { '_drafts/only.md': file('title: T\nauthor: Somebody New') })
  expect(await last()).toMatchObject({ isPublic: false, detail: { source: 'hidden', changed: 1 } })
})

test('the event of an import counts for everybody what is public, and names no import', async () => {
  const { anonymous, clientWith } = lent.app
  const files = {
    '_posts/2011-01-01-seen.md': file('title: Seen'),
    '_drafts/one.md': file('title: One'),
    '_drafts/two.md': file('title: Two'),
    '_posts/2011-01-02-broken.md': '---\ntitle: "No end\n---\n',
  }
  await importFiles(lent.app, 'confidential-client', files)
  const more = { ...files, '_posts/2011-01-03-more.md': file('title: More') }
  await importFiles(lent.app, 'confidential-client', more)
  const query = `{ changes(types: [IMPORT_COMPLETED], first: 100) { nodes {
    ... on ImportEvent { source created changed unchanged failed } } } }`
  type Told = { changes: { nodes: object[] } }
  const lastTwo = async (client: typeof anonymous) =>
    (await client.send<Told>(query)).data?.changes.nodes.slice(-2)
  expect(await lastTwo(anonymous)).toEqual([
    { source: null, created: 1, changed: 0, unchanged: 0, failed: 0 },
    { source: null, created: 1, changed: 0, unchanged: 1, failed: 0 },
  ])
  expect(await lastTwo(await clientWith('CONTENT_READ'))).toEqual([
    { source: 'confidential-client', created: 3, changed: 0, unchanged: 0, failed: 1 },
    { source: 'confidential-client', created: 1, changed: 0, unchanged: 3, failed: 1 },
  ])
})

test('people’s data in front matter is in no answer without a key, and kept for keys with content:read', async () => {
  const private_ =
    'author: { display_name: Jane Roe, login: jane, email: jane@example.org }\nauthor_email: jane@example.org\ncomments: [{ author: Reader, author_email: reader@example.net }]'
  await importFiles(lent.app, 'people', {
    '_posts/2010-03-01-people.md': file(`title: T\npermalink: /people/\nshoe: 42\n${private_}`),
    '_posts/2010-03-02-locked.md': file('title: T\npermalink: /locked/\npost_password: s3cret'),
  })
  const query = `query ($path: String!) {
    post(by: { path: $path }) { status metadata authors { slug name } origin { path frontMatter } }
  }`
  const { data } = await lent.app.anonymous.send(query, { path: '/people/' })
  expect(data).toEqual({
    post: {
      status: 'PUBLISHED',
      metadata: { shoe: 42, author: { display_name: 'Jane Roe' } },
      authors: [{ slug: 'jane', name: 'Jane Roe' }],
      origin: { path: '_posts/2010-03-01-people.md', frontMatter: null },
    },
  })
  expect((await lent.app.anonymous.send(query, { path: '/locked/' })).data).toEqual({ post: null })
  const whole = (await lent.app.admin.send(query, { path: '/people/' })).data
  expect(JSON.stringify(whole)).toContain('reader@example.net')
  expect((await lent.app.admin.send(query, { path: '/locked/' })).data).toMatchObject({
    post: { status: 'DRAFT', metadata: {}, origin: { frontMatter: expect.stringContaining('s3cret') } },
  })
})
