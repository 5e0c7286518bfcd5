import { beforeAll, describe, expect, test } from 'vitest'
import { CategoryDocument, CategoryTreeDocument } from '../../schema/generated/graphql.ts'
import { system } from '../../src/keys/viewer.ts'
import { ensureTerm } from '../../src/taxonomy/shared/ensure.ts'
import { withApp } from '../support/app.ts'
import { makeCategory } from './terms.ts'
import { create, createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })

/** news → local → sport → rowing, news → abroad, and newsletter, whose slug begins as another's does. */
beforeAll(async () => {
  const { app } = lent
  await app.core.write(system('test'), async (w) => {
    const make = async (slug: string, name: string, parentId?: string) =>
      (await ensureTerm(w, 'category', { slug, name, parentId, description: `About ${name}.` })).id
    const news = await make('news', 'News')
    const local = await make('local', 'Local', news)
    const sport = await make('sport', 'Sport', local)
    await make('rowing', 'Rowing', sport)
    await make('abroad', 'Abroad', news)
    await make('newsletter', 'newsletter')
  })
  await makeCategory(app.admin, { name: 'N_ws', slug: 'n_ws' })
  const post = (title: string, categories: string[]) => ({ title, source: 'x', categories })
  for (const slug of ['news', 'local', 'sport', 'rowing', 'abroad', 'newsletter'])
    await createAndPublish(app.admin, post(`In ${slug}`, [slug]))
  await createAndPublish(app.admin, post('In two of one line', ['rowing', 'news']))
  await create(app.admin, post('A draft', ['rowing', 'newsletter']))
})

const tree = async () => {
  const { categories } = await lent.app.anonymous.run(CategoryTreeDocument, { first: 10, posts: 5 })
  return new Map(categories.nodes.map((category) => [category.slug, category]))
}

const titlesIn = async (slug: string, includeDescendants: boolean) => {
  const variables = { by: { slug }, first: 100, includeDescendants }
  const { category } = await lent.app.anonymous.run(CategoryDocument, variables)
  return category?.posts.nodes.map((post) => post.title).sort()
}

describe('the tree', () => {
  test('leads from each category up and down', async () => {
    const found = await tree()
    const near = (slug: string) => {
      const { parent, ancestors, children } = found.get(slug) ?? {}
      return {
        parent: parent?.slug ?? null,
        ancestors: ancestors?.map((category) => category.slug),
        children: children?.map((category) => category.slug),
      }
    }
    expect(near('news')).toEqual({ parent: null, ancestors: [], children: ['abroad', 'local'] })
    expect(near('sport')).toEqual({ parent: 'local', ancestors: ['news', 'local'], children: ['rowing'] })
    expect(near('rowing')).toEqual({ parent: 'sport', ancestors: ['news', 'local', 'sport'], children: [] })
    expect(near('newsletter')).toEqual({ parent: null, ancestors: [], children: [] })
  })

  test('is in the paths of its categories', async () => {
    const rowing = (await tree()).get('rowing')
    expect(rowing).toMatchObject({
      path: '/category/news/local/sport/rowing/',
      url: 'https://blog.example.com/category/news/local/sport/rowing/',
      description: 'About Rowing.',
    })
  })

  test('may be walked from one category to another and back', async () => {
    const { data, errors } = await lent.app.anonymous.send(
      '{ category(by: { slug: "rowing" }) { parent { name parent { name children { name url } } } ancestors { name postCount } } }',
    )
    expect({ data, errors }).toEqual({
      errors: [],
      data: {
        category: {
          parent: {
            name: 'Sport',
            parent: {
              name: 'Local',
              children: [{ name: 'Sport', url: 'https://blog.example.com/category/news/local/sport/' }],
            },
          },
          ancestors: [
            { name: 'News', postCount: 6 },
            { name: 'Local', postCount: 4 },
            { name: 'Sport', postCount: 3 },
          ],
        },
      },
    })
  })
})

describe('the posts of a category', () => {
  test('are those of the categories below it, too, each once', async () => {
    expect(await titlesIn('local', true)).toEqual(['In local', 'In rowing', 'In sport', 'In two of one line'])
    expect(await titlesIn('news', true)).toEqual([
      'In abroad',
      'In local',
      'In news',
      'In rowing',
      'In sport',
      'In two of one line',
    ])
  })

  test('are its own alone when the others are not wanted', async () => {
    expect(await titlesIn('news', false)).toEqual(['In news', 'In two of one line'])
    expect(await titlesIn('abroad', false)).toEqual(['In abroad'])
  })

  test('are not those of another whose slug begins alike', async () => {
    expect(await titlesIn('newsletter', true)).toEqual(['In newsletter'])
    expect(await titlesIn('n_ws', true)).toEqual([])
  })

  test('are counted as they are listed, drafts not, whatever the key', async () => {
    const { app } = lent
    for (const client of [app.anonymous, app.admin]) {
      for (const [slug, count] of [
        ['news', 6],
        ['rowing', 2],
        ['newsletter', 1],
      ] as const) {
        const { category } = await client.run(CategoryDocument, { by: { slug } })
        expect([category?.postCount, category?.posts.totalCount]).toEqual([count, count])
      }
    }
  })
})

test('categories come by name, in any case, and are counted', async () => {
  const { categories } = await lent.app.anonymous.run(CategoryTreeDocument, { first: 10, posts: 0 })
  const names = categories.nodes.map((category) => category.name)
  expect(names).toEqual(['Abroad', 'Local', 'N_ws', 'News', 'newsletter', 'Rowing', 'Sport'])
  expect(categories.totalCount).toBe(7)
})
