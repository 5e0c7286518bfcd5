import { beforeAll, describe, expect, test } from 'vitest'
import {
  FindAuthorsDocument,
  FindCategoriesDocument,
  FindTagsDocument,
  type TermFilter,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makeAuthor, makeCategory, makeTag } from './terms.ts'
import { create, createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })
const ids = new Map<string, string>()

/** Each in a minute of its own, in an order that is not that of their names. */
beforeAll(async () => {
  const { admin, clock } = lent.app
  for (const name of ['Délta', 'alpha_1', 'CHARLIE %', 'bravo']) {
    clock.advance(60_000)
    ids.set(`author ${name}`, (await makeAuthor(admin, { name })).id)
    ids.set(`tag ${name}`, (await makeTag(admin, { name })).id)
    ids.set(`category ${name}`, (await makeCategory(admin, { name })).id)
  }
  const parentId = ids.get('category bravo')
  ids.set('category below', (await makeCategory(admin, { name: 'Below bravo', parentId })).id)
  const posts = { title: 'Filed', source: 'x' }
  await createAndPublish(admin, {
    ...posts,
    authors: ['bravo'],
    tags: ['bravo'],
    categories: ['below-bravo'],
  })
  await create(admin, { ...posts, authors: ['delta'], tags: ['Délta'], categories: ['delta'] })
})

const lists = {
  authors: async (variables: object) =>
    (await lent.app.anonymous.run(FindAuthorsDocument, variables)).authors,
  categories: async (variables: object) =>
    (await lent.app.anonymous.run(FindCategoriesDocument, variables)).categories,
  tags: async (variables: object) => (await lent.app.anonymous.run(FindTagsDocument, variables)).tags,
}
const kinds = { authors: 'author', categories: 'category', tags: 'tag' } as const

describe.each(Object.keys(lists) as (keyof typeof lists)[])('%s', (list) => {
  const names = async (filter: TermFilter | null, orderBy?: object) => {
    const { nodes, totalCount } = await lists[list]({ first: 10, filter, orderBy })
    expect(totalCount).toBe(nodes.length)
    return nodes.map(({ name }) => name).filter((name) => name !== 'Below bravo')
  }
  const idOf = (name: string) => ids.get(`${kinds[list]} ${name}`) ?? ''
  const all = ['alpha_1', 'bravo', 'CHARLIE %', 'Délta']

  test('are narrowed by id, slug and what is in the name', async () => {
    expect(await names({ ids: [idOf('bravo'), idOf('Délta'), 'tag_nobody'] })).toEqual(['bravo', 'Délta'])
    expect(await names({ slugs: ['delta', 'nobody'] })).toEqual(['Délta'])
    expect(await names({ search: 'CHAR' })).toEqual(['CHARLIE %'])
    expect(await names({ search: 'E\u0301L' })).toEqual(['Délta'])
    expect(await names({ search: 'a', slugs: ['bravo', 'delta'] })).toEqual(['bravo', 'Délta'])
    expect(await names({ search: '' })).toEqual(all)
    expect(await names({})).toEqual(all)
    expect(await names(null)).toEqual(all)
    for (const filter of [{ ids: [] }, { slugs: [] }, { search: 'bravo%' }, { search: '\\' }])
      expect(await names(filter), JSON.stringify(filter)).toEqual([])
  })

  test('take the signs of a pattern for themselves', async () => {
    expect(await names({ search: '_' })).toEqual(['alpha_1'])
    expect(await names({ search: '%' })).toEqual(['CHARLIE %'])
  })

  test('are narrowed to those with posts in lists, or without', async () => {
    expect(await names({ hasPosts: true })).toEqual(['bravo'])
    expect(await names({ hasPosts: false })).toEqual(['alpha_1', 'CHARLIE %', 'Délta'])
    expect(await names({ hasPosts: null })).toEqual(all)
  })

  test('are sorted, and paged through in that order', async () => {
    const made = ['Délta', 'alpha_1', 'CHARLIE %', 'bravo']
    expect(await names(null, { field: 'CREATED_AT', direction: 'ASC' })).toEqual(made)
    expect(await names(null, { field: 'UPDATED_AT', direction: 'DESC' })).toEqual(made.toReversed())
    expect(await names(null, { field: 'NAME', direction: 'DESC' })).toEqual(all.toReversed())
    const orderBy = { field: 'CREATED_AT', direction: 'DESC' }
    const seen: string[] = []
    for (let after: string | null = null, hasNext = true; hasNext; ) {
      const page: Awaited<ReturnType<(typeof lists)[typeof list]>> = await lists[list]({
        first: 2,
        after,
        orderBy,
      })
      seen.push(...page.nodes.map(({ name }) => name))
      hasNext = page.pageInfo.hasNextPage
      after = page.pageInfo.endCursor
    }
    expect(seen.filter((name) => name !== 'Below bravo')).toEqual(made.toReversed())
  })

  test('refuse the cursor of another order, and more names than a page has', async () => {
    const { pageInfo } = await lists[list]({ first: 1, orderBy: { field: 'NAME', direction: 'DESC' } })
    const type = list === 'authors' ? 'Author' : 'Term'
    const code = async (variables: object) => {
      const query = `query ($after: String, $filter: ${type}Filter) { ${list}(after: $after, filter: $filter) { nodes { id } } }`
      const { errors } = await lent.app.anonymous.send(query, variables)
      return errors[0]?.extensions?.code
    }
    expect(await code({ after: pageInfo.endCursor })).toBe('INVALID_CURSOR')
    expect(await code({ filter: { slugs: Array(101).fill('x') } })).toBe('PAGE_SIZE_EXCEEDED')
    expect(await code({ filter: { ids: Array(101).fill('x') } })).toBe('PAGE_SIZE_EXCEEDED')
  })
})

test('terms are narrowed to a parent or to the roots; tags have none', async () => {
  const slugs = async (list: 'categories' | 'tags', parentId: string | null) =>
    (await lists[list]({ filter: { parentId } })).nodes.map(({ slug }) => slug)
  const parent = ids.get('category bravo') ?? ''
  expect(await slugs('categories', parent)).toEqual(['below-bravo'])
  expect(await slugs('categories', null)).toEqual(['alpha-1', 'bravo', 'charlie', 'delta'])
  expect(await slugs('categories', 'category_nobody')).toEqual([])
  expect(await slugs('tags', null)).toHaveLength(4)
  expect(await slugs('tags', parent)).toEqual([])
})
