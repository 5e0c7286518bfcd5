import { describe, expect, test } from 'vitest'
import {
  CreateAuthorDocument,
  DeleteAuthorDocument,
  UpdateAuthorDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { eventsAbout, expectPayload, leadsTo, makeAuthor } from './terms.ts'
import { create, createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })

const createAuthor = async (input: Parameters<typeof makeAuthor>[1]) =>
  (await lent.app.admin.run(CreateAuthorDocument, { input })).createAuthor
const updateAuthor = async (input: { id: string; [field: string]: unknown }) =>
  (await lent.app.admin.run(UpdateAuthorDocument, { input })).updateAuthor
const deleteAuthor = async (input: { id: string; detachPosts?: boolean }) =>
  (await lent.app.admin.run(DeleteAuthorDocument, { input: { detachPosts: false, ...input } })).deleteAuthor

describe('an author who is created', () => {
  test('has a slug from the name in any script, numbered when it is taken', async () => {
    const { admin } = lent.app
    const slugs: string[] = []
    for (const name of ['Jane Doe', 'Jane Doe', 'Лев Толстой', '村上春樹', '!!!'])
      slugs.push((await makeAuthor(admin, { name })).slug)
    expect(slugs).toEqual(['jane-doe', 'jane-doe-2', 'lev-tolstoy', 'cunshangchunshu', 'author'])
  })

  test('has what was given, and tells subscribers once', async () => {
    const { author, event } = expectPayload(
      await createAuthor({
        name: '  Ada Lovelace ',
        slug: 'ada',
        bio: 'Wrote the first program.',
        websiteUrl: 'https://example.com/ada',
        avatarUrl: 'http://example.com/ada.png',
      }),
    )
    expect(author).toMatchObject({
      slug: 'ada',
      name: 'Ada Lovelace',
      bio: 'Wrote the first program.',
      websiteUrl: 'https://example.com/ada',
      avatarUrl: 'http://example.com/ada.png',
      path: '/author/ada/',
      version: 1,
    })
    expect(event).toEqual({
      __typename: 'AuthorEvent',
      id: expect.any(String),
      type: 'AUTHOR_CREATED',
      authorId: author.id,
      version: 1,
      changedFields: [],
      previous: null,
      invalidates: [author.id, 'authors'],
      paths: ['/author/ada/'],
    })
    expect(await eventsAbout(lent.app, author.id)).toEqual(['author.created'])
  })

  test('is refused with every issue at once', async () => {
    const long = 'x'.repeat(201)
    const wrong = { slug: 'Not A Slug', bio: 'a\0b', websiteUrl: 'javascript:alert(1)', avatarUrl: '/me.png' }
    const issuesOf = async (name: string) => {
      const result = await createAuthor({ name, ...wrong })
      return result.__typename === 'ValidationError'
        ? result.issues.map(({ path }) => path.join('.'))
        : result
    }
    const all = ['input.name', 'input.slug', 'input.bio', 'input.websiteUrl', 'input.avatarUrl']
    for (const name of ['', '  ', '\u200b', long, 'a\0', '\ud800x']) expect(await issuesOf(name)).toEqual(all)
    expect(await issuesOf(long.slice(1))).toEqual(all.slice(1))
  })

  test('is refused under a slug that another one has', async () => {
    await makeAuthor(lent.app.admin, { name: 'Held', slug: 'held' })
    expect(await createAuthor({ name: 'Another', slug: 'held' })).toMatchObject({
      __typename: 'TakenError',
      path: ['input', 'slug'],
    })
  })
})

test('ten authors of one name at a time get ten slugs', async () => {
  const made = await Promise.all(
    Array.from({ length: 10 }, () => makeAuthor(lent.app.admin, { name: 'Many Alike' })),
  )
  const slugs = new Set(made.map(({ slug }) => slug))
  expect(slugs).toEqual(
    new Set(['many-alike', ...Array.from({ length: 9 }, (_, i) => `many-alike-${i + 2}`)]),
  )
})

describe('an author who is changed', () => {
  test('keeps what is absent, loses what is null, and rises by one version', async () => {
    const { admin, clock } = lent.app
    const made = await makeAuthor(admin, {
      name: 'Ann',
      bio: 'Writes.',
      websiteUrl: 'https://ann.example/',
    })
    const { id } = made
    clock.advance(60_000)
    const { author, event } = expectPayload(await updateAuthor({ id, bio: null }))
    expect(author).toMatchObject({
      name: 'Ann',
      slug: 'ann',
      bio: null,
      websiteUrl: 'https://ann.example/',
      version: 2,
    })
    expect(Date.parse(author.updatedAt) - Date.parse(made.updatedAt)).toBeGreaterThanOrEqual(60_000)
    expect(event).toMatchObject({ version: 2, changedFields: ['bio'], previous: { bio: 'Writes.' } })
    const renamed = expectPayload(await updateAuthor({ id, name: 'Ann Other' }))
    expect(renamed.author).toMatchObject({ name: 'Ann Other', slug: 'ann', version: 3 })
    const anew = expectPayload(await updateAuthor({ id, slug: null }))
    expect(anew.author).toMatchObject({ slug: 'ann-other', version: 4 })
  })

  test('to what it is already makes no version and no event', async () => {
    const { id } = await makeAuthor(lent.app.admin, { name: 'Same', slug: 'same', bio: 'B' })
    const same = expectPayload(
      await updateAuthor({ id, name: 'Same ', slug: null, bio: 'B', avatarUrl: null }),
    )
    expect(same).toMatchObject({ author: { version: 1, slug: 'same' }, event: null })
    expect(await eventsAbout(lent.app, id)).toEqual(['author.created'])
  })

  test('leads every old path to the new one, never in a chain or a loop', async () => {
    const { app } = lent
    const { id } = await makeAuthor(app.admin, { name: 'Mover', slug: 'one' })
    const moved = expectPayload(await updateAuthor({ id, slug: 'two' }))
    expect(moved.event).toMatchObject({
      changedFields: ['slug', 'path'],
      previous: { slug: 'one', path: '/author/one/' },
      paths: ['/author/one/', '/author/two/'],
    })
    await updateAuthor({ id, slug: 'three' })
    expect([await leadsTo(app, '/author/one/'), await leadsTo(app, '/author/two/')]).toEqual([id, id])
    await updateAuthor({ id, slug: 'one' })
    expect([await leadsTo(app, '/author/one/'), await leadsTo(app, '/author/three/')]).toEqual([null, id])
    await makeAuthor(app.admin, { name: 'Successor', slug: 'two' })
    expect(await leadsTo(app, '/author/two/')).toBeNull()
  })

  test('is refused with an issue for each wrong field, a taken slug, or an id of nobody', async () => {
    const { id } = await makeAuthor(lent.app.admin, { name: 'Refused', slug: 'refused' })
    await makeAuthor(lent.app.admin, { name: 'Holder', slug: 'holder' })
    expect(await updateAuthor({ id, name: null, slug: 'A' })).toMatchObject({
      __typename: 'ValidationError',
      issues: [{ path: ['input', 'name'] }, { path: ['input', 'slug'] }],
    })
    expect(await updateAuthor({ id, slug: 'holder' })).toMatchObject({ __typename: 'TakenError' })
    for (const nobody of ['author_01h455vb4pex5vsknk084sn02q', 'nobody', ''])
      expect(await updateAuthor({ id: nobody, name: 'X' })).toMatchObject({
        __typename: 'NotFoundError',
        path: ['input', 'id'],
      })
  })

  test('makes posts stale only when a public one names them', async () => {
    const { admin } = lent.app
    const { id, slug } = await makeAuthor(admin, { name: 'Known' })
    await create(admin, { title: 'A draft of theirs', source: 'x', authors: [slug] })
    const before = expectPayload(await updateAuthor({ id, name: 'Known A' }))
    expect(before.event).toMatchObject({ invalidates: [id, 'authors'], paths: ['/author/known/'] })
    await createAndPublish(admin, { title: 'A post of theirs', source: 'x', authors: [slug] })
    const after = expectPayload(await updateAuthor({ id, name: 'Known B' }))
    expect(after.event).toMatchObject({
      invalidates: [id, 'authors', 'posts'],
      paths: ['/author/known/', '/'],
    })
  })
})

describe('an author who is deleted', () => {
  test('leaves Gone behind, where they were and had been', async () => {
    const { app } = lent
    const { id } = await makeAuthor(app.admin, { name: 'Leaver', slug: 'leaver' })
    await updateAuthor({ id, slug: 'left' })
    const { deletedId, event } = expectPayload(await deleteAuthor({ id }))
    expect(deletedId).toBe(id)
    expect(event).toMatchObject({
      type: 'AUTHOR_DELETED',
      version: 3,
      previous: { name: 'Leaver', slug: 'left', path: '/author/left/' },
      invalidates: [id, 'authors'],
      paths: ['/author/left/'],
    })
    expect([await leadsTo(app, '/author/leaver/'), await leadsTo(app, '/author/left/')]).toEqual([
      'gone',
      'gone',
    ])
    expect(await deleteAuthor({ id })).toMatchObject({ __typename: 'NotFoundError' })
  })

  test('needs a word when there are posts, and leaves those as they are otherwise', async () => {
    const { admin, database } = lent.app
    const { id, slug } = await makeAuthor(admin, { name: 'Busy' })
    const other = await makeAuthor(admin, { name: 'Other' })
    const post = await createAndPublish(admin, { title: 'By two', source: 'x', authors: [slug, other.slug] })
    await create(admin, { title: 'By one', source: 'x', authors: [slug] })
    const refused = await deleteAuthor({ id })
    expect(refused).toMatchObject({
      __typename: 'InvalidStateError',
      message: expect.stringContaining('2 posts'),
    })
    const versionOf = async () => (await database.db.post.findUniqueOrThrow({ where: { id: post } })).version
    const version = await versionOf()
    const { event } = expectPayload(await deleteAuthor({ id, detachPosts: true }))
    expect(event).toMatchObject({ invalidates: [id, 'authors', 'posts'], paths: ['/author/busy/', '/'] })
    const left = await database.db.postAuthor.findMany({ where: { postId: post } })
    expect(left.map(({ authorId }) => authorId)).toEqual([other.id])
    expect(await versionOf()).toBe(version)
  })
})

test('nobody writes authors without content:write', async () => {
  const reader = await lent.app.clientWith('CONTENT_READ', 'WEBHOOKS_MANAGE')
  for (const client of [lent.app.anonymous, reader]) {
    const { data, errors } = await client.send(String(CreateAuthorDocument), { input: { name: 'Nobody' } })
    expect([data, errors[0]?.extensions?.code]).toEqual([null, 'FORBIDDEN'])
  }
  expect(await lent.app.database.db.author.count({ where: { name: 'Nobody' } })).toBe(0)
  const writer = await lent.app.clientWith('CONTENT_WRITE')
  expect((await makeAuthor(writer, { name: 'Somebody' })).version).toBe(1)
})
