import { beforeAll, describe, expect, test } from 'vitest'
import {
  type CreatePostInput,
  EditorPostDocument,
  LatestPostsDocument,
  PostByDocument,
} from '../../schema/generated/graphql.ts'
import { renderAgain } from '../../src/posts/background/render-again.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { makeToken } from './previewing.ts'
import { createAndPublish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

beforeAll(() => makePosts(lent.app, { count: 1 }))

const publish = async (input: Partial<CreatePostInput>) => {
  const id = await createAndPublish(lent.app.admin, { title: 'A post', source: 'Words.', ...input })
  const { post } = await lent.app.anonymous.run(PostByDocument, { by: { id } })
  if (!post) throw new Error('What was published can be read.')
  return post
}

describe('relations', () => {
  test('come in the order in which they were written, which is neither that of names nor of ids', async () => {
    const post = await publish({
      authors: ['author-03', 'author-01', 'author-02'],
      categories: ['category-04', 'category-09', 'category-02'],
      tags: ['tag-07', 'a new one', 'tag-02'],
    })
    expect(post.authors.map((author) => author.slug)).toEqual(['author-03', 'author-01', 'author-02'])
    expect(post.author).toEqual(post.authors[0])
    const slugs = post.categories.map((category) => category.slug)
    expect(slugs).toEqual(['category-04', 'category-09', 'category-02'])
    expect(post.tags.map((tag) => tag.name)).toEqual(['Tag 07', 'a new one', 'Tag 02'])
  })

  test('keep to their own post in a list', async () => {
    const { posts } = await lent.app.anonymous.run(LatestPostsDocument, { first: 100 })
    const made = posts.nodes.find((post) => post.title === 'Post 0001')
    expect(made?.tags.map((tag) => tag.name)).toEqual(['Tag 04', 'Tag 03', 'Tag 02'])
    expect(made?.categories.map((category) => category.name)).toEqual(['Category 03', 'Category 02'])
    expect(made?.author?.name).toBe('Author 03')
  })

  test('are empty, and the author null, for a post without any', async () => {
    const post = await publish({})
    expect([post.author, post.authors, post.categories, post.tags]).toEqual([null, [], [], []])
  })
})

describe('dates', () => {
  test.each([
    ['2009-07-23T09:20:48+02:00', '2009-07-23T09:20:48+02:00'],
    ['2009-07-23T09:20:48-03:30', '2009-07-23T09:20:48-03:30'],
    ['2009-07-23T09:20:48Z', '2009-07-23T09:20:48Z'],
    ['2009-07-23T09:20:48+00:00', '2009-07-23T09:20:48Z'],
    ['2009-07-23t09:20:48.5z', '2009-07-23T09:20:48.500Z'],
    ['2009-07-23T00:30:00.123456+14:00', '2009-07-23T00:30:00.123+14:00'],
    ['2012-02-29T23:59:59-12:00', '2012-02-29T23:59:59-12:00'],
    ['1969-12-31T23:59:59+00:00', '1969-12-31T23:59:59Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
  ])('publishedAt %s is answered as %s', async (publishedAt, answered) => {
    expect((await publish({ publishedAt })).publishedAt).toBe(answered)
  })

  test('lists go by the instant and not by the wall clock of the offset', async () => {
    await publish({ title: 'Earlier', publishedAt: '2015-06-01T12:00:00+09:00' })
    await publish({ title: 'Later', publishedAt: '2015-06-01T04:00:00Z' })
    const { posts } = await lent.app.anonymous.run(LatestPostsDocument, { first: 100 })
    const titles = posts.nodes.map((post) => post.title)
    expect(titles.indexOf('Later')).toBeLessThan(titles.indexOf('Earlier'))
  })

  test('the path goes by the date in the time zone of the site', async () => {
    expect((await publish({ publishedAt: '2016-01-01T00:30:00+02:00' })).path).toMatch(/^\/2015\/12\//)
  })
})

describe('content', () => {
  const source = `## One & two

A [link](/a/) with <script>alert(1)</script>*weight*.

![A press](/press.jpg "The press")

<!--more-->

The rest.`

  test('is answered as HTML, as text, and by what is found in it', async () => {
    const post = await publish({ source, coverImage: { url: 'https://example.com/c.jpg', alt: 'A cover' } })
    expect(post.content).toContain('<h2 id="one--two">One &amp; two</h2>')
    expect(post.content).toContain('<em>weight</em>')
    expect(post.content).not.toContain('script')
    expect(post.contentText).toMatch(/^One & two\n+A link with weight\./)
    expect(post.excerptSource).toBe('MORE_MARKER')
    expect(post.excerpt).not.toContain('The rest.')
    expect(post.excerptHtml).toContain('<em>weight</em>')
    expect(post.headings).toEqual([{ level: 2, id: 'one--two', text: 'One & two' }])
    expect(post.images).toMatchObject([{ url: '/press.jpg', alt: 'A press', title: 'The press' }])
    expect(post.coverImage).toEqual({ url: 'https://example.com/c.jpg', alt: 'A cover' })
    expect([post.wordCount, post.readingTimeMinutes]).toEqual([8, 1])
  })

  test('has its source byte for byte, for those who may read it', async () => {
    const bytes = `---\r\n\t\uFEFFtabs & "quotes" ${'\u00e9'} ${'e\u0301'} 👩‍🚀 \u202e\r\n\n`
    const { id } = await publish({ source: bytes })
    expect((await lent.app.admin.run(EditorPostDocument, { by: { id } })).post?.source).toBe(bytes)
  })

  test('has the excerpt that an author wrote before any other', async () => {
    const post = await publish({ source, excerpt: 'By *hand*.' })
    expect([post.excerpt, post.excerptHtml, post.excerptSource]).toEqual([
      'By hand.',
      '<p>By <em>hand</em>.</p>',
      'MANUAL',
    ])
  })

  test('may be HTML', async () => {
    const post = await publish({
      format: 'HTML',
      source: '<p>A *star*</p><iframe src="https://evil.example/">',
    })
    expect([post.format, post.content]).toEqual(['HTML', '<p>A *star*</p>'])
  })
})

test('Markdown is answered of what is live, of the pending draft and of a preview', async () => {
  const { admin, anonymous, core, database } = lent.app
  const id = await createAndPublish(admin, { title: 'T', source: '<b>Old</b> words', format: 'HTML' })
  await update(admin, { id, source: '<i>New</i> words', excerpt: '<i>Short</i>' })
  const { token } = await makeToken(admin, id)
  const both = '{ content(format: MARKDOWN) excerpt(format: MARKDOWN) }'
  const ask = async () => {
    const query = `query ($id: ID!, $token: String) { live: post(by: { id: $id }) ${both}
      shown: post(by: { id: $id }, previewToken: $token) ${both} }`
    const { data: shown } = await anonymous.send(query, { id, token })
    const { data: draft } = await admin.send(`query ($id: ID!) { post(by: { id: $id }) { draft ${both} } }`, {
      id,
    })
    return { ...shown, ...draft }
  }
  const pending = { content: '*New* words', excerpt: '*Short*' }
  const expected = {
    live: { content: '**Old** words', excerpt: 'Old words' },
    shown: pending,
    post: { draft: pending },
  }
  expect(await ask()).toEqual(expected)

  // As an older version left them, which made no Markdown.
  await database.db.post.updateMany({
    data: { rendererVersion: 0, contentMarkdown: '', excerptMarkdown: '' },
  })
  await database.db.postRevision.updateMany({ where: { draftOf: { id } }, data: { rendered: {} } })
  expect(await renderAgain(database.db, core.renderPost)).toBe(await database.db.post.count())
  expect(await ask()).toEqual(expected)
  expect(await renderAgain(database.db, core.renderPost)).toBe(0)
})

test('url is the path at SITE_URL, percent-encoded where a URL has to be', async () => {
  const post = await publish({ title: 'Ñandú', slug: 'ñandú', publishedAt: '2020-05-01T00:00:00Z' })
  expect([post.path, post.url]).toEqual([
    '/2020/05/ñandú/',
    'https://blog.example.com/2020/05/%C3%B1and%C3%BA/',
  ])
})

test('seo and metadata are answered as they were written', async () => {
  const seo = { title: 'T', description: 'D', canonicalUrl: 'https://example.org/x', noindex: true }
  const metadata = { z: 1, a: [null, { b: 'é' }], nested: { empty: {} } }
  const post = await publish({ seo, metadata })
  expect(post.seo).toEqual(seo)
  expect(JSON.stringify(post.metadata)).toBe(JSON.stringify(metadata))
  const bare = await publish({})
  expect([bare.seo, bare.metadata]).toEqual([
    { title: null, description: null, canonicalUrl: null, noindex: false },
    {},
  ])
})
