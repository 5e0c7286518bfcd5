import { describe, expect, test } from 'vitest'
import {
  CreateCategoryDocument,
  DeleteCategoryDocument,
  UpdateCategoryDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { eventsAbout, expectPayload, leadsTo, makeCategory } from './terms.ts'
import { create, createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })

const createCategory = async (input: Parameters<typeof makeCategory>[1]) =>
  (await lent.app.admin.run(CreateCategoryDocument, { input })).createCategory
const updateCategory = async (input: { id: string; [field: string]: unknown }) =>
  (await lent.app.admin.run(UpdateCategoryDocument, { input })).updateCategory
const deleteCategory = async (input: { id: string; detachPosts?: boolean }) =>
  (await lent.app.admin.run(DeleteCategoryDocument, { input: { detachPosts: false, ...input } }))
    .deleteCategory

/** Makes a line of categories, each below the one before; returns their ids. */
const makeLine = async (...slugs: string[]) => {
  const ids: string[] = []
  for (const slug of slugs)
    ids.push((await makeCategory(lent.app.admin, { name: slug, slug, parentId: ids.at(-1) })).id)
  return ids as [string, string, string]
}

const row = (id: string) => lent.app.database.db.category.findUniqueOrThrow({ where: { id } })
const slugPaths = async (...ids: string[]) => Promise.all(ids.map(async (id) => (await row(id)).slugPath))

describe('a category that is created', () => {
  test('stands below its parent, under a slug of its own', async () => {
    const { admin } = lent.app
    const root = await makeCategory(admin, { name: 'Культура', description: 'All of it.' })
    expect(root).toMatchObject({ slug: 'kultura', path: '/category/kultura/', parent: null, version: 1 })
    const first = await makeCategory(admin, { name: 'Film', parentId: root.id })
    const { category, event } = expectPayload(await createCategory({ name: 'Film', parentId: first.id }))
    expect(category).toMatchObject({
      slug: 'film-2',
      path: '/category/kultura/film/film-2/',
      parent: { id: first.id },
    })
    expect(event).toEqual({
      __typename: 'CategoryEvent',
      id: expect.any(String),
      type: 'CATEGORY_CREATED',
      categoryId: category.id,
      version: 1,
      mergedIds: [],
      changedFields: [],
      previous: null,
      invalidates: expect.arrayContaining([category.id, first.id, root.id, 'categories']),
      paths: ['/category/kultura/', '/category/kultura/film/', '/category/kultura/film/film-2/'],
    })
    expect(event?.__typename === 'CategoryEvent' && event.invalidates).not.toContain('posts')
  })

  test('is refused with every issue at once, or under a slug that another one has', async () => {
    const parentId = 'category_01h455vb4pex5vsknk084sn02q'
    expect(await createCategory({ name: '', slug: 'A b', description: '\0', parentId })).toMatchObject({
      __typename: 'ValidationError',
      issues: ['name', 'slug', 'description', 'parentId'].map((field) => ({ path: ['input', field] })),
    })
    const { id } = await makeCategory(lent.app.admin, { name: 'Taken', slug: 'taken' })
    expect(await createCategory({ name: 'X', slug: 'taken', parentId: id })).toMatchObject({
      __typename: 'TakenError',
      path: ['input', 'slug'],
    })
  })

  test('so deep that its path could not be looked up is refused', async () => {
    let parentId: string | undefined
    const long = (number: number) => `${'w'.repeat(197)}-${number}`
    for (let depth = 0; depth < 10; depth++)
      parentId = (await makeCategory(lent.app.admin, { name: 'Deep', slug: long(depth), parentId })).id
    const refused = { __typename: 'ValidationError', issues: [{ path: ['input', 'slug'] }] }
    expect(await createCategory({ name: 'Deeper', slug: long(10), parentId })).toMatchObject(refused)
    const [first] = await makeLine('bit', 'piece')
    expect(await updateCategory({ id: first, parentId })).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['input', 'parentId'] }],
    })
    expect((await row(first)).slugPath).toBe('bit')
  })
})

describe('a category that is moved or gets another slug', () => {
  test('takes everything below along, and every old path leads to the new one', async () => {
    const { app } = lent
    const [a, b, c] = await makeLine('a', 'b', 'c')
    const [x, y] = await makeLine('x', 'y')
    const { category, event } = expectPayload(await updateCategory({ id: b, parentId: y }))
    expect(category).toMatchObject({ path: '/category/x/y/b/', parent: { id: y }, version: 2 })
    expect(await slugPaths(a, b, c)).toEqual(['a', 'x/y/b', 'x/y/b/c'])
    expect((await row(c)).version).toBe(2)
    expect(event).toMatchObject({
      changedFields: ['parent', 'path'],
      previous: { parent: 'a', path: '/category/a/b/' },
      invalidates: expect.arrayContaining([b, c, a, x, y, 'categories']),
    })
    const paths = event?.__typename === 'CategoryEvent' ? event.paths : []
    for (const path of ['a/b', 'a/b/c', 'x/y/b', 'x/y/b/c']) expect(paths).toContain(`/category/${path}/`)
    expect(paths).not.toContain('/')

    await updateCategory({ id: x, slug: 'z' })
    expect(await slugPaths(x, y, b, c)).toEqual(['z', 'z/y', 'z/y/b', 'z/y/b/c'])
    await updateCategory({ id: b, parentId: null })
    expect(await slugPaths(b, c)).toEqual(['b', 'b/c'])
    const led = (path: string) => leadsTo(app, `/category/${path}/`)
    expect([await led('a/b'), await led('x/y/b'), await led('z/y/b')]).toEqual([b, b, b])
    expect([await led('a/b/c'), await led('x/y/b/c'), await led('z/y/b/c')]).toEqual([c, c, c])
    expect([await led('x'), await led('x/y'), await led('z/y'), await led('b/c')]).toEqual([x, y, null, null])
    await updateCategory({ id: b, parentId: a })
    expect([await led('a/b'), await led('a/b/c'), await led('b/c')]).toEqual([null, null, c])
  })

  test('leaves those alone whose slugs begin alike', async () => {
    const [one, below] = await makeLine('alike', 'alike-below')
    const other = await makeCategory(lent.app.admin, { name: 'x', slug: 'alike_2' })
    const wild = await makeCategory(lent.app.admin, { name: 'x', slug: 'al_ke', parentId: other.id })
    await updateCategory({ id: one, slug: 'changed' })
    expect(await slugPaths(one, below, other.id, wild.id)).toEqual([
      'changed',
      'changed/alike-below',
      'alike_2',
      'alike_2/al_ke',
    ])
  })

  test('never under itself or what is below it', async () => {
    const [top, middle, bottom] = await makeLine('top', 'middle', 'bottom')
    for (const parentId of [top, middle, bottom, 'tag_01h455vb4pex5vsknk084sn02q', '']) {
      expect(await updateCategory({ id: top, parentId })).toMatchObject({
        __typename: 'ValidationError',
        issues: [{ path: ['input', 'parentId'] }],
      })
    }
    expect(await slugPaths(top, middle, bottom)).toEqual(['top', 'top/middle', 'top/middle/bottom'])
  })

  test('at a time with another move makes no cycle: one of the two is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const [left] = await makeLine(`left-${round}`)
      const [right] = await makeLine(`right-${round}`)
      const results = await Promise.all([
        updateCategory({ id: left, parentId: right }),
        updateCategory({ id: right, parentId: left }),
      ])
      expect(results.map(({ __typename }) => __typename).sort()).toEqual([
        'UpdateCategoryPayload',
        'ValidationError',
      ])
      const paths = await slugPaths(left, right)
      expect([
        [`left-${round}`, `left-${round}/right-${round}`],
        [`right-${round}/left-${round}`, `right-${round}`],
      ]).toContainEqual(paths)
    }
  })
})

describe('a category that is changed', () => {
  test('keeps what is absent, loses what is null, and rises by one version; nothing new is no event', async () => {
    const { id } = await makeCategory(lent.app.admin, { name: 'Steady', description: 'D' })
    const { category, event } = expectPayload(await updateCategory({ id, name: 'Steadier' }))
    expect(category).toMatchObject({ name: 'Steadier', slug: 'steady', description: 'D', version: 2 })
    expect(event).toMatchObject({ changedFields: ['name'], previous: { name: 'Steady' } })
    const again = { id, name: 'Steadier', slug: 'steady', parentId: null }
    expect(expectPayload(await updateCategory(again))).toMatchObject({
      category: { version: 2 },
      event: null,
    })
    const cleared = expectPayload(await updateCategory({ id, description: null }))
    expect(cleared.category).toMatchObject({ description: null, version: 3 })
    expect(await eventsAbout(lent.app, id)).toEqual([
      'category.created',
      'category.updated',
      'category.updated',
    ])
  })

  test('makes posts stale when a public one stands in it or below it', async () => {
    const [top] = await makeLine('shown', 'between', 'filed')
    await createAndPublish(lent.app.admin, { title: 'Filed', source: 'x', categories: ['filed'] })
    const { event } = expectPayload(await updateCategory({ id: top, name: 'Shown' }))
    expect(event).toMatchObject({ invalidates: expect.arrayContaining([top, 'categories', 'posts']) })
    expect(event).toMatchObject({
      paths: ['/category/shown/', '/category/shown/between/', '/category/shown/between/filed/', '/'],
    })
  })
})

describe('a category that is deleted', () => {
  test('must have none below it, and no posts unless they may be taken off', async () => {
    const { admin, database } = lent.app
    const [above, id] = await makeLine('above', 'below')
    await createAndPublish(admin, { title: 'In both', source: 'x', categories: ['below', 'above'] })
    await create(admin, { title: 'In one', source: 'x', categories: ['above'] })
    expect(await deleteCategory({ id: above, detachPosts: true })).toMatchObject({
      __typename: 'InvalidStateError',
      message: expect.stringContaining('1 category below it'),
    })
    expect(await deleteCategory({ id })).toMatchObject({
      __typename: 'InvalidStateError',
      message: expect.stringContaining('1 post;'),
      path: ['input', 'detachPosts'],
    })
    const { deletedId, event } = expectPayload(await deleteCategory({ id, detachPosts: true }))
    expect(deletedId).toBe(id)
    expect(event).toMatchObject({
      type: 'CATEGORY_DELETED',
      version: 2,
      previous: { slug: 'below', parent: 'above', path: '/category/above/below/' },
      invalidates: [id, above, 'categories', 'posts'],
      paths: ['/category/above/', '/category/above/below/', '/'],
    })
    expect(await leadsTo(lent.app, '/category/above/below/')).toBe('gone')
    expect(await database.db.postCategory.count({ where: { categoryId: above } })).toBe(2)
    expect(await deleteCategory({ id })).toMatchObject({ __typename: 'NotFoundError' })
    const again = await makeCategory(admin, { name: 'Below', parentId: above })
    expect(await leadsTo(lent.app, again.path)).toBeNull()
  })
})
