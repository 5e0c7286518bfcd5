import { beforeAll, expect, test } from 'vitest'
import { ArchivesDocument, type ArchivesQueryVariables } from '../../schema/generated/graphql.ts'
import { startTestApp, type TestApp, withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'

const lent = withApp({ role: 'api', env: { SITE_TIMEZONE: 'America/New_York' } })

const at =
  (...dates: string[]) =>
  async (app: TestApp) => {
    for (const [index, date] of dates.entries())
      await makePosts(app, { count: 1, name: `Of ${date} ${index}`, from: new Date(date) })
  }

// In New York: 31 December 2008 at 23:30, 1 January, 8 March at 3:30 of daylight saving time, and the ends of July.
const made = at(
  '2009-01-01T04:30:00Z',
  '2009-01-01T05:00:00Z',
  '2009-03-08T07:30:00Z',
  '2009-07-01T03:59:59.999Z',
  '2009-07-01T04:00:00Z',
  '2009-07-31T12:00:00Z',
)

beforeAll(async () => {
  await made(lent.app)
  await makePosts(lent.app, { count: 3, status: 'DRAFT', name: 'Draft' })
  const later = new Date('2031-01-01T12:00:00Z')
  await makePosts(lent.app, { count: 2, status: 'SCHEDULED', name: 'Scheduled', from: later })
})

const read = async (variables: ArchivesQueryVariables = {}, app = lent.app, client = app.anonymous) =>
  (await client.run(ArchivesDocument, variables)).archives

const counts = async (...args: Parameters<typeof read>) =>
  (await read(...args)).map(({ year, month, count }) => [year, month, count])

test('months are those of the site’s calendar, newest first, and none is empty', async () => {
  expect(await counts()).toEqual([
    [2009, 7, 2],
    [2009, 6, 1],
    [2009, 3, 1],
    [2009, 1, 1],
    [2008, 12, 1],
  ])
})

test('a year has no month', async () => {
  expect(await counts({ by: 'YEAR' })).toEqual([
    [2009, null, 5],
    [2008, null, 1],
  ])
})

test('each has the posts that it counts, newest first, a page at a time', async () => {
  const archives = await read({ by: 'YEAR', first: 2 })
  for (const { year, count, posts } of archives) {
    expect(posts.totalCount).toBe(count)
    expect(posts.nodes).toHaveLength(Math.min(count, 2))
    const dates = posts.nodes.map((node) => String(node.publishedAt))
    expect(dates).toEqual(dates.toSorted().reverse())
    expect(dates.every((date) => date.startsWith(String(year)) || date === '2009-01-01T04:30:00Z')).toBe(true)
  }
  expect(archives[1]?.posts.nodes.map((node) => node.title)).toEqual(['Of 2009-01-01T04:30:00Z 0 0001'])
})

test('posts in an archive take a filter, an order and a cursor of their own', async () => {
  const query = (
    after: string,
  ) => `{ archives(by: YEAR, filter: { publishedAt: { from: "2009-03-01T00:00:00Z" } }) {
    posts(first: 1, filter: { tags: { any: ["tag-04"] } }, orderBy: { field: TITLE, direction: ASC }${after}) {
      totalCount nodes { title } pageInfo { endCursor } } } }`
  type Data = {
    archives: { posts: { totalCount: number; nodes: { title: string }[]; pageInfo: { endCursor: string } } }[]
  }
  const { data } = await lent.app.anonymous.send<Data>(query(''))
  const [archive] = data?.archives ?? []
  expect([archive?.posts.totalCount, archive?.posts.nodes[0]?.title]).toEqual([
    4,
    'Of 2009-03-08T07:30:00Z 2 0001',
  ])
  const next = await lent.app.anonymous.send<Data>(query(`, after: "${archive?.posts.pageInfo.endCursor}"`))
  expect(next.data?.archives[0]?.posts.nodes[0]?.title).toBe('Of 2009-07-01T03:59:59.999Z 3 0001')
})

test('what is not public is in none without content:read, and what never was published in none at all', async () => {
  const filter = { status: ['DRAFT' as const, 'SCHEDULED' as const] }
  expect(await counts({ filter })).toEqual([])
  expect(await counts({ filter }, lent.app, lent.app.admin)).toEqual([])
})

test('posts in an archive are of those that it counts, whatever states a filter names', async () => {
  const { admin, database } = lent.app
  const { db } = database
  const { id } = await db.post.findFirstOrThrow({ where: { status: 'DRAFT' } })
  const date = new Date('2009-03-09T00:00:00Z')
  await db.post.update({ where: { id }, data: { publishedAt: date, sortDate: date } })
  const countsIn = async (archivesFilter: object, postsFilter: object) => {
    const { data } = await admin.send<{ archives: { count: number; posts: { totalCount: number } }[] }>(
      `query ($a: PostFilter, $b: PostFilter) {
        archives(by: YEAR, filter: $a) { count posts(filter: $b) { totalCount } } }`,
      { a: { ...archivesFilter, publishedAt: { from: '2009-03-01T00:00:00Z' } }, b: postsFilter },
    )
    return data?.archives.map(({ count, posts }) => [count, posts.totalCount])
  }

  expect(await countsIn({}, { status: ['DRAFT'] })).toEqual([[4, 0]])
  expect(await countsIn({ status: ['DRAFT'] }, {})).toEqual([[1, 1]])
  expect(await countsIn({ status: ['DRAFT', 'PUBLISHED'] }, { status: ['DRAFT'] })).toEqual([[5, 1]])
  // As deep as a filter may be: that it holds for the posts, too, is no level more.
  const deep = JSON.parse(`${'{"NOT":'.repeat(7)}{}${'}'.repeat(7)}`)
  expect(await countsIn({ NOT: { ids: [] } }, deep)).toEqual([[4, 0]])
  expect(await countsIn(deep, {})).toEqual([])
  expect(await countsIn({ NOT: deep.NOT.NOT }, {})).toEqual([[4, 4]])
  await db.post.update({ where: { id }, data: { publishedAt: null } })
})

test.each([
  ['+05:30', [2009, 1, 2]],
  ['-08:00', [2008, 12, 2]],
  ['Asia/Kolkata', [2009, 1, 2]],
])('a calendar can be that of %s', async (timezone, first) => {
  const { app, end } = await startTestApp({ role: 'api', env: { SITE_TIMEZONE: timezone } })
  await at('2009-01-01T04:30:00Z', '2008-12-31T20:00:00Z')(app)
  expect(await counts({}, app)).toEqual([first])
  await end()
})
