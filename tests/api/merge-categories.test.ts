import { expect, test } from 'vitest'
import { MergeCategoriesDocument, UpdateCategoryDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { eventsAbout, expectPayload, leadsTo, makeCategory } from './terms.ts'
import { createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })

const mergeCategories = async (sourceIds: string[], targetId: string) =>
  (await lent.app.admin.run(MergeCategoriesDocument, { input: { sourceIds, targetId } })).mergeCategories

/** Makes the categories at these paths, each parent before what is below it; returns their ids by slug. */
const makeTree = async (...paths: string[]) => {
  const ids: Record<string, string> = {}
  for (const path of paths) {
    const [slug = '', parent] = path.split('/').reverse()
    const parentId = parent === undefined ? null : ids[parent]
    ids[slug] = (await makeCategory(lent.app.admin, { name: slug, slug, parentId })).id
  }
  return (slug: string): string => ids[slug] ?? ''
}

const tree = async (...ids: string[]) => {
  const rows = await lent.app.database.db.category.findMany({
    where: { id: { in: ids } },
    orderBy: { slugPath: 'asc' },
  })
  return rows.map(({ slugPath, version }) => `${slugPath} v${version}`)
}

const categoriesOf = async (postId: string) => {
  const rows = await lent.app.database.db.postCategory.findMany({
    where: { postId },
    orderBy: { position: 'asc' },
    include: { category: true },
  })
  return rows.map(({ category }) => category.slug)
}

test('posts and what is below the sources go to the target, and every old path leads on', async () => {
  const { app } = lent
  const id = await makeTree(
    's1',
    's1/k1',
    's1/k1/s2',
    's1/k1/s2/k2',
    's1/k1/s2/k2/k3',
    's1/s3',
    'up',
    'up/t',
    'up/t/k0',
  )
  await app.admin.run(UpdateCategoryDocument, { input: { id: id('s2'), slug: 's2-new' } })
  const post = (title: string, categories: string[]) =>
    createAndPublish(app.admin, { title, source: 'x', categories })
  const mixed = await post('Mixed', ['k0', 's2-new', 'k1', 't', 's1'])
  const one = await post('One', ['s3'])

  const { category, event } = expectPayload(await mergeCategories([id('s1'), id('s2'), id('s3')], id('t')))

  expect(category).toMatchObject({ id: id('t'), path: '/category/up/t/', version: 2 })
  expect(await tree(...['s1', 's2', 's3', 't', 'k0', 'k1', 'k2', 'k3'].map(id))).toEqual([
    'up/t v2',
    'up/t/k0 v1',
    'up/t/k1 v2',
    // Its path had changed once before, with that of s2.
    'up/t/k2 v3',
    'up/t/k2/k3 v3',
  ])
  expect([await categoriesOf(mixed), await categoriesOf(one)]).toEqual([['k0', 't', 'k1'], ['t']])
  const led = (path: string) => leadsTo(app, `/category/${path}/`)
  for (const path of ['s1', 's1/k1/s2', 's1/k1/s2-new', 's1/s3']) expect(await led(path)).toBe(id('t'))
  for (const path of ['s1/k1/s2/k2', 's1/k1/s2-new/k2']) expect(await led(path)).toBe(id('k2'))
  expect([await led('s1/k1'), await led('s1/k1/s2/k2/k3')]).toEqual([id('k1'), id('k3')])
  for (const path of ['up/t', 'up/t/k1', 'up/t/k2/k3', 'up/t/k1/s2-new']) expect(await led(path)).toBeNull()
  expect(event).toMatchObject({
    __typename: 'CategoryEvent',
    type: 'CATEGORY_MERGED',
    categoryId: id('t'),
    version: 2,
    mergedIds: ['s1', 's2', 's3'].map(id),
  })
  if (event?.__typename !== 'CategoryEvent') throw new Error('The line above has said so.')
  const stale = ['t', 'up', 's1', 's2', 's3', 'k1', 'k2', 'k3'].map(id)
  expect(event.invalidates.toSorted()).toEqual([...stale, 'categories', 'posts'].sort())
  const pages = [
    'up',
    'up/t',
    's1',
    's1/k1',
    's1/s3',
    's1/k1/s2-new',
    's1/k1/s2-new/k2',
    's1/k1/s2-new/k2/k3',
  ]
  const now = ['up/t/k1', 'up/t/k2', 'up/t/k2/k3']
  expect(event.paths.toSorted()).toEqual(
    ['/', ...[...pages, ...now].map((path) => `/category/${path}/`)].sort(),
  )
  expect(await eventsAbout(app, id('t'))).toEqual(['category.created', 'category.merged'])
  expect(await eventsAbout(app, id('k1'))).toEqual(['category.created'])
})

test('a category goes into one that is above it, too', async () => {
  const id = await makeTree('parent', 'parent/child', 'parent/child/grandchild')
  expectPayload(await mergeCategories([id('child')], id('parent')))
  expect(await tree(id('parent'), id('child'), id('grandchild'))).toEqual([
    'parent v2',
    'parent/grandchild v2',
  ])
})

test('none goes into what is below it, or into itself, and nothing is merged', async () => {
  const id = await makeTree('m1', 'm1/m2', 'm1/m2/m3', 'm4')
  const invalid = { __typename: 'ValidationError', issues: [{ path: ['input', 'sourceIds'] }] }
  expect(await mergeCategories([id('m4'), id('m1')], id('m3'))).toMatchObject(invalid)
  expect(await mergeCategories([id('m4')], id('m4'))).toMatchObject(invalid)
  expect(await mergeCategories([id('m4'), 'category_01h455vb4pex5vsknk084sn02q'], id('m3'))).toMatchObject({
    __typename: 'NotFoundError',
    path: ['input', 'sourceIds', '1'],
  })
  expect(await tree(...['m1', 'm2', 'm3', 'm4'].map(id))).toEqual([
    'm1 v1',
    'm1/m2 v1',
    'm1/m2/m3 v1',
    'm4 v1',
  ])
})
