import { expect, test } from 'vitest'
import { EditorPostDocument, PostByDocument } from '../../schema/generated/graphql.ts'
import type { ImportReport } from '../../src/importer/run.ts'
import { system } from '../../src/keys/viewer.ts'
import { updatePost } from '../../src/posts/post.ts'
import { publishPost } from '../../src/posts/publish.ts'
import { forgetRevisions } from '../../src/posts/revisions/retention.ts'
import { unpublishPost } from '../../src/posts/take-back.ts'
import { restorePost, trashPost } from '../../src/posts/trash.ts'
import type { Write } from '../../src/write/write.ts'
import { withApp } from '../support/app.ts'
import { countsOf, entry, everyRow, file, findingsOf, importEntries, importFiles } from './importing.ts'

const lent = withApp({ role: 'api' })

const none = { created: 0, changed: 0, unchanged: 0, skipped: 0, failed: 0 }

const postBy = async (path: string) => (await lent.app.anonymous.run(PostByDocument, { by: { path } })).post

const events = () => lent.app.database.db.event.findMany({ orderBy: { sequence: 'asc' } })

/** How many events the work made, and the last of them. */
const eventsOf = async (work: () => Promise<unknown>) => {
  const before = await events()
  await work()
  return (await events()).slice(before.length)
}

/** Does something to a post as an editor does. */
const edit = (work: (w: Write) => Promise<unknown>) => lent.app.core.write(system('an editor'), work)

test('an import makes one event, which says what it did and that every stored answer is stale', async () => {
  const files = {
    '_posts/2010-01-01-one.md': file('title: One'),
    '_posts/2010-01-02-two.md': file('title: Two'),
    '_posts/2010-01-03-three.md': 'no front matter',
  }
  const made = await eventsOf(() => importFiles(lent.app, 'event', files))
  expect(made).toMatchObject([
    {
      type: 'import.completed',
      actor: 'import event',
      isPublic: true,
      invalidates: ['all'],
      detail: { source: 'event', created: 2, changed: 0, unchanged: 0, failed: 1 },
    },
  ])
})

test('a second run changes not a single row and makes no event, warnings and errors or not', async () => {
  const files = {
    '_data/authors.yml': 'ann:\n  name: Ann Other\n',
    '_data/categories.yml': '- slug: above\n- slug: below\n  parent: above\n',
    '_posts/2011-01-01-same.md': file(
      'title: A\nauthor: ann\ncategory: below\ntags: [x, y]\nredirect_from: /gone/',
    ),
    '_posts/2011-01-02-same.md': file('title: B\nid: 7\nexcerpt: By hand\nimage: { path: /a.png, alt: A }'),
    '_posts/2011-01-03-copy.md': file('title: C\nid: 7\nzebra: 1\n2009: 2\napple: { deep: [1, null] }'),
    '_posts/2099-01-01-later.md': file('title: D'),
    '_drafts/draft.md': file('title: E'),
    '_posts/2011-01-04-broken.md': file('title: "F'),
  }
  const first = await importFiles(lent.app, 'twice', files)
  expect(countsOf(first)).toEqual({ ...none, created: 5, failed: 1 })
  const before = await everyRow(lent.app)
  expect(before.filter((row) => row.startsWith('posts ')).length).toBeGreaterThanOrEqual(5)
  lent.app.clock.advance(60_000)
  const second = await importFiles(lent.app, 'twice', files)
  expect(countsOf(second)).toEqual({ ...none, unchanged: 5, failed: 1 })
  expect(await everyRow(lent.app)).toEqual(before)
})

test('a file that changed changes its post, raises its version and leaves a redirect from its old permalink', async () => {
  const name = '_posts/2012-01-01-change.md'
  await importFiles(lent.app, 'change', { [name]: file('title: Before\npermalink: /before/\ntags: [old]') })
  const before = await postBy('/before/')
  const made = await eventsOf(async () => {
    const changed = { [name]: file('title: After\npermalink: /after/\ntags: [new, old]', 'New.') }
    expect(countsOf(await importFiles(lent.app, 'change', changed))).toEqual({ ...none, changed: 1 })
  })
  const after = await postBy('/after/')
  expect(after).toMatchObject({ id: before?.id, title: 'After', version: 2, content: '<p>New.</p>\n' })
  expect(after?.tags.map(({ name }) => name)).toEqual(['new', 'old'])
  expect(made).toMatchObject([{ type: 'import.completed', detail: { created: 0, changed: 1 } }])
  const redirect = await lent.app.database.db.redirect.findUnique({ where: { path: '/before/' } })
  expect(redirect).toMatchObject({ postId: before?.id, status: 301 })
  const revisions = await lent.app.database.db.postRevision.findMany({ where: { postId: before?.id } })
  expect(revisions.map(({ version, changedFields }) => ({ version, changedFields }))).toContainEqual({
    version: 2,
    changedFields: ['title', 'content', 'path', 'tags'],
  })
})

const full = 'title: T\nimage: { path: /a.png, alt: A }\nzebra: { 2: b, 1: a }\ndescription: D\nauthor: Ann'

test.each([
  ['a comment in the front matter', 'unchanged', `${full} # Ann`, 'The body.'],
  ['the text of the date', 'changed', `${full}\ndate: 2012-02-01 00:00:00 +01:00`, 'The body.'],
  ['the old paths', 'changed', `${full}\nredirect_from: /other-old-path/`, 'The body.'],
  ['a space at the end of the body', 'changed', full, 'The body. '],
] as const)('a change of %s leaves the post %s', async (what, result, frontMatter, body) => {
  const source = `little ${what}`
  const little = '_posts/2012-02-01-little.md'
  await importFiles(lent.app, source, { [little]: file(full) })
  const made = await eventsOf(async () => {
    const report = await importFiles(lent.app, source, { [little]: file(frontMatter, body) })
    expect(countsOf(report)).toEqual({ ...none, [result]: 1 })
  })
  expect(made).toHaveLength(result === 'changed' ? 1 : 0)
})

const name = '_posts/2013-01-01-kept.md'
const imported = async (source: string, frontMatter: string) => {
  const report = await importFiles(lent.app, source, { [name]: file(`id: ${source}\n${frontMatter}`) })
  const by = { origin: { source, id: source } }
  const { post } = await lent.app.admin.run(EditorPostDocument, { by })
  return { report, id: post?.id ?? '', post }
}

const expectLeftAlone = (report: ImportReport) => {
  expect(countsOf(report)).toEqual({ ...none, skipped: 1 })
  expect(findingsOf(report)).toEqual([`warning edited-here ${name}`])
}

test('a post that was edited here is left alone when its file changes, and the import says so', async () => {
  const { id } = await imported('edited', 'title: T')
  await edit((w) => updatePost(w, { id, title: 'Edited here' }))
  const made = await eventsOf(async () => expectLeftAlone((await imported('edited', 'title: New')).report))
  expect(made).toEqual([])
  await edit((w) => publishPost(w, { id }))
  const { report, post } = await imported('edited', 'title: New')
  expectLeftAlone(report)
  expect(post).toMatchObject({ title: 'Edited here', status: 'PUBLISHED' })
})

test('a post that was edited here longer ago than revisions are kept is left alone, too', async () => {
  const { id } = await imported('edited-long-ago', 'title: T\npublished: false')
  for (const title of ['Edited', 'Edited again']) await edit((w) => updatePost(w, { id, title }))
  await edit((w) => trashPost(w, { id }))
  await edit((w) => restorePost(w, { id }))
  const { clock, database } = lent.app
  const tomorrow = new Date(clock.now().getTime() + 86_400_000)
  const before = await database.db.postRevision.count()
  await forgetRevisions(database.db, tomorrow)()
  expect(await database.db.postRevision.count()).toBeLessThan(before)
  const { report, post } = await imported('edited-long-ago', 'title: New\npublished: false')
  expectLeftAlone(report)
  expect(post).toMatchObject({ title: 'Edited again' })
})

test('a post that was unpublished here is not made public again by a change of its file', async () => {
  const { id } = await imported('unpublished', 'title: T')
  await edit((w) => unpublishPost(w, { id }))
  const { report, post } = await imported('unpublished', 'title: New')
  expectLeftAlone(report)
  expect(post).toMatchObject({ title: 'T', status: 'DRAFT' })
})

test('a post in the trash stays there when its file changes', async () => {
  const { id } = await imported('trashed', 'title: T')
  await lent.app.database.db.post.update({ where: { id }, data: { status: 'TRASHED' } })
  const { report, post } = await imported('trashed', 'title: New')
  expectLeftAlone(report)
  expect(post).toMatchObject({ title: 'T', status: 'TRASHED' })
})

test('a post that was published here is not taken back by a change of its draft, but follows its publication', async () => {
  const { id } = await imported('published', 'title: T\npublished: false')
  await edit((w) => publishPost(w, { id }))
  expectLeftAlone((await imported('published', 'title: New\npublished: false')).report)
  const { report, post } = await imported('published', 'title: Newest')
  expect(countsOf(report)).toEqual({ ...none, changed: 1 })
  expect(post).toMatchObject({ title: 'Newest', status: 'PUBLISHED' })
})

test('a post that was deleted here comes back as a new one', async () => {
  const { id } = await imported('deleted', 'title: T')
  await lent.app.database.db.post.delete({ where: { id } })
  const { report, id: newId } = await imported('deleted', 'title: T')
  expect(countsOf(report)).toEqual({ ...none, created: 1 })
  expect(newId).not.toBe(id)
})

test('a run that was cut off before its event has it made by the next one', async () => {
  const cutOff = new Error('The power went out.')
  const write: typeof lent.app.core.write = (viewer, work) =>
    lent.app.core.write(viewer, async (w) => {
      const record = () => {
        throw cutOff
      }
      return work({ ...w, record })
    })
  const entries = [entry({ file: 'a.md', slug: 'cut-off' })]
  const app = { ...lent.app, core: { ...lent.app.core, write } }
  await expect(importEntries(app, 'cut off', entries)).rejects.toThrow('The power went out')
  const made = await eventsOf(async () => {
    const report = await importEntries(lent.app, 'cut off', entries)
    expect(countsOf(report)).toEqual({ ...none, unchanged: 1 })
  })
  expect(made).toMatchObject([{ type: 'import.completed', invalidates: ['all'] }])
  expect(await eventsOf(() => importEntries(lent.app, 'cut off', entries))).toEqual([])
})
