import { expect, test } from 'vitest'
import { EditorPostDocument, type PostBy, PostByDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { countsOf, file, findingsOf, importFiles } from './importing.ts'

const lent = withApp({ role: 'api', env: { SITE_TIMEZONE: 'Europe/Amsterdam' } })

const none = { created: 0, changed: 0, unchanged: 0, skipped: 0, failed: 0 }

const postBy = async (by: PostBy) => (await lent.app.anonymous.run(PostByDocument, { by })).post

test('a slug that is taken gets a number and a finding, and keeps it when its file changes', async () => {
  const files = {
    '_posts/2010-01-01-links.md': file('title: A'),
    '_posts/2010-01-08-links.md': file('title: B'),
    '_posts/2010-02-01-links.md': file('title: C'),
    '_posts/2010-02-02-other.md': file('title: D\nslug: links-4'),
    '_posts/2010-02-08-links.md': file('title: E'),
  }
  const report = await importFiles(lent.app, 'slugs', files)
  expect(countsOf(report)).toEqual({ ...none, created: 5 })
  expect(findingsOf(report)).toEqual([
    'warning slug-taken _posts/2010-01-08-links.md',
    'warning slug-taken _posts/2010-02-01-links.md',
    'warning slug-taken _posts/2010-02-08-links.md',
  ])
  expect(report.findings[0]?.message).toContain('"links-2"')
  const changed = { ...files, '_posts/2010-01-08-links.md': file('title: B!') }
  expect(countsOf(await importFiles(lent.app, 'slugs', changed))).toEqual({
    ...none,
    changed: 1,
    unchanged: 4,
  })
  const paths = ['A', 'B!', 'C', 'D', 'E'].map(async (title) => {
    const row = await lent.app.database.db.post.findFirst({ where: { title } })
    return row?.path
  })
  expect(await Promise.all(paths)).toEqual([
    '/2010/01/links/',
    '/2010/01/links-2/',
    '/2010/02/links-3/',
    '/2010/02/links-4/',
    '/2010/02/links-5/',
  ])
})

test('a permalink that is taken keeps the post out, names the one that has it, and lets the others in', async () => {
  const report = await importFiles(lent.app, 'paths', {
    '_posts/2010-03-01-one.md': file('title: One\npermalink: /here/'),
    '_posts/2010-03-02-two.md': file('title: Two\npermalink: /here/'),
    '_posts/2010-03-03-three.md': file('title: Three\npermalink: /there/'),
  })
  expect(countsOf(report)).toEqual({ ...none, created: 2, failed: 1 })
  expect(findingsOf(report)).toEqual(['error path-taken _posts/2010-03-02-two.md'])
  expect(report.findings[0]?.message).toMatch(/\/here\/.*"One".*_posts\/2010-03-01-one\.md/)
  expect(await postBy({ path: '/here/' })).toMatchObject({ title: 'One' })
  expect(await postBy({ slug: 'two' })).toBeNull()
})

test('of two files with one id or guid the second has none, with a finding, and keeps it as metadata', async () => {
  const ids = 'id: 5\nguid: tag:example.com,5'
  const report = await importFiles(lent.app, 'ids', {
    '_posts/2010-04-01-first.md': file(`title: First\n${ids}`),
    '_posts/2010-04-02-second.md': file(`title: Second\n${ids}\nzebra: 1`),
  })
  expect(countsOf(report)).toEqual({ ...none, created: 2 })
  expect(findingsOf(report)).toEqual([
    'warning id-taken _posts/2010-04-02-second.md',
    'warning guid-taken _posts/2010-04-02-second.md',
  ])
  for (const by of [{ legacyId: '5' }, { guid: 'tag:example.com,5' }, { origin: { source: 'ids', id: '5' } }])
    expect(await postBy(by)).toMatchObject({ title: 'First' })
  const second = await postBy({ slug: 'second' })
  expect(second).toMatchObject({ legacyId: null, guid: null, origin: { id: null } })
  expect(JSON.stringify(second?.metadata)).toBe('{"id":"5","guid":"tag:example.com,5","zebra":1}')
})

test('a file that has another id than before is left alone, with an error', async () => {
  const name = '_posts/2010-04-03-reused.md'
  await importFiles(lent.app, 'reused', { [name]: file('title: Old\nid: 8') })
  const report = await importFiles(lent.app, 'reused', { [name]: file('title: New\nid: 9') })
  expect(countsOf(report)).toEqual({ ...none, failed: 1 })
  expect(findingsOf(report)).toEqual([`error id-changed ${name}`])
  expect(await postBy({ origin: { source: 'reused', id: '8' } })).toMatchObject({ title: 'Old', version: 1 })
})

test('an old path leads to the post, but never away from another post or from where it leads already', async () => {
  const { db } = lent.app.database
  const report = await importFiles(lent.app, 'redirects', {
    '_posts/2010-05-01-home.md': file(
      'title: Home\npermalink: /home/\nredirect_from: [/old-home/, /future/]',
    ),
    '_posts/2010-05-02-thief.md': file(
      'title: Thief\npermalink: /thief/\nredirect_from: [/home/, /old-home/, /thief/, /hidden/, /free/]',
    ),
    '_drafts/hidden.md': file('title: Hidden\npermalink: /hidden/'),
    '_posts/2010-05-03-future.md': file('title: Future\npermalink: /future/'),
  })
  expect(countsOf(report)).toEqual({ ...none, created: 4 })
  expect(findingsOf(report)).toEqual(Array(3).fill('warning redirect-taken _posts/2010-05-02-thief.md'))
  const target = async (path: string) =>
    (await db.redirect.findUnique({ where: { path }, include: { post: true } }))?.post?.title
  expect(await target('/old-home/')).toBe('Home')
  expect(await target('/free/')).toBe('Thief')
  for (const path of ['/home/', '/thief/', '/hidden/', '/future/']) expect(await target(path)).toBeUndefined()
  expect(await postBy({ path: '/home/' })).toMatchObject({ title: 'Home' })
})

test.each([
  ['its id', ['_posts/2010-06-01-a.md', 'id: 1\ntitle: T'], ['_posts/2011-07-07-b.md', 'id: 1\ntitle: T']],
  [
    'its guid',
    ['_posts/2010-06-01-a.md', 'guid: g\ntitle: T'],
    ['_posts/2010-06-01-b.md', 'guid: g\ntitle: U'],
  ],
  ['slug and date', ['_posts/2010-06-01-a.md', 'title: T'], ['blog/_posts/2010-06-01-a.md', 'title: U']],
  [
    'slug and title, when a draft is published',
    ['_drafts/a.md', 'title: T'],
    ['_posts/2010-06-02-a.md', 'title: T'],
  ],
] as const)('a post whose file has moved is recognised by %s', async (how, [from, before], [to, after]) => {
  const source = `moved by ${how}`
  const unique = `layout: ${JSON.stringify(source)}\nslug: ${slugOf(from, how)}`
  await importFiles(lent.app, source, { [from]: file(`${before}\n${unique}`) })
  const report = await importFiles(lent.app, source, {
    [to]: file(`${after}\nlayout: ${JSON.stringify(source)}\nslug: ${slugOf(to, how)}`),
  })
  expect(countsOf(report)).toEqual({ ...none, changed: 1 })
  const rows = await lent.app.database.db.postOrigin.findMany({ where: { source }, include: { post: true } })
  expect(rows).toMatchObject([{ path: to, post: { version: 2, status: 'PUBLISHED' } }])
})

/** The slug in the file's name, but another one in each case of this file's one database. */
const slugOf = (name: string, how: string) => `${how.replaceAll(/\W+/g, '-')}-${name.at(-4)}`

test('a file that is still there has not moved, however much another one is like it', async () => {
  const before = { '_posts/2010-07-01-same.md': file('id: 1\ntitle: Same') }
  await importFiles(lent.app, 'copied', before)
  const copy = { 'old/_posts/2010-07-01-same.md': file('id: 1\ntitle: Same') }
  const report = await importFiles(lent.app, 'copied', { ...before, ...copy })
  expect(countsOf(report)).toEqual({ ...none, created: 1, unchanged: 1 })
  expect(findingsOf(report).sort()).toEqual([
    'warning id-taken old/_posts/2010-07-01-same.md',
    'warning slug-taken old/_posts/2010-07-01-same.md',
  ])
})

test('a file that cannot be read is still there, and nothing has moved from it', async () => {
  await importFiles(lent.app, 'broken', { '_posts/2010-08-01-still.md': file('id: 1\ntitle: Still') })
  const report = await importFiles(lent.app, 'broken', {
    '_posts/2010-08-01-still.md': '---\ntitle: "',
    '_posts/2010-08-02-still.md': file('id: 1\ntitle: Still'),
  })
  expect(countsOf(report)).toEqual({ ...none, created: 1, failed: 1 })
})

test('one thing in common is not enough: the first post of another blog does not overwrite that of this one', async () => {
  await importFiles(lent.app, 'mixed', { '_posts/2010-09-01-mine.md': file('id: 1\ntitle: Mine') })
  const report = await importFiles(lent.app, 'mixed', {
    '_posts/2010-09-02-yours.md': file('id: 1\ntitle: Yours'),
  })
  expect(countsOf(report)).toEqual({ ...none, created: 1 })
  expect(findingsOf(report)).toEqual(['warning id-taken _posts/2010-09-02-yours.md'])
  const { post } = await lent.app.admin.run(EditorPostDocument, { by: { slug: 'mine' } })
  expect(post).toMatchObject({ title: 'Mine', version: 1 })
})
