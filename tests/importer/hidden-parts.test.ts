import { expect, test } from 'vitest'
import { UpdatePostDocument } from '../../schema/generated/graphql.ts'
import { system } from '../../src/keys/viewer.ts'
import { renderPost } from '../../src/markup/render.ts'
import { renderAgain } from '../../src/posts/background/render-again.ts'
import { publishPost } from '../../src/posts/publish.ts'
import { restorePostRevision } from '../../src/posts/revisions/restore-revision.ts'
import { indexMissing } from '../../src/search/reindex.ts'
import type { Write } from '../../src/write/write.ts'
import { withApp } from '../support/app.ts'
import { countsOf, file, findingsOf, importFiles } from './importing.ts'

const lent = withApp({ role: 'api' })

const body = `Shown.

{% comment %}
# zebrahidden
![zebrahidden](/zebrahidden.png)
{% endcomment %}

{::comment}
zebrahidden
{:/comment}

{% if site.staff %}
zebrahidden
{% endif %}`

const query = `query ($path: String!) {
  post(by: { path: $path }) {
    id status content text: content(format: TEXT) markdown: content(format: MARKDOWN)
    excerpt images { url } headings { text } metadata
  }
  search(query: "zebrahidden") { totalCount }
}`

type Answer = { post: { id: string; content: string } | null; search: object }

const seenAt = async (path: string): Promise<Answer> => {
  const { data, errors } = await lent.app.anonymous.send<Answer>(query, { path })
  expect(errors).toEqual([])
  return data as Answer
}

const edit = (work: (w: Write) => Promise<unknown>) => lent.app.core.write(system('an editor'), work)

const expectHidden = async (path: string, shown: string) => {
  const seen = await seenAt(path)
  expect(seen.post?.content).toContain(shown)
  expect(JSON.stringify(seen)).not.toContain('zebrahidden')
  expect(seen.search).toEqual({ totalCount: 0 })
  return seen.post?.id ?? ''
}

test('what a body hides is in no answer and no search, through edits, restored revisions and a new renderer', async () => {
  const report = await importFiles(lent.app, 'hidden', {
    '_posts/2010-01-01-hidden.md': file('title: T\npermalink: /hidden/', body),
  })
  expect(countsOf(report)).toMatchObject({ created: 1, failed: 0 })
  expect(findingsOf(report)).toEqual(['warning liquid-hidden _posts/2010-01-01-hidden.md'])
  const id = await expectHidden('/hidden/', 'Shown.')
  const row = await lent.app.database.db.post.findUnique({ where: { id } })
  expect(row?.source).toBe(`${body}\n`)

  const input = { id, source: `Edited.\n\n${body}` }
  await lent.app.admin.run(UpdatePostDocument, { input })
  await expectHidden('/hidden/', 'Shown.')
  await edit((w) => publishPost(w, { id }))
  await expectHidden('/hidden/', 'Edited.')

  const { db } = lent.app.database
  const first = await db.postRevision.findFirst({ where: { postId: id }, orderBy: { version: 'asc' } })
  await edit((w) => restorePostRevision(w, { revisionId: first?.id ?? '' }))
  await edit((w) => publishPost(w, { id }))
  await expectHidden('/hidden/', '<p>Shown.')

  await db.post.update({ where: { id }, data: { rendererVersion: 0, content: 'zebrahidden' } })
  await renderAgain(db, async (source) => renderPost(source))
  await indexMissing(db, 'simple')
  await expectHidden('/hidden/', '<p>Shown.')
})

test('a post that was written here may show what looks like a comment', async () => {
  const source = '{% comment %}an example{% endcomment %}'
  const { data } = await lent.app.admin.send<{ createPost: { post: { content: string } } }>(
    'mutation ($input: CreatePostInput!) { createPost(input: $input) { ... on CreatePostPayload { post { content } } } }',
    { input: { title: 'T', source } },
  )
  expect(JSON.stringify(data)).toContain('an example')
})
