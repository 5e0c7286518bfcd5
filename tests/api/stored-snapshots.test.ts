import { expect, test } from 'vitest'
import {
  PostDraftDocument,
  PostRevisionsDocument,
  RestorePostRevisionDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makeToken, preview } from './previewing.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api', expectErrors: true })

/** What the first release stored for a save, letter by letter: it has no version. */
const byFirstRelease = (tagId: string) => `{
  "title": "Stored long ago", "source": "Old *words*", "format": "MARKDOWN", "slug": "stored-long-ago",
  "path": null, "excerpt": "An old summary", "layout": "wide", "publishedAt": "2009-07-23T09:20:48+02:00",
  "seo": { "title": "SEO", "description": null, "canonicalUrl": null, "noindex": true },
  "coverImage": { "url": "https://example.com/c.jpg", "alt": null }, "metadata": { "b": 1, "a": 2 },
  "authorIds": [], "categoryIds": [], "tagIds": ["${tagId}"] }`

const shown = {
  title: 'Stored long ago',
  slug: 'stored-long-ago',
  layout: 'wide',
  publishedAt: '2009-07-23T09:20:48+02:00',
  seo: { title: 'SEO', noindex: true },
  coverImage: { url: 'https://example.com/c.jpg', alt: null },
  metadata: { b: 1, a: 2 },
  tags: [{ slug: 'old-tag' }],
}

const stored = async (postId: string, version: number, snapshot: string): Promise<string> => {
  const { db } = lent.app.database
  const { id } = await db.postRevision.findFirstOrThrow({ where: { postId, version } })
  await db.$executeRaw`UPDATE post_revisions SET snapshot = ${snapshot}::json WHERE id = ${id}`
  return id
}

const oldTag = async () => {
  await create(lent.app.admin, { title: 'Beside it', source: 'x', tags: ['old tag'] })
  return (await lent.app.database.db.tag.findUniqueOrThrow({ where: { slug: 'old-tag' } })).id
}

test('pending edits that the first release stored are shown, previewed, edited and published', async () => {
  const { admin, anonymous } = lent.app
  const id = await createAndPublish(admin, { title: 'Live', source: 'x' })
  await update(admin, { id, title: 'Replaced below', source: 'Old *words*', excerpt: 'An old summary' })
  await stored(id, 3, byFirstRelease(await oldTag()))

  const { post } = await admin.run(PostDraftDocument, { by: { id } })
  expect(post?.draft).toMatchObject({ ...shown, source: 'Old *words*', excerpt: 'An old summary' })
  const { token } = await makeToken(admin, id)
  expect(await preview(anonymous, { id }, token)).toMatchObject(shown)
  await update(admin, { id, layout: 'narrow' })
  await publish(admin, id)
  const { data } = await anonymous.send(
    `{ post(by: { id: "${id}" }) { title slug layout excerpt content tags { slug } seo { title noindex } } }`,
  )
  const { title, slug, tags, seo } = shown
  const content = '<p>Old <em>words</em></p>\n'
  expect(data).toEqual({
    post: { title, slug, tags, seo, layout: 'narrow', excerpt: 'An old summary', content },
  })
})

test('a revision that the first release stored is listed and brought back', async () => {
  const { admin } = lent.app
  const { post } = await create(admin, { title: 'One', source: 'x' })
  await update(admin, { id: post.id, title: 'Two' })
  const revisionId = await stored(post.id, 1, byFirstRelease(await oldTag()).replace('stored-', 'listed-'))

  const { post: found } = await admin.run(PostRevisionsDocument, { by: { id: post.id }, first: 10 })
  expect(found?.revisions?.nodes.at(-1)).toMatchObject({ ...shown, slug: 'listed-long-ago' })
  const { restorePostRevision } = await admin.run(RestorePostRevisionDocument, { input: { revisionId } })
  expect(restorePostRevision).toMatchObject({ post: { title: 'Stored long ago', slug: 'listed-long-ago' } })
})

test('what a newer release stored is refused, not guessed at', async () => {
  const { app } = lent
  const { post } = await create(app.admin, { title: 'From the future', source: 'x' })
  await stored(post.id, 1, '{ "snapshotVersion": 99, "heading": "It has no title any more" }')
  const { errors } = await app.admin.send(
    `{ post(by: { id: "${post.id}" }) { revisions(first: 1) { nodes { title } } } }`,
  )
  expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }])
  const logged = app.log.map((line) => String((line.fields.err as Error | undefined)?.message))
  expect(logged.join()).toContain('a newer release wrote it')
})
