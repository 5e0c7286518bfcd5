import { beforeAll, describe, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { expectedIds, idsOf, type ListPage, listNames, readPage } from './lists.ts'

const lent = withApp({ role: 'api' })
// No divisor of any list's length, so that the last page is a short one.
const size = 3

beforeAll(async () => {
  await makePosts(lent.app, { count: 32 })
  await makePosts(lent.app, { count: 4, status: 'DRAFT', name: 'Draft' })
  await makePosts(lent.app, { count: 4, status: 'SCHEDULED', name: 'Scheduled' })
  await makePosts(lent.app, { count: 4, status: 'TRASHED', name: 'Trashed' })
})

describe.each(listNames)('%s', (name) => {
  test('holds each item once, in its order, when it is paged forwards', async () => {
    const { app } = lent
    const expected = await expectedIds(app, name)
    const pages: ListPage[] = []
    for (let after: string | null = null; pages.length === 0 || after; ) {
      const page: ListPage = await readPage(app.anonymous, name, { first: size, after })
      pages.push(page)
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    }
    expect(expected.length).toBeGreaterThan(size)
    expect(pages.flatMap(idsOf)).toEqual(expected)
    expect(pages.map((page) => page.pageInfo.hasPreviousPage)).toEqual(pages.map((_, index) => index > 0))
    expect(new Set(pages.map((page) => page.totalCount))).toEqual(new Set([expected.length]))
  })

  test('holds the same items in the same order when it is paged backwards', async () => {
    const { app } = lent
    const expected = await expectedIds(app, name)
    const pages: ListPage[] = []
    for (let before: string | null = null; pages.length === 0 || before; ) {
      const page: ListPage = await readPage(app.anonymous, name, { last: size, before })
      pages.unshift(page)
      before = page.pageInfo.hasPreviousPage ? page.pageInfo.startCursor : null
    }
    expect(pages.flatMap(idsOf)).toEqual(expected)
    expect(pages.map((page) => page.pageInfo.hasNextPage)).toEqual(
      pages.map((_, index) => index < pages.length - 1),
    )
  })

  test('answers nodes as edges, and the cursors of its first and last edge as startCursor and endCursor', async () => {
    const page = await readPage(lent.app.anonymous, name, { first: size })
    expect(page.nodes).toEqual(page.edges.map((edge) => edge.node))
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: page.edges[0]?.cursor,
      endCursor: page.edges[size - 1]?.cursor,
    })
  })

  test('is cut to what lies between after and before, from either end', async () => {
    const { anonymous } = lent.app
    const { edges } = await readPage(anonymous, name, { first: 5 })
    const [after, before] = [edges[0]?.cursor, edges[4]?.cursor]
    const inner = edges.slice(1, 4).map((edge) => edge.node.id)
    expect(idsOf(await readPage(anonymous, name, { first: 10, after, before }))).toEqual(inner)
    expect(idsOf(await readPage(anonymous, name, { last: 10, after, before }))).toEqual(inner)
    expect(idsOf(await readPage(anonymous, name, { first: 2, after, before }))).toEqual(inner.slice(0, 2))
    expect(idsOf(await readPage(anonymous, name, { last: 2, after, before }))).toEqual(inner.slice(-2))
  })

  test('tells with first: 0 or last: 0 how many there are, and gives none', async () => {
    const { app } = lent
    const { length } = await expectedIds(app, name)
    const none = { edges: [], nodes: [], totalCount: length }
    const ends = { startCursor: null, endCursor: null }
    expect(await readPage(app.anonymous, name, { first: 0 })).toEqual({
      ...none,
      pageInfo: { hasNextPage: true, hasPreviousPage: false, ...ends },
    })
    expect(await readPage(app.anonymous, name, { last: 0 })).toEqual({
      ...none,
      pageInfo: { hasNextPage: false, hasPreviousPage: true, ...ends },
    })
  })

  test('beyond its end is an empty page, not an error', async () => {
    const { anonymous } = lent.app
    const { pageInfo } = await readPage(anonymous, name, { last: 1 })
    const beyond = await readPage(anonymous, name, { first: size, after: pageInfo.endCursor })
    expect(beyond.edges).toEqual([])
    expect(beyond.pageInfo).toMatchObject({ hasNextPage: false, startCursor: null, endCursor: null })
  })
})

test('a page has 20 items when nobody says how many, and 100 when they are asked for', async () => {
  const { app } = lent
  await makePosts(app, { count: 80, name: 'More' })
  expect((await readPage(app.anonymous, 'posts', {})).edges).toHaveLength(20)
  expect((await readPage(app.anonymous, 'posts', { first: 100 })).edges).toHaveLength(100)
  expect((await readPage(app.anonymous, 'posts', { last: 100 })).edges).toHaveLength(100)
})

test('a list holds published posts alone, whatever the key', async () => {
  const { app } = lent
  for (const name of ['posts', 'Author.posts', 'Tag.posts', 'Category.posts'] as const) {
    const forAll = await readPage(app.anonymous, name, { first: 100 })
    expect(await readPage(app.admin, name, { first: 100 })).toEqual(forAll)
  }
})

test('a list of nothing is an empty page', async () => {
  const { app } = lent
  const at = app.clock.now()
  const times = { createdAt: at, updatedAt: at }
  await app.database.db.author.create({
    data: { id: 'author_none', slug: 'none', name: 'None', nameKey: 'none', isPublic: true, ...times },
  })
  const { data } = await app.anonymous.send(
    '{ author(by: { slug: "none" }) { postCount posts { totalCount edges { cursor } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }',
  )
  expect(data).toEqual({
    author: {
      postCount: 0,
      posts: {
        totalCount: 0,
        edges: [],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      },
    },
  })
})
