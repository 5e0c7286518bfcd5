import { describe, expect, test } from 'vitest'
import {
  CreateTagDocument,
  DeleteTagDocument,
  TagDocument,
  UpdateTagDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { eventsAbout, expectPayload, leadsTo, makeTag } from './terms.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

const createTag = async (input: Parameters<typeof makeTag>[1]) =>
  (await lent.app.admin.run(CreateTagDocument, { input })).createTag
const updateTag = async (input: { id: string; [field: string]: unknown }) =>
  (await lent.app.admin.run(UpdateTagDocument, { input })).updateTag
const deleteTag = async (input: { id: string; detachPosts?: boolean }) =>
  (await lent.app.admin.run(DeleteTagDocument, { input: { detachPosts: false, ...input } })).deleteTag

describe('a tag has one canonical spelling', () => {
  test('another one of its name, in any case, is refused by its name', async () => {
    const kde = await makeTag(lent.app.admin, { name: 'kde' })
    for (const name of ['KDE', ' Kde ', 'ｋｄｅ', 'kde']) {
      expect(await createTag({ name, slug: `another-${name.trim().length}` })).toMatchObject({
        __typename: 'TakenError',
        message: expect.stringContaining(`"kde" already (${kde.id})`),
        path: ['input', 'name'],
      })
    }
    expect(await lent.app.database.db.tag.count({ where: { nameKey: 'kde' } })).toBe(1)
  })

  test('which renaming changes, under the same slug', async () => {
    const { admin } = lent.app
    const { id } = await makeTag(admin, { name: 'gnome' })
    const post = await createAndPublish(admin, { title: 'Desktops', source: 'x', tags: ['Gnome'] })
    const { tag, event } = expectPayload(await updateTag({ id, name: 'GNOME' }))
    expect(tag).toMatchObject({ id, name: 'GNOME', slug: 'gnome', version: 2 })
    expect(event).toMatchObject({
      type: 'TAG_UPDATED',
      changedFields: ['name'],
      previous: { name: 'gnome' },
      invalidates: [id, 'tags', 'posts'],
      paths: ['/tag/gnome/', '/'],
    })
    const { data } = await admin.send('query ($id: ID!) { post(by: { id: $id }) { tags { id name } } }', {
      id: post,
    })
    expect(data).toEqual({ post: { tags: [{ id, name: 'GNOME' }] } })
  })

  test('renaming to that of another tag is refused', async () => {
    const { id } = await makeTag(lent.app.admin, { name: 'Qt 5' })
    await makeTag(lent.app.admin, { name: 'Qt 6' })
    expect(await updateTag({ id, name: 'qt  6' })).toMatchObject({
      __typename: 'TakenError',
      path: ['input', 'name'],
      message: expect.stringMatching(/"Qt 6".*mergeTags/),
    })
  })

  test('ten at a time of one name: one is created and nine are refused', async () => {
    const names = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'Parallel' : 'PARALLEL'))
    const results = await Promise.all(names.map((name) => createTag({ name })))
    const made = results.filter(({ __typename }) => __typename === 'CreateTagPayload')
    const taken = results.filter(({ __typename }) => __typename === 'TakenError')
    expect([made.length, taken.length]).toEqual([1, 9])
    expect(await lent.app.database.db.tag.count({ where: { nameKey: 'parallel' } })).toBe(1)
  })

  test('ten posts at a time that bring the same new tag share it with whoever creates it', async () => {
    const { admin, database } = lent.app
    const posts = Array.from({ length: 10 }, (_, index) =>
      create(admin, { title: `Sharing ${index}`, source: 'x', tags: ['Shared'] }),
    )
    const [result] = await Promise.all([createTag({ name: 'shared' }), ...posts])
    expect(['CreateTagPayload', 'TakenError']).toContain(result.__typename)
    const tags = await database.db.tag.findMany({ where: { nameKey: 'shared' }, include: { posts: true } })
    expect(tags.map(({ posts }) => posts.length)).toEqual([10])
  })
})

test('a slug is made from the name, numbered when it is taken; a given one that is taken is refused', async () => {
  const { admin } = lent.app
  const slugs: string[] = []
  for (const name of ['C', 'C++', 'C#', 'Ünïcode', 'unicode', '東京', '…'])
    slugs.push((await makeTag(admin, { name })).slug)
  expect(slugs).toEqual(['c', 'c-plus-plus', 'c-sharp', 'unicode', 'unicode-2', 'dongjing', 'tag'])
  expect(await createTag({ name: 'Sea', slug: 'c' })).toMatchObject({
    __typename: 'TakenError',
    path: ['input', 'slug'],
  })
  expect((await makeTag(admin, { name: 'Mer', slug: 'море' })).path).toBe('/tag/море/')
})

test('every issue is told at once', async () => {
  const { id } = await makeTag(lent.app.admin, { name: 'Issues' })
  const wrong = { name: ' ', slug: '', description: 'x'.repeat(5_001) }
  const issues = [
    { path: ['input', 'name'] },
    { path: ['input', 'slug'] },
    { path: ['input', 'description'] },
  ]
  expect(await createTag(wrong)).toMatchObject({ __typename: 'ValidationError', issues })
  expect(await updateTag({ id, ...wrong })).toMatchObject({ __typename: 'ValidationError', issues })
  expect(await updateTag({ id, name: null })).toMatchObject({ issues: [issues[0]] })
})

describe('a tag that is changed', () => {
  test('keeps what is absent, loses what is null, and rises by one version', async () => {
    const { id } = await makeTag(lent.app.admin, { name: 'Kept', description: 'About.' })
    const slugged = expectPayload(await updateTag({ id, slug: 'held-on-to' }))
    expect(slugged.tag).toMatchObject({ name: 'Kept', description: 'About.', slug: 'held-on-to', version: 2 })
    const cleared = expectPayload(await updateTag({ id, description: null, slug: null }))
    expect(cleared.tag).toMatchObject({ description: null, slug: 'kept', version: 3 })
    expect(cleared.event).toMatchObject({
      version: 3,
      changedFields: ['slug', 'description', 'path'],
      previous: { slug: 'held-on-to', description: 'About.', path: '/tag/held-on-to/' },
    })
    expect([await leadsTo(lent.app, '/tag/held-on-to/'), await leadsTo(lent.app, '/tag/kept/')]).toEqual([
      id,
      null,
    ])
  })

  test('to what it is already makes no version and no event', async () => {
    const { id } = await makeTag(lent.app.admin, { name: 'Still' })
    const same = expectPayload(await updateTag({ id, name: 'Still', slug: 'still', description: '' }))
    expect(same).toMatchObject({ tag: { version: 1 }, event: null })
    expect(expectPayload(await updateTag({ id })).event).toBeNull()
    expect(await eventsAbout(lent.app, id)).toEqual(['tag.created'])
  })

  test('leaves its old path to a new tag that a published post brings, and to none before', async () => {
    const { admin } = lent.app
    const { id } = await makeTag(admin, { name: 'Old path' })
    await updateTag({ id, slug: 'elsewhere', name: 'Elsewhere' })
    expect(await leadsTo(lent.app, '/tag/old-path/')).toBe(id)
    const { post } = await create(admin, { title: 'Brings a tag', source: 'x', tags: ['Old path'] })
    expect(await leadsTo(lent.app, '/tag/old-path/')).toBe(id)
    await publish(admin, post.id)
    expect(await leadsTo(lent.app, '/tag/old-path/')).toBeNull()
  })
})

describe('a tag that is deleted', () => {
  test('needs a word when there are posts in any state, and then comes off all of them', async () => {
    const { admin, database } = lent.app
    const { id } = await makeTag(admin, { name: 'Doomed' })
    const live = await createAndPublish(admin, { title: 'Live', source: 'x', tags: ['a', 'Doomed', 'b'] })
    await create(admin, { title: 'Draft', source: 'x', tags: ['Doomed'] })
    const pending = await createAndPublish(admin, { title: 'Pending', source: 'x', tags: ['a'] })
    await update(admin, { id: pending, tags: ['Doomed', 'b'] })
    expect(await deleteTag({ id })).toMatchObject({
      __typename: 'InvalidStateError',
      message: expect.stringContaining('3 posts'),
      path: ['input', 'detachPosts'],
    })
    const { deletedId, event } = expectPayload(await deleteTag({ id, detachPosts: true }))
    expect(deletedId).toBe(id)
    expect(event).toMatchObject({
      type: 'TAG_DELETED',
      version: 2,
      invalidates: [id, 'tags', 'posts'],
      paths: ['/tag/doomed/', '/'],
    })
    expect(await leadsTo(lent.app, '/tag/doomed/')).toBe('gone')
    await publish(admin, pending)
    const tagsOf = async (postId: string) => {
      const rows = await database.db.postTag.findMany({
        where: { postId },
        orderBy: { position: 'asc' },
        include: { tag: true },
      })
      return rows.map(({ tag }) => tag.name)
    }
    expect([await tagsOf(live), await tagsOf(pending)]).toEqual([['a', 'b'], ['b']])
  })

  test('leaves its path to a new tag of the name', async () => {
    const { id } = await makeTag(lent.app.admin, { name: 'Phoenix' })
    expectPayload(await deleteTag({ id }))
    expect(await leadsTo(lent.app, '/tag/phoenix/')).toBe('gone')
    const again = await makeTag(lent.app.admin, { name: 'Phoenix' })
    expect(again.id).not.toBe(id)
    expect(await leadsTo(lent.app, '/tag/phoenix/')).toBeNull()
    const { tag } = await lent.app.admin.run(TagDocument, { by: { slug: 'phoenix' } })
    expect(tag?.name).toBe('Phoenix')
  })

  test('while posts are saved with it is off them or there, and no save fails', async () => {
    const { admin, database } = lent.app
    for (let round = 0; round < 5; round++) {
      const { id, name } = await makeTag(admin, { name: `Race ${round}` })
      const saves = Array.from({ length: 4 }, (_, index) =>
        create(admin, { title: `Racing ${round} ${index}`, source: 'x', tags: [name] }),
      )
      const [result] = await Promise.all([deleteTag({ id, detachPosts: true }), ...saves])
      expect(result.__typename).toBe('DeleteTagPayload')
      expect(await database.db.tag.findUnique({ where: { id } })).toBeNull()
    }
  })
})

test('an id that is no tag is not found', async () => {
  const author = 'author_01h455vb4pex5vsknk084sn02q'
  for (const id of ['tag_01h455vb4pex5vsknk084sn02q', author, 'tag_', 'x']) {
    const notFound = { __typename: 'NotFoundError', path: ['input', 'id'] }
    expect(await updateTag({ id, name: 'X' })).toMatchObject(notFound)
    expect(await deleteTag({ id })).toMatchObject(notFound)
  }
})
