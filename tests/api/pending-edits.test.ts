import { expect, test } from 'vitest'
import {
  LatestPostsDocument,
  PostByDocument,
  TagDocument,
  UnpublishPostDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

const read = async (id: string) => {
  const { post } = await lent.app.admin.run(PostByDocument, { by: { id } })
  if (!post) throw new Error('An editor sees every post.')
  return post
}
const eventsOf = async (id: string) =>
  (await lent.app.database.db.event.findMany({ where: { subjectId: id }, orderBy: { sequence: 'asc' } })).map(
    (event) => event.type,
  )

test('edits over a published post are seen by nobody, in any field, until they are published', async () => {
  const { admin, anonymous } = lent.app
  const id = await createAndPublish(admin, { title: 'Live', source: 'Old.', tags: ['live'] })
  const live = await read(id)
  const edits = { title: 'Edited', source: 'New.', slug: 'edited-slug', tags: ['edited'], layout: 'new' }
  const saved = await update(admin, { id, ...edits })
  expect([saved.event?.type, saved.post.hasUnpublishedChanges]).toEqual(['POST_DRAFT_SAVED', true])
  for (const client of [anonymous, admin]) {
    expect((await client.run(PostByDocument, { by: { id } })).post).toEqual(live)
    expect((await client.run(PostByDocument, { by: { slug: 'edited-slug' } })).post).toBeNull()
    const { posts } = await client.run(LatestPostsDocument, { first: 20 })
    expect(posts.nodes.map((post) => [post.title, post.tags[0]?.name])).toEqual([['Live', 'live']])
    const { tag } = await client.run(TagDocument, { by: { slug: 'live' } })
    expect(tag?.posts.nodes).toEqual([{ title: 'Live' }])
  }
  const { event, post } = await publish(admin, id)
  expect([event?.type, post.slug]).toEqual(['POST_UPDATED', 'edited-slug'])
  const { post: seen } = await anonymous.run(PostByDocument, { by: { slug: 'edited-slug' } })
  expect(seen).toMatchObject({
    title: 'Edited',
    content: '<p>New.</p>\n',
    tags: [{ name: 'edited' }],
    layout: 'new',
  })
})

test('edits add up, and go live together as one event that names what changed', async () => {
  const { admin } = lent.app
  const id = await createAndPublish(admin, { title: 'Steps', source: 'x' })
  await update(admin, { id, title: 'Step one' })
  await update(admin, { id, layout: 'step-two' })
  const { event } = await publish(admin, id)
  expect(event).toMatchObject({
    type: 'POST_UPDATED',
    changedFields: ['title', 'layout'],
    previous: { title: 'Steps', layout: null },
  })
  expect(await read(id)).toMatchObject({ title: 'Step one', layout: 'step-two' })
  const saves = ['post.draft_saved', 'post.draft_saved']
  expect(await eventsOf(id)).toEqual(['post.created', 'post.published', ...saves, 'post.updated'])
})

test('the path that a public post leaves leads to it, and one that it returns to does not', async () => {
  const { admin, database } = lent.app
  const id = await createAndPublish(admin, { title: 'Moving', source: 'x', path: '/first/' })
  const moveTo = async (path: string) => {
    await update(admin, { id, path })
    expect((await read(id)).path).not.toBe(path)
    await publish(admin, id)
    expect((await read(id)).path).toBe(path)
    const redirects = await database.db.redirect.findMany({ where: { postId: id }, orderBy: { path: 'asc' } })
    return redirects.map((redirect) => [redirect.path, redirect.status])
  }
  expect(await moveTo('/second/')).toEqual([['/first/', 301]])
  expect(await moveTo('/third/')).toEqual([
    ['/first/', 301],
    ['/second/', 301],
  ])
  expect(await moveTo('/first/')).toEqual([
    ['/second/', 301],
    ['/third/', 301],
  ])
})

test('a path that was left belongs to the next post that is published there', async () => {
  const { admin, database } = lent.app
  const id = await createAndPublish(admin, { title: 'Leaving', source: 'x', path: '/left/' })
  await update(admin, { id, path: '/elsewhere/' })
  await publish(admin, id)
  await createAndPublish(admin, { title: 'Coming', source: 'x', path: '/left/' })
  expect(await database.db.redirect.count({ where: { path: '/left/' } })).toBe(0)
})

test('a post that was taken back still leaves a redirect, and one that was never public none', async () => {
  const { admin, database } = lent.app
  const id = await createAndPublish(admin, { title: 'Known', source: 'x', path: '/known/' })
  await admin.run(UnpublishPostDocument, { input: { id } })
  await update(admin, { id, path: '/known-now/' })
  expect(await database.db.redirect.findUnique({ where: { path: '/known/' } })).toMatchObject({ postId: id })
  const { post } = await create(admin, { title: 'Unknown', source: 'x', path: '/never-public/' })
  await update(admin, { id: post.id, path: '/still-not/' })
  expect(await database.db.redirect.count({ where: { postId: post.id } })).toBe(0)
})
