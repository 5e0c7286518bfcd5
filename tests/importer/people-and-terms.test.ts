import { expect, test } from 'vitest'
import { PostByDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { countsOf, entry, file, findingsOf, importEntries, importFiles } from './importing.ts'

const lent = withApp({ role: 'api' })

const postBy = async (slug: string) => (await lent.app.anonymous.run(PostByDocument, { by: { slug } })).post

const authors = 'ann:\n  name: Ann Other\n  avatar: /ann.jpg\n  website: example.com\nbob-b:\n  name: Bob B\n'

test('an author is found by slug, by name in any case, and by the slug that the name gives', async () => {
  const report = await importFiles(lent.app, 'authors', {
    '_data/authors.yml': authors,
    '_posts/2010-01-01-by-slug.md': file('title: T\nauthor: ann'),
    '_posts/2010-01-02-by-name.md': file('title: T\nauthor: ANN  OTHER'),
    '_posts/2010-01-03-several.md': file('title: T\nauthors: [Carol D., bob-b, ann, carol-d]'),
  })
  expect(countsOf(report)).toMatchObject({ created: 3, failed: 0 })
  expect((await postBy('by-slug'))?.author).toEqual({ slug: 'ann', name: 'Ann Other' })
  expect((await postBy('by-name'))?.author).toEqual({ slug: 'ann', name: 'Ann Other' })
  expect((await postBy('several'))?.authors.map(({ slug }) => slug)).toEqual(['carol-d', 'bob-b', 'ann'])
  await lent.app.database.db.author.update({
    where: { slug: 'bob-b' },
    data: { name: 'Robert', nameKey: 'robert' },
  })
  await importFiles(lent.app, 'renamed', { '2010-01-04-renamed.md': file('title: T\nauthor: Bob B') })
  expect((await postBy('renamed'))?.author).toEqual({ slug: 'bob-b', name: 'Robert' })
})

test("an author's picture on the site gets an absolute address, and what is no address is left out with a finding", async () => {
  const dora = 'dora:\n  name: Dora\n  avatar: /dora.jpg\n  website: example.com\n'
  const post = { '_posts/2010-02-01-dora.md': file('title: T\nauthor: dora') }
  const report = await importFiles(lent.app, 'urls', { '_data/authors.yml': dora, ...post })
  expect(findingsOf(report)).toEqual(['warning url-unusable author dora'])
  const { data, errors } = await lent.app.anonymous.send(
    '{ author(by: { slug: "dora" }) { avatarUrl websiteUrl } }',
  )
  expect(errors).toEqual([])
  expect(data).toEqual({ author: { avatarUrl: 'https://blog.example.com/dora.jpg', websiteUrl: null } })
})

test('authors and categories whose names have no letters stay apart', async () => {
  await importFiles(lent.app, 'letters', {
    '2010-03-01-letters.md': file(
      'title: T\nauthors: ["🎉", "🔥", "🎉"]\ncategories: ["★", "☆"]\ntags: ["+", "!"]',
    ),
  })
  const post = await postBy('letters')
  expect(post?.authors.map(({ name }) => name)).toEqual(['🎉', '🔥'])
  expect(post?.categories.map(({ name }) => name)).toEqual(['★', '☆'])
  expect(post?.tags.map(({ name }) => name)).toEqual(['+', '!'])
})

const tree = `
- slug: below
  name: Below
  parent: above_all
- slug: above_all
  name: Above
  description: What is above.
`
const categoryOf = async (slug: string) => {
  const query = `query ($slug: String!) {
    category(by: { slug: $slug }) { name description path parent { slug } ancestors { slug } }
  }`
  const { data } = await lent.app.anonymous.send<{ category: object }>(query, { slug })
  return data?.category
}

test('categories are nested as the source nests them, and posts are filed in the written order', async () => {
  await importFiles(lent.app, 'tree', {
    '_data/categories.yml': tree,
    '_posts/2010-04-01-filed.md': file('title: T\ncategories: [New One, BELOW, above_all, new one]'),
  })
  expect((await postBy('filed'))?.categories.map(({ slug }) => slug)).toEqual([
    'new-one',
    'below',
    'above_all',
  ])
  expect(await categoryOf('below')).toEqual({
    name: 'Below',
    description: null,
    path: '/category/above_all/below/',
    parent: { slug: 'above_all' },
    ancestors: [{ slug: 'above_all' }],
  })
  expect(await categoryOf('above_all')).toMatchObject({ description: 'What is above.', parent: null })
})

test('authors and categories that are here keep what was edited here', async () => {
  const { db } = lent.app.database
  await db.category.update({ where: { slug: 'below' }, data: { name: 'Renamed', nameKey: 'renamed' } })
  await db.author.update({ where: { slug: 'ann' }, data: { bio: 'Edited here' } })
  const before = await Promise.all([db.category.findMany(), db.author.findMany()])
  await importFiles(lent.app, 'tree', {
    '_data/authors.yml': `${authors}  bio: From the file\n`,
    '_data/categories.yml': '- slug: below\n  name: Below\n  description: New\n',
    '_posts/2010-04-01-filed.md': file('title: T\ncategories: Below'),
  })
  expect(await Promise.all([db.category.findMany(), db.author.findMany()])).toEqual(before)
  expect((await postBy('filed'))?.categories).toEqual([{ slug: 'below', name: 'Renamed' }])
})

test('tags that differ in case alone are one, and keep the spelling that came first', async () => {
  await importFiles(lent.app, 'tags', {
    '2010-05-01-first.md': file('title: T\ntags: [KDE, C, "C#", kde, C++]'),
    '2010-05-02-second.md': file('title: T\ntags: [c-sharp, Kde]'),
  })
  expect((await postBy('first'))?.tags.map(({ name }) => name)).toEqual(['KDE', 'C', 'C#', 'C++'])
  expect((await postBy('second'))?.tags.map(({ name }) => name)).toEqual(['C#', 'KDE'])
})

test('an import that brings in nothing but a category makes its event, too', async () => {
  const files = { '_data/categories.yml': '- slug: lonely\n', '2010-06-01-only.md': file('title: T') }
  const { '2010-06-01-only.md': post } = files
  await importFiles(lent.app, 'lonely', { '2010-06-01-only.md': post })
  const count = () => lent.app.database.db.event.count({ where: { type: 'import.completed' } })
  const before = await count()
  await importFiles(lent.app, 'lonely', files)
  expect(await count()).toBe(before + 1)
  await importFiles(lent.app, 'lonely', files)
  expect(await count()).toBe(before + 1)
})

test('a category whose parent is nowhere is kept out, and a post can be filed under it all the same', async () => {
  const orphan = { slug: 'orphan', name: 'Orphan', description: null, parent: 'nowhere' }
  const report = await importEntries(lent.app, 'orphan', [
    { kind: 'category', term: orphan },
    entry({ file: 'orphan.md', slug: 'orphaned', categories: ['Orphan'] }),
  ])
  expect(countsOf(report)).toMatchObject({ created: 1, failed: 1 })
  expect(findingsOf(report)).toEqual(['error category-parent category orphan'])
  expect((await postBy('orphaned'))?.categories).toEqual([{ slug: 'orphan', name: 'Orphan' }])
})
