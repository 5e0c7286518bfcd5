import { beforeAll, describe, expect, test } from 'vitest'
import type { PostFilter } from '../../schema/generated/graphql.ts'
import { indexMissing } from '../../src/search/reindex.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { makePosts } from '../support/posts.ts'
import { importSample } from '../support/sample.ts'
import { type ModelPost, modelPosts, modelSet, randomFilter, randomFrom } from './filter-model.ts'

const lent = withApp({ role: 'api' })
let posts: ModelPost[] = []

beforeAll(async () => {
  const { app } = lent
  await importSample(app)
  await makePosts(app, { count: 24 })
  await makePosts(app, { count: 7, status: 'DRAFT', name: 'Draft' })
  await makePosts(app, { count: 5, status: 'SCHEDULED', name: 'Scheduled' })
  await makePosts(app, { count: 5, status: 'TRASHED', name: 'Trashed' })
  await indexMissing(app.database.db, 'simple')
  posts = await modelPosts(app)
})

type Answer = { posts: { totalCount: number; nodes: { id: string }[] } }

const query = `query ($filter: PostFilter) { posts(first: 100, filter: $filter) { totalCount nodes { id } } }`

const ask = async (client: Client, filter: PostFilter): Promise<string[]> => {
  const { data, errors } = await client.send<Answer>(query, { filter })
  expect(errors, JSON.stringify(filter)).toEqual([])
  const ids = data?.posts.nodes.map((node) => node.id) ?? []
  expect(data?.posts.totalCount, JSON.stringify(filter)).toBe(ids.length)
  return ids
}

const expectModel = async (filter: PostFilter): Promise<number> => {
  const { admin, anonymous } = lent.app
  for (const [client, canReadAll] of [
    [admin, true],
    [anonymous, false],
  ] as const) {
    const ids = await ask(client, filter)
    expect(new Set(ids), JSON.stringify(filter)).toEqual(modelSet(posts, filter, canReadAll))
  }
  return modelSet(posts, filter, true).size
}

describe('a filter holds what a plain reading of it says, counts it, and holds for no key only what is public', () => {
  test.each([1, 2, 3, 4])('any filter, of seed %i', async (seed) => {
    const random = randomFrom(seed)
    const sizes: number[] = []
    for (let round = 0; round < 40; round++) sizes.push(await expectModel(randomFilter(posts, random)))
    // A test of nothing but empty lists would prove nothing.
    expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(8)
    expect(sizes.filter((size) => size === 0).length).toBeGreaterThan(2)
  })

  test('each part of it alone', async () => {
    const tags = ['tag-01', 'tag-02']
    const [category, below] = ['category-01', 'category-06']
    const filters: PostFilter[] = [
      { tags: { any: tags } },
      { tags: { all: tags } },
      { tags: { none: tags } },
      { authors: { any: ['author-03'] } },
      { categories: { any: [category] } },
      { categories: { any: [category], includeDescendants: false } },
      { categories: { all: [category, below] } },
      { categories: { none: [category] } },
      { status: ['DRAFT', 'SCHEDULED'] },
      { NOT: { status: ['PUBLISHED'] } },
      { OR: [{ status: ['TRASHED'] }, { tags: { any: tags } }] },
      { publishedAt: { from: '2010-01-01T00:00:00Z', before: '2012-02-29T00:00:00Z' } },
      { NOT: { publishedAt: { from: '2010-01-01T00:00:00Z' } }, status: ['DRAFT', 'PUBLISHED'] },
      { updatedAt: { before: '2020-01-01T12:00:00+02:00' } },
      { ids: posts.slice(0, 20).map((post) => post.id) },
    ]
    for (const filter of filters) expect(await expectModel(filter), JSON.stringify(filter)).toBeGreaterThan(0)
  })

  test('many lists at once, of which the database reads each by itself', async () => {
    const tags = Array.from({ length: 10 }, (_, index) => `tag-${String(index + 1).padStart(2, '0')}`)
    const [category, below] = ['category-01', 'category-06']
    const filters: PostFilter[] = [
      { AND: tags.map((tag) => ({ tags: { none: [tag], any: tags } })), status: ['PUBLISHED'] },
      { AND: tags.map((_, index) => ({ tags: { any: tags.slice(index % 4, 10) } })) },
      { tags: { any: tags, all: tags.slice(0, 3) }, authors: { any: ['author-01', 'author-02'], all: [] } },
      {
        AND: [{ tags: { any: tags } }, { tags: { any: tags } }, { authors: { none: ['nobody'] } }],
        categories: { all: [category, below, category] },
      },
      {
        AND: [{ tags: { any: tags } }, { tags: { any: tags } }, { authors: { none: ['nobody'] } }],
        categories: { all: [category, below], includeDescendants: false },
      },
      { NOT: { AND: tags.map((tag) => ({ tags: { all: [tag, tag] } })) } },
      {
        AND: [
          { tags: { any: tags } },
          { tags: { none: ['no'] } },
          { authors: { none: ['no'] } },
          { search: 'body' },
        ],
      },
    ]
    const sizes: number[] = []
    for (const filter of filters) sizes.push(await expectModel(filter))
    expect(sizes.filter((size) => size > 0).length).toBeGreaterThan(4)
  })

  test('from is the first moment that belongs to a range, before the first that does not', async () => {
    const [post] = posts.filter((one) => one.status === 'PUBLISHED')
    const at = post?.publishedAt?.toISOString()
    const later = new Date((post?.publishedAt?.getTime() ?? 0) + 1).toISOString()
    expect(await ask(lent.app.anonymous, { publishedAt: { from: at, before: later } })).toContain(post?.id)
    expect(await ask(lent.app.anonymous, { publishedAt: { before: at } })).not.toContain(post?.id)
    expect(await ask(lent.app.anonymous, { publishedAt: { from: later } })).not.toContain(post?.id)
  })

  test.each<[string, PostFilter]>([
    ['OR: []', { OR: [] }],
    ['any: []', { tags: { any: [] } }],
    ['ids: []', { ids: [] }],
    ['status: []', { status: [] }],
    ['NOT of everything', { NOT: {} }],
    ['a slug that does not exist', { categories: { any: ['no-such-category'] } }],
    ['all slugs when one does not exist', { authors: { all: ['author-01', 'no-such-author'] } }],
    ['an id of nothing', { ids: ['post_01h455vb4pex5vsknk084sn02q', 'nonsense'] }],
    [
      'a range that ends before it begins',
      { updatedAt: { from: '2020-01-02T00:00:00Z', before: '2020-01-01T00:00:00Z' } },
    ],
  ])('%s matches nothing', async (_what, filter) => {
    expect(await expectModel(filter)).toBe(0)
  })

  test.each<[string, PostFilter]>([
    ['AND: []', { AND: [] }],
    ['all: []', { tags: { all: [] } }],
    ['none: []', { categories: { none: [] } }],
    ['none of a slug that does not exist', { tags: { none: ['no-such-tag'] } }],
    ['ranges without ends', { publishedAt: {}, updatedAt: { from: null } }],
    [
      'null for each part',
      { AND: null, OR: null, NOT: null, ids: null, status: null, authors: null, tags: null },
    ],
  ])('%s matches all that is published', async (_what, filter) => {
    expect(await expectModel(filter)).toBe(posts.filter((post) => post.status === 'PUBLISHED').length)
  })
})

describe('the same filter gives the same posts', () => {
  const all = `query ($filter: PostFilter, $query: String!, $by: ArchiveUnit!) {
    search(query: $query, first: 100, filter: $filter) { totalCount nodes { id } edges { rank } }
    archives(by: $by, filter: $filter) { year month count posts(first: 70) { totalCount nodes { id } } }
  }`
  type All = {
    search: { totalCount: number; nodes: { id: string }[] }
    archives: { year: number; month: number | null; count: number; posts: Answer['posts'] }[]
  }

  test.each(['MONTH', 'YEAR'] as const)('in lists, search, archives by %s and their counts', async (by) => {
    const random = randomFrom(by.length)
    let found = 0
    for (let round = 0; round < 20; round++) {
      const filter = randomFilter(posts, random)
      for (const client of [lent.app.admin, lent.app.anonymous]) {
        const listed = await ask(client, filter)
        const { data, errors } = await client.send<All>(all, { filter, query: 'the', by })
        expect(errors).toEqual([])
        const sought = new Set(data?.search.nodes.map((node) => node.id))
        expect(sought, JSON.stringify(filter)).toEqual(
          new Set(await ask(client, { AND: [filter], search: 'the' })),
        )
        expect(data?.search.totalCount).toBe(sought.size)
        const dated = listed.filter((id) => posts.find((post) => post.id === id)?.publishedAt)
        const archived = data?.archives.flatMap((archive) => archive.posts.nodes.map((node) => node.id)) ?? []
        expect(new Set(archived), JSON.stringify(filter)).toEqual(new Set(dated))
        for (const { count, posts: page } of data?.archives ?? [])
          expect([page.totalCount, page.nodes.length]).toEqual([count, count])
        found += sought.size * archived.length
      }
    }
    expect(found).toBeGreaterThan(0)
  })
})

describe('a filter on the posts of an author, a category or a tag', () => {
  test.each([
    ['author', 'authors', '', (slug: string): PostFilter => ({ authors: { any: [slug] } })],
    ['tag', 'tags', '', (slug: string): PostFilter => ({ tags: { any: [slug] } })],
    ['category', 'categories', '', (slug: string): PostFilter => ({ categories: { any: [slug] } })],
    [
      'category',
      'categories',
      ', includeDescendants: false',
      (slug: string): PostFilter => ({ categories: { any: [slug], includeDescendants: false } }),
    ],
  ] as const)('leaves those of each %s of %s that it leaves in posts%s', async (_kind, list, args, own) => {
    const filter: PostFilter = {
      status: ['PUBLISHED', 'DRAFT'],
      OR: [{ tags: { any: ['tag-01', 'tag-05'] } }, { updatedAt: { from: '2020-01-01T15:00:00Z' } }],
    }
    const nested = `query ($filter: PostFilter) {
      list: ${list}(first: 100) { nodes { slug posts(first: 50, filter: $filter${args}) { totalCount nodes { id } } } }
    }`
    type Nested = { list: { nodes: { slug: string; posts: Answer['posts'] }[] } }
    for (const client of [lent.app.admin, lent.app.anonymous]) {
      const { data, errors } = await client.send<Nested>(nested, { filter })
      expect(errors).toEqual([])
      expect(data?.list.nodes.length).toBeGreaterThan(3)
      for (const { slug, posts: page } of data?.list.nodes ?? []) {
        const expected = await ask(client, { AND: [filter, own(slug)] })
        expect([slug, page.totalCount, page.nodes.map((node) => node.id)]).toEqual([
          slug,
          expected.length,
          expected,
        ])
      }
    }
  })
})

describe('a filter that cannot be', () => {
  const deep = (levels: number): PostFilter => (levels === 1 ? {} : { NOT: deep(levels - 1) })
  const many = Array.from({ length: 101 }, (_, index) => `slug-${index}`)

  test.each<[string, PostFilter, RegExp]>([
    [
      'more values than 100',
      { OR: [{ tags: { any: many } }] },
      /"filter\.OR\[0\]\.tags\.any" has 101 values; at most 100/,
    ],
    ['more ids than 100', { ids: many }, /"filter\.ids" has 101 values; at most 100/],
    [
      'more than 50 filters',
      { OR: Array.from({ length: 50 }, () => ({})) },
      /"filter" has 51 filters .* at most 50/,
    ],
    [
      'more than 5 searches',
      { OR: Array.from({ length: 3 }, () => ({ search: 'a', NOT: { search: 'b' } })) },
      /"filter" searches 6 times; at most 5/,
    ],
    [
      'more than 20 conditions on other tables',
      { OR: Array.from({ length: 7 }, () => ({ tags: { any: ['a'], all: ['a'], none: ['a'] } })) },
      /"filter" has 21 conditions on authors, .* at most 20/,
    ],
    [
      'more than 500 values in all',
      { OR: [...Array.from({ length: 5 }, () => ({ ids: many.slice(1) })), { tags: { none: ['a'] } }] },
      /"filter" has 501 ids and slugs .* at most 500/,
    ],
    ['more than 8 levels', deep(9), /"filter(\.NOT){8}" is 9 levels deep; at most 8/],
    ['a NUL character', { tags: { any: ['a\0b'] } }, /"filter\.tags\.any" .*NUL/],
    [
      'a time without a zone',
      { publishedAt: { from: '2020-01-01T00:00:00' } },
      /\.publishedAt\.from: .* with an offset.*not "2020-01-01T00:00:00"/,
    ],
    [
      'a state that there is not',
      { status: ['LIVE'] } as never,
      /\.status\[0\]: .*"LIVE".* DRAFT, PUBLISHED/,
    ],
  ])('%s is told by its place, its value and what is allowed', async (_what, filter, message) => {
    const { data, errors } = await lent.app.anonymous.send(query, { filter })
    expect(data).toBeNull()
    expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
    expect(errors[0]?.message).toMatch(message)
  })

  test('the largest that is allowed is answered', async () => {
    const largest = Array.from({ length: 49 }, (_, index) =>
      index < 20 ? { tags: { any: many.slice(1, 6) }, ids: many.slice(1, 21) } : { status: [] },
    )
    expect(await ask(lent.app.admin, { OR: largest })).toEqual([])
    expect(await ask(lent.app.admin, deep(8))).toEqual([])
  })
})
