import { beforeAll, expect, test } from 'vitest'
import {
  CreatePreviewTokenDocument,
  DeletePostDocument,
  LatestPostsDocument,
  RevokePreviewTokenDocument,
  TrashPostDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { until } from '../support/until.ts'
import { answerBytes, makeToken, preview } from './previewing.ts'
import { create, createAndPublish, update } from './writing.ts'

const lent = withApp({ role: 'api' })
const dayMs = 86_400_000

/** Two drafts and a published post with pending edits, all under one tag, with a token for the first draft. */
let own: string
let other: string
let edited: string
let token: string

beforeAll(async () => {
  const { admin } = lent.app
  own = (await create(admin, { title: 'Own draft', source: 'x', tags: ['shared'], slug: 'own' })).post.id
  other = (await create(admin, { title: 'Other draft', source: 'x', tags: ['shared'], slug: 'other' })).post
    .id
  edited = await createAndPublish(admin, { title: 'Live', source: 'x', tags: ['shared'], slug: 'edited' })
  await update(admin, { id: edited, title: 'Pending edit', slug: 'edited-pending' })
  token = (await makeToken(admin, own)).token
})

const createWith = async (expiresAt: string | null, postId = own) =>
  (await lent.app.admin.run(CreatePreviewTokenDocument, { input: { postId, expiresAt } })).createPreviewToken
const inDays = (days: number) => new Date(lent.app.clock.now().getTime() + days * dayMs).toISOString()

test('a token is long and random, shown once, and stored as its hash alone', async () => {
  const { db } = lent.app.database
  const made = await makeToken(lent.app.admin, own)
  expect(made.token).toMatch(/^pwp_[\w-]{43}$/)
  expect(made.id).toMatch(/^preview_/)
  const row = await db.previewToken.findUniqueOrThrow({ where: { id: made.id } })
  expect(row).toMatchObject({ postId: own, createdBy: 'A test', revokedAt: null })
  expect(JSON.stringify(row)).not.toContain(made.token.slice(4))
  const events = await db.event.findMany({ where: { subjectId: own } })
  expect(events.map(({ type }) => type)).toEqual(['post.created'])
})

test('a token ends after 7 days unless it is told otherwise, and after 90 at most', async () => {
  const { clock } = lent.app
  const week = await createWith(null)
  if (week.__typename !== 'CreatePreviewTokenPayload') throw new Error('A week can be had.')
  const days = (Date.parse(week.previewToken.expiresAt) - clock.now().getTime()) / dayMs
  expect(days).toBeGreaterThan(6.99)
  expect(days).toBeLessThanOrEqual(7)
  expect(await createWith(inDays(89.9))).toMatchObject({ __typename: 'CreatePreviewTokenPayload' })
  for (const wrong of [inDays(90.1), inDays(-1), inDays(0)])
    expect(await createWith(wrong)).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['input', 'expiresAt'] }],
    })
})

test('there is no token for what does not exist or is in the trash', async () => {
  const { admin } = lent.app
  for (const id of ['post_01h455vb4pex5vsknk084sn02q', 'author_01h455vb4pex5vsknk084sn02q', '', 'post_\0'])
    expect(await createWith(null, id)).toMatchObject({
      __typename: 'NotFoundError',
      path: ['input', 'postId'],
    })
  const { post } = await create(admin, { title: 'Trashed', source: 'x' })
  await admin.run(TrashPostDocument, { input: { id: post.id } })
  expect(await createWith(null, post.id)).toMatchObject({ __typename: 'InvalidStateError' })
})

test('an expired, revoked or unknown token and one of another post are answered with the bytes of no token', async () => {
  const { admin, url, clock } = lent.app
  const revoked = await makeToken(admin, edited)
  await admin.run(RevokePreviewTokenDocument, { input: { id: revoked.id } })
  const expired = await makeToken(admin, edited, inDays(1))
  clock.advance(2 * dayMs)
  const query = `query ($by: PostBy!, $token: String) { post(by: $by, previewToken: $token) {
    id title slug path content updatedAt version authors { name } tags { name } } }`
  const ways = [
    { id: edited },
    { slug: 'edited' },
    { slug: 'edited-pending' },
    { id: other },
    { slug: 'other' },
  ]
  const wrong = [
    revoked.token,
    expired.token,
    token,
    `${token}x`,
    `pwp_${'A'.repeat(43)}`,
    '',
    '\0',
    '\ud800',
  ]
  for (const by of ways) {
    const without = await answerBytes(url, query, { by })
    expect(without).not.toContain('Pending')
    for (const some of wrong) expect(await answerBytes(url, query, { by, token: some })).toBe(without)
  }
})

test('revoking ends a token at once, and twice keeps the first time', async () => {
  const { admin, anonymous, clock } = lent.app
  const made = await makeToken(admin, own)
  expect(await preview(anonymous, { id: own }, made.token)).toMatchObject({ title: 'Own draft' })
  const revoke = async (id: string) =>
    (await admin.run(RevokePreviewTokenDocument, { input: { id } })).revokePreviewToken
  const first = await revoke(made.id)
  if (first.__typename !== 'RevokePreviewTokenPayload') throw new Error('It can be revoked.')
  expect(first.previewToken).toMatchObject({ id: made.id, post: { id: own }, revokedAt: expect.any(String) })
  expect(await preview(anonymous, { id: own }, made.token)).toBeNull()
  clock.advance(1_000)
  expect(await revoke(made.id)).toEqual(first)
  for (const id of ['preview_01h455vb4pex5vsknk084sn02q', own, 'preview_\0'])
    expect(await revoke(id)).toMatchObject({ __typename: 'NotFoundError', path: ['input', 'id'] })
})

test('a token opens its post in its own field, and no other post by any path', async () => {
  const { anonymous } = lent.app
  const query = `query ($own: ID!, $other: ID!, $token: String) {
    shown: post(by: { id: $own }, previewToken: $token) {
      title
      tags { name postCount posts { totalCount nodes { id title } } }
    }
    byId: post(by: { id: $other }, previewToken: $token) { id }
    bySlug: post(by: { slug: "other" }, previewToken: $token) { id }
    without: post(by: { id: $own }) { id }
    node(id: $own) { id }
    otherNode: node(id: $other) { id }
    nodes(ids: [$own, $other]) { id }
    posts { totalCount nodes { id title } }
    tag(by: { slug: "shared" }) { postCount posts { totalCount nodes { id title } } }
  }`
  const { data, errors } = await anonymous.send(query, { own, other, token })
  expect(errors).toEqual([])
  const listed = { totalCount: 1, nodes: [{ id: edited, title: 'Live' }] }
  expect(data).toEqual({
    shown: { title: 'Own draft', tags: [{ name: 'shared', postCount: 1, posts: listed }] },
    byId: null,
    bySlug: null,
    without: null,
    node: null,
    otherNode: null,
    nodes: [null, null],
    posts: listed,
    tag: { postCount: 1, posts: listed },
  })
})

test('an answer with a token, good or not, is stored nowhere; one without says nothing of the kind', async () => {
  const { anonymous } = lent.app
  const query = 'query ($t: String) { post(by: { slug: "edited" }, previewToken: $t) { id } }'
  for (const some of [token, 'wrong'])
    expect((await anonymous.send(query, { t: some })).headers.get('cache-control')).toBe('private, no-store')
  const plain = await anonymous.send(String(LatestPostsDocument), {})
  expect((await anonymous.send(query, { t: null })).headers.get('cache-control')).toBe(
    plain.headers.get('cache-control'),
  )
  expect(plain.headers.get('cache-control')).not.toBe('private, no-store')
})

test('a deleted post takes its tokens along', async () => {
  const { admin, anonymous, database } = lent.app
  const { post } = await create(admin, { title: 'Deleted', source: 'x' })
  const made = await makeToken(admin, post.id)
  await admin.run(TrashPostDocument, { input: { id: post.id } })
  await admin.run(DeletePostDocument, { input: { id: post.id } })
  expect(await database.db.previewToken.findUnique({ where: { id: made.id } })).toBeNull()
  expect(await preview(anonymous, { id: post.id }, made.token)).toBeNull()
})

test('a preview token is a node for those who may make one, and for nobody else', async () => {
  const { app } = lent
  const { id } = await makeToken(app.admin, own)
  const find = async (client: typeof app.admin) =>
    (await client.send('query ($id: ID!) { node(id: $id) { __typename id } }', { id })).data
  expect(await find(await app.clientWith('CONTENT_WRITE'))).toEqual({
    node: { __typename: 'PreviewToken', id },
  })
  for (const client of [app.anonymous, await app.clientWith('CONTENT_READ', 'CONTENT_PUBLISH')])
    expect(await find(client)).toEqual({ node: null })
})

test('no token is in the log', async () => {
  const { app } = lent
  await preview(app.anonymous, { id: own }, token)
  await until(() => app.log.some(({ fields }) => fields.preview === true))
  expect(JSON.stringify(app.log)).not.toContain(token)
})
