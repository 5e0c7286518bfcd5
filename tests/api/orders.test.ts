import { beforeEach, describe, expect, test } from 'vitest'
import {
  FilteredPostsDocument,
  type FilteredPostsQueryVariables,
  FilteredShelvesDocument,
  type OrderDirection,
  type PostFilter,
  type PostOrderField,
} from '../../schema/generated/graphql.ts'
import type { Post, Prisma } from '../../src/db/generated/client.ts'
import { foldKey } from '../../src/lib/text.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'

const lent = withApp({ role: 'api' })
const titles = [
  'apple',
  'Äpfel',
  'Apple',
  'ZEBRA',
  'zebra',
  'Éclair',
  'eclair',
  '東京',
  'ǅ',
  '“quoted”',
  '2nd',
  '10th',
]

beforeEach(async () => {
  const { app } = lent
  const { db } = app.database
  await db.post.deleteMany()
  const made = await makePosts(app, { count: 23 })
  const changes = made.map(({ id }, index) => {
    const title = titles[index % titles.length] ?? ''
    // In steps, so that many are equal and the id decides.
    const at = (step: number) => new Date(Date.UTC(2020, 0, 1 + Math.floor(((index * step) % 23) / 4)))
    return { id, title, title_key: foldKey(title), created_at: at(7), updated_at: at(11) }
  })
  await db.$executeRaw`
    UPDATE posts SET title = made.title, title_key = made.title_key, created_at = made.created_at, updated_at = made.updated_at
    FROM json_populate_recordset(null::posts, ${JSON.stringify(changes)}::json) made WHERE posts.id = made.id`
})

const keys: Record<PostOrderField, (post: Post) => string | number> = {
  PUBLISHED_AT: (post) => post.sortDate.getTime(),
  UPDATED_AT: (post) => post.updatedAt.getTime(),
  CREATED_AT: (post) => post.createdAt.getTime(),
  TITLE: (post) => post.title.normalize('NFKC').toLowerCase(),
}

const orders = Object.keys(keys).flatMap((field) =>
  ['ASC', 'DESC'].map((direction) => [field as PostOrderField, direction as OrderDirection] as const),
)

/** The ids of what is published, in order, worked out without the API. By bytes of UTF-8, as a database with `C` compares. */
const sorted = async (
  field: PostOrderField,
  direction: OrderDirection,
  where: Prisma.PostWhereInput = { status: 'PUBLISHED' },
): Promise<string[]> => {
  const key = keys[field]
  const compare = (one: string | number, other: string | number) =>
    typeof one === 'number' && typeof other === 'number'
      ? one - other
      : Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)))
  const posts = await lent.app.database.db.post.findMany({ where })
  const ascending = posts.sort((one, other) => compare(key(one), key(other)) || compare(one.id, other.id))
  return (direction === 'ASC' ? ascending : ascending.reverse()).map((post) => post.id)
}

type Page = {
  ids: string[]
  hasNextPage: boolean
  hasPreviousPage: boolean
  startCursor?: string | null
  endCursor?: string | null
}

const read = async (variables: FilteredPostsQueryVariables, client = lent.app.anonymous): Promise<Page> => {
  const { posts } = await client.run(FilteredPostsDocument, variables)
  return { ids: posts.nodes.map((node) => node.id), ...posts.pageInfo }
}

/** The ids of a whole list, read four at a time from one end or the other. */
const paged = async (
  way: 'forwards' | 'backwards',
  variables: FilteredPostsQueryVariables,
  client = lent.app.anonymous,
): Promise<string[]> => {
  const ids: string[] = []
  for (let cursor: string | null | undefined = null, more = true; more; ) {
    const size = way === 'forwards' ? { first: 4, after: cursor } : { last: 4, before: cursor }
    const page: Page = await read({ ...variables, ...size }, client)
    if (way === 'forwards') ids.push(...page.ids)
    else ids.unshift(...page.ids)
    cursor = way === 'forwards' ? page.endCursor : page.startCursor
    more = way === 'forwards' ? page.hasNextPage : page.hasPreviousPage
  }
  return ids
}

describe.each(orders)('%s %s', (field, direction) => {
  const orderBy = { field, direction }

  test('sorts, with ties by id, forwards and backwards alike', async () => {
    const expected = await sorted(field, direction)
    expect(await paged('forwards', { orderBy })).toEqual(expected)
    expect(await paged('backwards', { orderBy })).toEqual(expected)
  })

  test('sorts what is under one tag, category or author, in the states and at the dates that it has come to', async () => {
    const { app } = lent
    const { db } = app.database
    await makePosts(app, { count: 9, status: 'DRAFT', name: 'Draft', from: new Date('2020-01-01T03:30:00Z') })
    const tagged = { tags: { some: { tag: { slug: 'tag-01' } } } }
    const [first, second, third] = await db.post.findMany({ where: tagged })
    const change = (
      post: Post | undefined,
      data: Partial<Pick<Post, 'status' | 'scheduledAt' | 'sortDate'>>,
    ) => db.post.update({ where: { id: post?.id ?? '' }, data })
    await change(first, { status: 'SCHEDULED', scheduledAt: new Date('2099-01-01T00:00:00Z') })
    await change(second, { sortDate: new Date('2030-01-01T00:00:00Z') })
    await change(third, { status: 'TRASHED', sortDate: new Date('2010-01-01T00:00:00Z') })
    const under: [PostFilter, Prisma.PostWhereInput][] = [
      [{ tags: { any: ['tag-01'] } }, tagged],
      [
        { tags: { all: ['tag-01', 'tag-10'] } },
        { AND: [tagged, { tags: { some: { tag: { slug: 'tag-10' } } } }] },
      ],
      [
        { categories: { any: ['category-06'] } },
        { categories: { some: { category: { slug: 'category-06' } } } },
      ],
      [
        { authors: { any: ['author-01'] }, NOT: { tags: { any: ['tag-01'] } } },
        { authors: { some: { author: { slug: 'author-01' } } }, NOT: tagged },
      ],
    ]
    for (const [one, where] of under) {
      const filter = { ...one, status: ['PUBLISHED' as const, 'DRAFT' as const, 'SCHEDULED' as const] }
      const expected = await sorted(field, direction, { ...where, status: { not: 'TRASHED' } })
      expect(expected.length).toBeGreaterThan(3)
      expect(await paged('forwards', { orderBy, filter }, app.admin)).toEqual(expected)
      expect(await paged('backwards', { orderBy, filter }, app.admin)).toEqual(expected)
    }
  })

  test.each(['forwards', 'backwards'])(
    'shows each post once, paged %s while others come, change, go and are taken back',
    async (way) => {
      const { app } = lent
      const { db } = app.database
      const expected = await sorted(field, direction)
      const seen: string[] = []
      const touched = new Set<string>()
      let cursor: string | null | undefined = null
      for (let more = true, round = 0; more; round++) {
        const page: Page =
          way === 'forwards'
            ? await read({ orderBy, first: 4, after: cursor })
            : await read({ orderBy, last: 4, before: cursor })
        seen.push(...(way === 'forwards' ? page.ids : page.ids.toReversed()))
        cursor = way === 'forwards' ? page.endCursor : page.startCursor
        more = way === 'forwards' ? page.hasNextPage : page.hasPreviousPage
        // The post at the cursor itself, one that was passed, and one that is yet to come.
        const [at, passed] = [seen.at(-1), seen.at(-3)]
        const coming = expected.find((id) => !seen.includes(id) && !touched.has(id) && round % 2 === 0)
        for (const id of [at, passed, coming]) if (id) touched.add(id)
        if (at) await db.post.update({ where: { id: at }, data: { status: 'DRAFT' } })
        if (passed) await db.post.deleteMany({ where: { id: passed } })
        if (coming) await db.post.delete({ where: { id: coming } })
        const from = new Date(Date.UTC(2019 + (round % 3), 5, 1))
        for (const { id } of await makePosts(app, { count: 2, name: `${way} ${round}`, from }))
          touched.add(id)
      }
      const untouched = expected.filter((id) => !touched.has(id))
      expect(untouched.length).toBeGreaterThan(3)
      expect(new Set(seen).size).toBe(seen.length)
      const inOrder = way === 'forwards' ? seen : seen.toReversed()
      expect(inOrder.filter((id) => untouched.includes(id))).toEqual(untouched)
    },
  )

  test('its cursor is none of any other order', async () => {
    const { endCursor } = await read({ orderBy, first: 3 })
    for (const [otherField, otherDirection] of orders) {
      const isOwn = otherField === field && otherDirection === direction
      const variables = {
        first: 3,
        after: endCursor,
        orderBy: { field: otherField, direction: otherDirection },
      }
      const { errors } = await lent.app.anonymous.send(String(FilteredPostsDocument), variables)
      expect([otherField, otherDirection, errors[0]?.extensions?.code]).toEqual([
        otherField,
        otherDirection,
        isOwn ? undefined : 'INVALID_CURSOR',
      ])
    }
  })
})

test('several states are one list in order, whatever their number', async () => {
  const { app } = lent
  for (const status of ['DRAFT', 'SCHEDULED', 'TRASHED'] as const)
    await makePosts(app, { count: 6, status, name: status, from: new Date('2020-01-01T03:30:00Z') })
  const all = await app.database.db.post.findMany({ where: { status: { not: 'TRASHED' } } })
  const expected = all
    .sort((one, other) => other.sortDate.getTime() - one.sortDate.getTime() || (one.id < other.id ? 1 : -1))
    .map((post) => post.id)
  const ids: string[] = []
  for (let after: string | null | undefined = null, more = true; more; ) {
    const filter = { NOT: { status: ['TRASHED' as const] } }
    const page: Page = await read({ filter, first: 5, after }, app.admin)
    ids.push(...page.ids)
    after = page.endCursor
    more = page.hasNextPage
  }
  expect(ids).toEqual(expected)
})

test('the posts of an author, a category and a tag take the same orders', async () => {
  const lists = await lent.app.anonymous.run(FilteredShelvesDocument, {
    author: 'author-01',
    category: 'category-01',
    tag: 'tag-01',
    orderBy: { field: 'TITLE', direction: 'DESC' },
  })
  for (const posts of [lists.author?.posts, lists.category?.posts, lists.tag?.posts]) {
    const found = posts?.nodes.map((node) => foldKey(node.title)) ?? []
    expect(found.length).toBeGreaterThan(3)
    expect(found).toEqual(
      found.toSorted((one, other) => Buffer.compare(Buffer.from(other), Buffer.from(one))),
    )
  }
})
