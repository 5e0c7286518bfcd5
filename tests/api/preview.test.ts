import { beforeAll, describe, expect, test } from 'vitest'
import { type PostBy, TrashPostDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { makeToken, preview } from './previewing.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

beforeAll(() => makePosts(lent.app, { count: 1 }))

const live = {
  title: 'Live title',
  source: 'Live words.',
  authors: ['author-01'],
  categories: ['category-01'],
  tags: ['tag-01'],
  layout: 'narrow',
}
const pending = {
  title: 'Pending title',
  source: '# Heading\n\nPending words ![p](/p.png)',
  excerpt: 'A pending summary',
  authors: ['author-03', 'author-02'],
  categories: ['category-04', 'category-02'],
  tags: ['tag-07', 'tag-03'],
  layout: 'wide',
  publishedAt: '2020-02-03T04:05:06+01:00',
  seo: { title: 'Pending SEO', noindex: true },
  metadata: { pending: true },
  coverImage: { url: 'https://example.com/pending.jpg', alt: 'Pending' },
}

/** A published post with edits that are not live yet, and a token that opens it. */
const edited = async (slugs: { live: string; pending: string }) => {
  const { admin } = lent.app
  const id = await createAndPublish(admin, { ...live, slug: slugs.live })
  await update(admin, { id, ...pending, slug: slugs.pending })
  return { id, token: (await makeToken(admin, id)).token }
}

test('with a token every field answers the edits that are not live yet', async () => {
  const { anonymous } = lent.app
  const { id, token } = await edited({ live: 'all-live', pending: 'all-pending' })
  const shown = await preview(anonymous, { id }, token)
  expect(shown).toMatchObject({
    id,
    slug: 'all-pending',
    path: '/2020/02/all-pending/',
    url: 'https://blog.example.com/2020/02/all-pending/',
    title: 'Pending title',
    excerpt: 'A pending summary',
    excerptSource: 'MANUAL',
    layout: 'wide',
    publishedAt: '2020-02-03T04:05:06+01:00',
    images: [{ url: '/p.png' }],
    coverImage: pending.coverImage,
    headings: [{ text: 'Heading' }],
    seo: { title: 'Pending SEO', description: null, canonicalUrl: null, noindex: true },
    metadata: { pending: true },
    author: { slug: 'author-03' },
    authors: [{ slug: 'author-03' }, { slug: 'author-02' }],
    categories: [{ slug: 'category-04' }, { slug: 'category-02' }],
    tags: [{ slug: 'tag-07' }, { slug: 'tag-03' }],
  })
  expect(shown?.content).toContain('Pending words')
  expect(shown?.contentText).toContain('Pending words')
})

test('the preview is what publishing it then makes live, but for its version and when it changed', async () => {
  const { admin, anonymous } = lent.app
  const { id, token } = await edited({ live: 'same-live', pending: 'same-pending' })
  const shown = await preview(anonymous, { id }, token)
  await publish(admin, id)
  const now = await preview(anonymous, { id })
  expect({ ...shown, version: 0, updatedAt: '' }).toEqual({ ...now, version: 0, updatedAt: '' })
})

test('status, version and times are those of the post itself', async () => {
  const { anonymous } = lent.app
  const { id, token } = await edited({ live: 'real-live', pending: 'real-pending' })
  const shown = await preview(anonymous, { id }, token)
  const seen = await preview(anonymous, { id })
  for (const field of ['id', 'status', 'version', 'createdAt', 'updatedAt'] as const)
    expect(shown?.[field]).toBe(seen?.[field])
  expect(seen).toMatchObject({ title: 'Live title', tags: [{ slug: 'tag-01' }] })
})

test('the post is found by its live and by its pending slug and path, by the pending ones only with the token', async () => {
  const { anonymous } = lent.app
  const { id, token } = await edited({ live: 'found-live', pending: 'found-pending' })
  const seen = await preview(anonymous, { id })
  const ways: PostBy[] = [{ slug: 'found-live' }, { path: seen?.path ?? '' }]
  const pendingWays: PostBy[] = [{ slug: 'found-pending' }, { path: '/2020/02/found-pending/' }]
  for (const by of [...ways, ...pendingWays])
    expect(await preview(anonymous, by, token)).toMatchObject({ id, title: 'Pending title' })
  for (const by of ways) expect(await preview(anonymous, by)).toMatchObject({ id, title: 'Live title' })
  for (const by of pendingWays) expect(await preview(anonymous, by)).toBeNull()
})

test('the draft is shown in the one field that has the token, and the live post beside it', async () => {
  const { anonymous } = lent.app
  const { id, token } = await edited({ live: 'beside-live', pending: 'beside-pending' })
  const query = `query ($id: ID!, $token: String) {
    before: post(by: { id: $id }) { title tags { slug } author { slug } }
    shown: post(by: { id: $id }, previewToken: $token) { title tags { slug posts { nodes { id title } } } author { slug } }
    node(id: $id) { ... on Post { title tags { slug } author { slug } } }
    nodes(ids: [$id]) { ... on Post { title tags { slug } author { slug } } }
  }`
  const { data, errors } = await anonymous.send<Record<string, unknown>>(query, { id, token })
  expect(errors).toEqual([])
  const seen = { title: 'Live title', tags: [{ slug: 'tag-01' }], author: { slug: 'author-01' } }
  expect(data).toMatchObject({ before: seen, node: seen, nodes: [seen] })
  expect(data?.shown).toMatchObject({ title: 'Pending title', author: { slug: 'author-03' } })
  expect(JSON.stringify(data?.shown)).not.toContain('Live title')
})

describe('a post that is not published', () => {
  test('is shown as it was last saved, while it is a draft and while it is scheduled', async () => {
    const { admin, anonymous, clock } = lent.app
    const { post } = await create(admin, { ...live, title: 'Not yet' })
    const { token } = await makeToken(admin, post.id)
    for (const by of [{ id: post.id }, { slug: post.slug }, { path: post.path }]) {
      expect(await preview(anonymous, by)).toBeNull()
      expect(await preview(anonymous, by, token)).toMatchObject({
        id: post.id,
        title: 'Not yet',
        status: 'DRAFT',
        tags: [{ slug: 'tag-01' }],
      })
    }
    await update(admin, { id: post.id, title: 'Not yet either' })
    const at = new Date(clock.now().getTime() + 3_600_000).toISOString()
    await admin.send('mutation ($input: PublishPostInput!) { publishPost(input: $input) { __typename } }', {
      input: { id: post.id, at },
    })
    expect(await preview(anonymous, { id: post.id }, token)).toMatchObject({
      title: 'Not yet either',
      status: 'SCHEDULED',
    })
  })

  test('is not shown in the trash', async () => {
    const { admin, anonymous } = lent.app
    const { post } = await create(admin, { ...live, title: 'To be trashed' })
    const { token } = await makeToken(admin, post.id)
    await admin.run(TrashPostDocument, { input: { id: post.id } })
    expect(await preview(anonymous, { id: post.id }, token)).toBeNull()
  })
})

test('source, times to come, drafts and revisions need content:read all the same', async () => {
  const { admin, anonymous } = lent.app
  const { id, token } = await edited({ live: 'scoped-live', pending: 'scoped-pending' })
  const query = `query ($id: ID!, $token: String) { post(by: { id: $id }, previewToken: $token) {
    title source scheduledAt unpublishAt hasUnpublishedChanges draft { title } revisions { totalCount }
  } }`
  const { data, errors } = await anonymous.send(query, { id, token })
  const nothing = {
    source: null,
    scheduledAt: null,
    unpublishAt: null,
    hasUnpublishedChanges: null,
    draft: null,
    revisions: null,
  }
  expect(data).toEqual({ post: { title: 'Pending title', ...nothing } })
  expect(errors.map(({ extensions }) => extensions?.code)).toEqual(Array(6).fill('FORBIDDEN'))
  const own = await admin.send<{ post: { source: string } }>(query, { id, token })
  expect(own.data?.post).toMatchObject({ source: pending.source, hasUnpublishedChanges: true })
})
