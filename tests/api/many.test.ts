import { expect, test } from 'vitest'
import {
  type BulkPolicy,
  PublishPostsDocument,
  TrashPostsDocument,
  UnpublishPostsDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { create } from './writing.ts'

const lent = withApp({ role: 'api' })

const drafts = async (count: number) => {
  const posts: { id: string }[] = []
  for (let number = 1; number <= count; number++) {
    const { post } = await create(lent.app.admin, { title: `One of many ${number}`, source: 'Text' })
    posts.push({ id: post.id })
  }
  return posts
}
const missing = { id: 'post_01h455vb4pex5vsknk084sn02q' }
const statuses = async (posts: { id: string }[]) =>
  (await lent.app.database.db.post.findMany({ where: { id: { in: posts.map(({ id }) => id) } } })).map(
    ({ status }) => status,
  )

test('EACH: every post stands for itself, with a result and an event of its own, in order', async () => {
  const [one, two] = await drafts(2)
  if (!one || !two) throw new Error('Two drafts were made.')
  const { publishPosts } = await lent.app.admin.run(PublishPostsDocument, {
    input: { posts: [one, missing, two] },
  })
  expect(publishPosts).toMatchObject({
    results: [
      {
        __typename: 'PublishPostPayload',
        post: { id: one.id, status: 'PUBLISHED' },
        event: { type: 'POST_PUBLISHED' },
      },
      { __typename: 'NotFoundError' },
      { __typename: 'PublishPostPayload', post: { id: two.id } },
    ],
  })
  const again = await lent.app.admin.run(UnpublishPostsDocument, { input: { posts: [one, two] } })
  expect(again.unpublishPosts).toMatchObject({
    results: [{ post: { status: 'DRAFT' } }, { post: { status: 'DRAFT' } }],
  })
})

test('ALL_OR_NOTHING: when one cannot be done none is, and the others say so', async () => {
  const posts = await drafts(2)
  const input = { posts: [...posts, missing], policy: 'ALL_OR_NOTHING' as const }
  const { publishPosts } = await lent.app.admin.run(PublishPostsDocument, { input })
  expect(publishPosts).toMatchObject({
    results: [
      { __typename: 'InvalidStateError' },
      { __typename: 'InvalidStateError' },
      { __typename: 'NotFoundError' },
    ],
  })
  expect(await statuses(posts)).toEqual(['DRAFT', 'DRAFT'])
})

test('ALL_OR_NOTHING: each gets its own event when all can be done', async () => {
  const posts = await drafts(3)
  const { trashPosts } = await lent.app.admin.run(TrashPostsDocument, {
    input: { posts, policy: 'ALL_OR_NOTHING' },
  })
  if (trashPosts.__typename !== 'TrashPostsPayload') throw new Error(JSON.stringify(trashPosts))
  const events = trashPosts.results.map((result) =>
    result.__typename === 'TrashPostPayload' ? result.event?.id : null,
  )
  expect(new Set(events).size).toBe(3)
  expect(await statuses(posts)).toEqual(['TRASHED', 'TRASHED', 'TRASHED'])
})

test('more than 100 at once are refused, and nothing is done', async () => {
  const posts = Array.from({ length: 101 }, () => missing)
  const { publishPosts } = await lent.app.admin.run(PublishPostsDocument, { input: { posts } })
  expect(publishPosts).toMatchObject({
    __typename: 'ValidationError',
    issues: [{ path: ['input', 'posts'] }],
  })
})

test('of many that change nothing of what was written each takes 17 statements, and in one transaction 10', async () => {
  const posts = await makePosts(lent.app, { count: 25 })
  const count = async (document: typeof PublishPostsDocument, first: number, policy: BulkPolicy) => {
    const input = { posts: posts.slice(0, first).map(({ id }) => ({ id })), policy }
    const { result, statements } = await lent.app.countStatements(() =>
      lent.app.admin.run(document, { input }),
    )
    expect(JSON.stringify(result)).not.toContain('Error')
    return statements
  }
  const documents = [UnpublishPostsDocument, PublishPostsDocument, TrashPostsDocument]
  for (const document of documents as (typeof PublishPostsDocument)[]) {
    const each = await count(document, 5, 'EACH')
    expect(each.length, each.join('\n')).toBeLessThanOrEqual(1 + 5 * 17)
    const together = await count(document, 25, 'ALL_OR_NOTHING')
    // Some are for all together.
    expect(together.length, together.join('\n')).toBeLessThanOrEqual(10 + 25 * 10)
  }
})
