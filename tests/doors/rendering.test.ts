import { expect, test } from 'vitest'
import {
  CreatePostDocument,
  PostRevisionsDocument,
  RestorePostRevisionDocument,
  UpdatePostDocument,
} from '../../schema/generated/graphql.ts'
import { create, createAndPublish, publish, update } from '../api/writing.ts'
import { file, importFiles } from '../importer/importing.ts'
import { withApp } from '../support/app.ts'
import { bombs } from '../support/bombs.ts'

// What HANGS, GROWS, DIES or THROWS in a source does so in the thread that renders it.
const thread = new URL('../support/odd-renderer.ts', import.meta.url)
const lent = withApp({ role: 'api', rendering: { file: thread, heapMb: 96 } })

test.each([
  ['takes too long', 'HANGS', /takes more than 2 s.* split it/],
  ['takes too much memory', 'GROWS', /too much memory.* split it/],
  ['ends its thread', 'DIES', /error of this program.* report it/],
])(
  'a source that %s is refused with what to do, and the next one is rendered',
  async (_what, source, why) => {
    const { admin } = lent.app
    const { createPost } = await admin.run(CreatePostDocument, { input: { title: 'Odd', source } })
    expect(createPost).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['input', 'source'], message: expect.stringMatching(why) }],
    })
    const { post } = await create(admin, { title: 'Next', source: '*even*' })
    expect(await lent.app.database.db.post.findUnique({ where: { id: post.id } })).toMatchObject({
      content: '<p><em>even</em></p>\n',
    })
  },
)

test('an import names the file that cannot be rendered, and the others go in', async () => {
  const report = await importFiles(lent.app, 'odd', {
    '_posts/2010-01-01-odd.md': file('title: Odd', 'HANGS'),
    '_posts/2010-01-02-good.md': file('title: Good'),
    '_posts/2010-01-03-wide.md': file('title: Wide', '<table><tr><td colspan=900000000>a</td></tr></table>'),
  })
  expect(report).toMatchObject({ created: 2, failed: 1 })
  expect(report.findings).toEqual([
    expect.objectContaining({ file: '_posts/2010-01-01-odd.md', rule: 'not-rendered', severity: 'error' }),
  ])
})

test.each(bombs.slice(0, 6))('a post of very many %s is answered', async (what, source) => {
  for (const format of ['MARKDOWN', 'HTML'] as const) {
    const { createPost } = await lent.app.admin.run(CreatePostDocument, {
      input: { title: what, source, format },
    })
    expect(createPost.__typename).toBe('CreatePostPayload')
  }
})

test('while one source hangs, others are saved and every question is answered', async () => {
  const { admin, clientWith, url } = lent.app
  const other = await clientWith('CONTENT_WRITE')
  // Each has a thread by then.
  await Promise.all([admin, other].map((client) => create(client, { title: 'Warm', source: 'SLOWLY' })))
  const ended: string[] = []
  const hanging = admin
    .run(CreatePostDocument, { input: { title: 'Odd', source: 'HANGS' } })
    .then(() => ended.push('the one that hangs'))
  for (const number of [1, 2]) await create(other, { title: `Meanwhile ${number}`, source: 'x' })
  expect((await fetch(`${url}/healthz`)).ok).toBe(true)
  ended.push('the others')
  await hanging
  expect(ended).toEqual(['the others', 'the one that hangs'])
})

test('an edit, or a revision that is restored, is refused as well, and the post stays as it was', async () => {
  const { admin } = lent.app
  const { post } = await create(admin, { title: 'Kept', source: 'first' })
  const { updatePost } = await admin.run(UpdatePostDocument, { input: { id: post.id, source: 'DIES' } })
  expect(updatePost).toMatchObject({ __typename: 'ValidationError', path: ['input', 'source'] })
  await update(admin, { id: post.id, source: 'second' })
  const { post: found } = await admin.run(PostRevisionsDocument, { by: { id: post.id } })
  const first = found?.revisions?.nodes.at(-1)?.id ?? ''
  // As a version that rendered it had kept it.
  await lent.app.database.db.$executeRaw`
    UPDATE post_revisions SET snapshot = jsonb_set(snapshot::jsonb, '{source}', '"DIES"')::json WHERE id = ${first}`
  const { restorePostRevision } = await admin.run(RestorePostRevisionDocument, {
    input: { revisionId: first },
  })
  expect(restorePostRevision).toMatchObject({ __typename: 'ValidationError', path: ['input', 'revisionId'] })
  expect(await lent.app.database.db.post.findUnique({ where: { id: post.id } })).toMatchObject({
    source: 'second',
    headVersion: 2,
  })
})

test('an edit is rendered with what somebody else saved while it was being rendered', async () => {
  const { admin, clientWith } = lent.app
  const other = await clientWith('CONTENT_WRITE')
  const { post } = await create(admin, { title: 'Two at it', source: 'a', excerpt: 'old' })
  const slow = update(admin, { id: post.id, source: 'SLOWLY *b*' })
  await update(other, { id: post.id, excerpt: '*new*' })
  await slow
  expect(await lent.app.database.db.post.findUnique({ where: { id: post.id } })).toMatchObject({
    content: '<p>SLOWLY <em>b</em></p>\n',
    excerptHtml: '<p><em>new</em></p>',
  })
})

test('what nobody wrote anew is not rendered again: to publish, or to change a title, takes no thread', async () => {
  const { admin, database } = lent.app
  const id = await createAndPublish(admin, { title: 'Once', source: 'live' })
  await update(admin, { id, source: 'pending' })
  await database.db.$executeRaw`
    UPDATE post_revisions SET rendered = jsonb_set(rendered::jsonb, '{content}', '"as rendered once"')::json
    WHERE id = (SELECT draft_id FROM posts WHERE id = ${id})`
  await update(admin, { id, title: 'Twice' })
  await publish(admin, id)
  expect(await database.db.post.findUnique({ where: { id } })).toMatchObject({
    title: 'Twice',
    source: 'pending',
    content: 'as rendered once',
  })
})
