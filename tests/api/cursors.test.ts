import { beforeEach, describe, expect, test } from 'vitest'
import { UnpublishPostDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { type MadePost, makePosts } from '../support/posts.ts'
import { askForPage, idsOf, type ListName, listNames, type PageArgs, readPage } from './lists.ts'

const lent = withApp({ role: 'api' })
let posts: MadePost[] = []

beforeEach(async () => {
  await lent.app.database.db.post.deleteMany()
  posts = await makePosts(lent.app, { count: 20 })
})

/** The first page of five, and what its end leads to once `happens` has happened. */
const nextPageAfter = async (happens: (last: MadePost) => Promise<unknown>): Promise<string[]> => {
  const { anonymous } = lent.app
  const { pageInfo } = await readPage(anonymous, 'posts', { first: 5 })
  const last = posts[4]
  if (!last) throw new Error('There are twenty posts.')
  await happens(last)
  return idsOf(await readPage(anonymous, 'posts', { first: 5, after: pageInfo.endCursor }))
}

const ids = (from: number, to: number) => posts.slice(from, to).map((post) => post.id)

describe('a cursor stays good', () => {
  test('when newer rows are inserted: none is repeated and none is hidden', async () => {
    const newer = { count: 7, name: 'Newer', from: new Date('2021-01-01T00:00:00Z') }
    expect(await nextPageAfter(() => makePosts(lent.app, newer))).toEqual(ids(5, 10))
  })

  test('when its own row is taken back', async () => {
    const { admin } = lent.app
    expect(await nextPageAfter(({ id }) => admin.run(UnpublishPostDocument, { input: { id } }))).toEqual(
      ids(5, 10),
    )
  })

  test('when its own row is deleted', async () => {
    const { db } = lent.app.database
    expect(await nextPageAfter(({ id }) => db.post.delete({ where: { id } }))).toEqual(ids(5, 10))
  })

  test('when its own row is moved to another place', async () => {
    const { db } = lent.app.database
    const data = { sortDate: new Date('1990-01-01T00:00:00Z') }
    expect(await nextPageAfter(({ id }) => db.post.update({ where: { id }, data }))).toEqual(ids(5, 10))
  })

  test('when every row that it has passed is deleted', async () => {
    const { db } = lent.app.database
    const passed = { where: { id: { in: ids(0, 5) } } }
    expect(await nextPageAfter(() => db.post.deleteMany(passed))).toEqual(ids(5, 10))
  })

  test('before it, too', async () => {
    const { app } = lent
    const { pageInfo } = await readPage(app.anonymous, 'posts', { last: 5 })
    await app.database.db.post.delete({ where: { id: posts[15]?.id ?? '' } })
    const page = await readPage(app.anonymous, 'posts', { last: 5, before: pageInfo.startCursor })
    expect(idsOf(page)).toEqual(ids(10, 15))
  })
})

const codeOf = async (name: ListName, args: PageArgs) => {
  const { status, page, errors } = await askForPage(lent.app.anonymous, name, args)
  return { status, page, code: errors[0]?.extensions?.code, message: errors[0]?.message ?? '' }
}

const cursorOf = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url')
const own = (date: string) => cursorOf(['posts/PUBLISHED_AT DESC', date, 'post_01h455vb4pex5vsknk084sn02q'])

describe('INVALID_CURSOR', () => {
  test.each([
    ['nothing', ''],
    ['a word', 'garbage'],
    ['other people’s base64', 'YXJyYXljb25uZWN0aW9uOjE='],
    ['JSON of another shape', cursorOf({ a: 1 })],
    ['too few parts', cursorOf(['posts/PUBLISHED_AT DESC', '2020-01-01T00:00:00.000Z'])],
    ['no date', own('yesterday')],
    ['a date that no database holds', own('-271821-04-20T00:00:00.000Z')],
    ['the year zero', own('0000-01-01T00:00:00.000Z')],
    ['the year zero by its offset', own('0001-01-01T00:00:00.000+14:00')],
    ['a NUL character', cursorOf(['posts/PUBLISHED_AT DESC', '2020-01-01T00:00:00.000Z', 'post_\0'])],
    ['a number for a date', cursorOf(['posts/PUBLISHED_AT DESC', 5, 'post_01h455vb4pex5vsknk084sn02q'])],
  ])('is what %s gets, after and before', async (_what, cursor) => {
    for (const args of [{ after: cursor }, { before: cursor }]) {
      expect(await codeOf('posts', args)).toMatchObject({ page: null, code: 'INVALID_CURSOR' })
    }
  })

  test.each(listNames)('is what a cursor of any other list gets in %s', async (name) => {
    for (const other of listNames.filter((other) => other !== name)) {
      const { pageInfo } = await readPage(lent.app.anonymous, other, { first: 1 })
      const { code } = await codeOf(name, { after: pageInfo.endCursor })
      expect([other, code]).toEqual([other, 'INVALID_CURSOR'])
    }
  })

  test('is what a cursor of the same list in another extent gets', async () => {
    const query = (args: string) =>
      `{ category(by: { slug: "category-01" }) { posts(first: 1, ${args}) { pageInfo { endCursor } } } }`
    const { anonymous } = lent.app
    type Data = { category: { posts: { pageInfo: { endCursor: string } } } }
    const narrow = await anonymous.send<Data>(query('includeDescendants: false'))
    const cursor = narrow.data?.category.posts.pageInfo.endCursor
    const wide = await anonymous.send(query(`includeDescendants: true, after: "${cursor}"`))
    expect(wide.errors[0]?.extensions?.code).toBe('INVALID_CURSOR')
  })
})

describe.each(listNames)('%s', (name) => {
  test('refuses more than 100 with PAGE_SIZE_EXCEEDED, never cuts them silently', async () => {
    for (const args of [{ first: 101 }, { last: 101 }, { first: 2_147_483_647 }]) {
      expect(await codeOf(name, args)).toMatchObject({ page: null, code: 'PAGE_SIZE_EXCEEDED' })
    }
  })

  test('refuses first together with last, and negative sizes, with BAD_USER_INPUT', async () => {
    for (const args of [{ first: 1, last: 1 }, { first: 0, last: 0 }, { first: -1 }, { last: -1 }]) {
      expect(await codeOf(name, args)).toMatchObject({ page: null, code: 'BAD_USER_INPUT' })
    }
  })

  test('takes null for an argument that is not there', async () => {
    const nothing = { first: null, after: null, last: null, before: null } as unknown as PageArgs
    expect((await readPage(lent.app.anonymous, name, nothing)).edges.length).toBeGreaterThan(0)
  })
})
