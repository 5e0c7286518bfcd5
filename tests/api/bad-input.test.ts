import { beforeAll, describe, expect, test } from 'vitest'
import { CreatePostDocument, type CreatePostInput, PostByDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { create, publish } from './writing.ts'

const lent = withApp({ role: 'api' })

beforeAll(() => makePosts(lent.app, { count: 1 }))

const base: CreatePostInput = { title: 'A title', source: 'Words.' }
const issuesOf = async (input: Partial<CreatePostInput>) => {
  const { createPost } = await lent.app.admin.run(CreatePostDocument, { input: { ...base, ...input } })
  return createPost.__typename === 'ValidationError'
    ? createPost.issues.map((issue) => issue.path.join('.'))
    : []
}
const posts = () => lent.app.database.db.post.count()

describe('text that no database can hold', () => {
  test.each(['\0', 'a\0b', '\ud800', 'a\udfffb', '\udc00\ud800'])(
    'is refused wherever it stands: %j',
    async (text) => {
      const before = await posts()
      for (const field of ['title', 'source', 'excerpt', 'layout'] as const)
        expect(await issuesOf({ [field]: text })).toEqual([`input.${field}`])
      expect(await issuesOf({ path: `/${text}/` })).toEqual(['input.path'])
      expect(await issuesOf({ slug: text })).toEqual(['input.slug'])
      expect(await issuesOf({ tags: [text] })).toEqual(['input.tags.0'])
      expect(await issuesOf({ seo: { title: text } })).toEqual(['input.seo.title'])
      expect(await issuesOf({ coverImage: { url: 'https://example.com/', alt: text } })).toEqual([
        'input.coverImage.alt',
      ])
      for (const metadata of [{ a: text }, { [text]: 1 }, { a: [{ b: text }] }])
        expect(await issuesOf({ metadata })).toEqual(['input.metadata'])
      expect(await issuesOf({ authors: [text] })).toContain('input.authors.0')
      expect(await issuesOf({ categories: [text] })).toContain('input.categories.0')
      expect(await posts()).toBe(before)
    },
  )

  test('is not what only looks like it: an escape that somebody wrote about', async () => {
    const metadata = { folder: 'C:\\udata\\u0000', pattern: '\\ud800', '\\u0000': '\\\\u0000' }
    const { post } = await create(lent.app.admin, {
      ...base,
      source: 'Write `\\u0000` and \\ud800.',
      metadata,
    })
    await publish(lent.app.admin, post.id)
    const { post: seen } = await lent.app.anonymous.run(PostByDocument, { by: { id: post.id } })
    expect(seen?.metadata).toEqual(metadata)
    expect(seen?.contentText).toContain('\\u0000')
  })
})

describe('a title', () => {
  test.each(['', ' ', '\t\n', '\u00a0\u3000'])('of nothing is refused: %j', async (title) => {
    expect(await issuesOf({ title })).toEqual(['input.title'])
  })

  test('may have 1,000 characters and not 1,001, nor 10,000', async () => {
    const before = await posts()
    expect(await issuesOf({ title: 'é'.repeat(1_000) })).toEqual([])
    expect(await issuesOf({ title: 'é'.repeat(1_001) })).toEqual(['input.title'])
    expect(await issuesOf({ title: 'é'.repeat(10_000) })).toEqual(['input.title'])
    expect(await posts()).toBe(before + 1)
  })

  test.each([
    '<script>alert(1)</script>',
    '<b>Bold</b> &amp; &lt;brave&gt;',
    '"quoted" & \'single\'',
    "Robert'); DROP TABLE posts;--",
    '100% _sure_ \\ $1 {{y}} <%= z %>',
    '\u202eright to left',
    '👩‍👩‍👧‍👦 family',
    'null',
    '__proto__',
    'constructor',
  ])('stays the text that it is: %j', async (title) => {
    const { post } = await create(lent.app.admin, { ...base, title, excerpt: title, tags: [title] })
    expect(post.title).toBe(title)
    await publish(lent.app.admin, post.id)
    const { post: seen } = await lent.app.anonymous.run(PostByDocument, { by: { id: post.id } })
    expect([seen?.title, seen?.tags[0]?.name]).toEqual([title, title])
    expect(seen?.excerptHtml).not.toContain('<script')
  })
})

test('SQL in every field is stored as it was typed', async () => {
  const sql = "x'; DELETE FROM posts; SELECT pg_sleep(10); --"
  const before = await posts()
  const input = {
    ...base,
    source: sql,
    layout: sql,
    path: `/${sql}/`,
    seo: { title: sql },
    metadata: { [sql]: sql },
  }
  const { post } = await create(lent.app.admin, input)
  await publish(lent.app.admin, post.id)
  const { post: seen } = await lent.app.anonymous.run(PostByDocument, { by: { path: `/${sql}/` } })
  expect(seen).toMatchObject({ layout: sql, seo: { title: sql }, metadata: { [sql]: sql } })
  expect(await issuesOf({ slug: sql })).toEqual(['input.slug'])
  expect(await issuesOf({ authors: [sql], categories: [sql] })).toEqual(['input.authors', 'input.categories'])
  expect(await posts()).toBe(before + 1)
})

test('names that JavaScript knows are names like any other', async () => {
  const metadata = JSON.parse('{"constructor": {"prototype": 1}, "toString": null, "hasOwnProperty": "x"}')
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString']
  const { post } = await create(lent.app.admin, { ...base, metadata, tags: names })
  await publish(lent.app.admin, post.id)
  const { post: seen } = await lent.app.anonymous.run(PostByDocument, { by: { id: post.id } })
  expect(seen?.metadata).toEqual(metadata)
  expect(seen?.tags.map((tag) => tag.name)).toEqual(names)
})

test('metadata with a key __proto__ is refused: it is neither lost without a word nor does it change an object', async () => {
  const before = await posts()
  const polluting = ['{"__proto__": {"polluted": true}}', '{"a": [{"__proto__": {"polluted": true}}]}']
  for (const json of polluting) {
    expect(await issuesOf({ metadata: JSON.parse(json) })).toEqual(['input.metadata'])
    const query = `mutation { createPost(input: { title: "x", source: "x", metadata: ${json.replace(/"(\w+)":/g, '$1:')} }) { __typename } }`
    expect((await lent.app.admin.send(query)).data).toEqual({ createPost: { __typename: 'ValidationError' } })
  }
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  expect(await posts()).toBe(before)
})

describe('a date', () => {
  const query =
    'mutation ($at: DateTime) { createPost(input: { title: "Dated", source: "x", publishedAt: $at }) { __typename } }'
  const impossible = [
    '2023-02-29T00:00:00Z',
    '2023-13-01T00:00:00Z',
    '2023-00-01T00:00:00Z',
    '2023-04-31T00:00:00Z',
    '2023-01-01T24:00:00Z',
    '2023-01-01T23:60:00Z',
    '2023-01-01T23:59:60Z',
    '2023-01-01T00:00:00+24:00',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-00:01',
    '+12023-01-01T00:00:00Z',
  ]
  const zoneless = ['2023-01-01T00:00:00', '2023-01-01', '2023-01-01 00:00:00', '2023', 'yesterday', '']
  const noText = [1_672_531_200, true, {}, ['2023-01-01T00:00:00Z']]

  test.each([...impossible, ...zoneless, ...noText])(
    'that is impossible or has no zone is refused: %j',
    async (at) => {
      const before = await posts()
      const asVariable = await lent.app.admin.send(query, { at })
      expect([asVariable.status, asVariable.data]).toEqual([400, null])
      expect(asVariable.errors.map((error) => error.extensions?.code)).toEqual(['BAD_USER_INPUT'])
      if (typeof at === 'string') {
        const asLiteral = await lent.app.admin.send(
          query.replace('($at: DateTime)', '').replace('$at', JSON.stringify(at)),
        )
        expect(asLiteral.data).toBeNull()
        expect(asLiteral.errors.map((error) => error.extensions?.code)).toEqual(['BAD_USER_INPUT'])
      }
      expect(await posts()).toBe(before)
    },
  )
})

describe('variables of the wrong type', () => {
  test.each([
    [{ input: { title: 5, source: 'x' } }],
    [{ input: { source: 'x' } }],
    [{ input: { ...base, format: 'WORD' } }],
    [{ input: { ...base, colour: 'red' } }],
    [{ input: { ...base, tags: 'one, two', authors: [null] } }],
    [{ input: { ...base, coverImage: { url: 'javascript:alert(1)' } } }],
    [{ input: { ...base, seo: { canonicalUrl: '/relative' } } }],
    [{ input: null }],
    [{}],
  ])('are BAD_USER_INPUT, and nothing is written: %j', async (variables) => {
    const before = await posts()
    const { status, data, errors } = await lent.app.admin.send(String(CreatePostDocument), variables)
    expect([status, data]).toEqual([400, null])
    expect(new Set(errors.map((error) => error.extensions?.code))).toEqual(new Set(['BAD_USER_INPUT']))
    expect(await posts()).toBe(before)
  })
})

test('a source of nearly 1 MB is stored, and a body beyond it is refused with 413', async () => {
  const before = await posts()
  const source = 'All work and no play. '.repeat(45_000)
  expect((await create(lent.app.admin, { ...base, source })).post.version).toBe(1)
  const input = { ...base, source: 'x'.repeat(1_000_000) }
  const { status, data, errors } = await lent.app.admin.send(String(CreatePostDocument), { input })
  expect([status, data, errors[0]?.extensions?.code]).toEqual([413, null, 'BAD_USER_INPUT'])
  expect(await posts()).toBe(before + 1)
})
