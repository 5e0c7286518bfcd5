import { beforeAll, describe, expect, test } from 'vitest'
import {
  DeletePostDocument,
  DeleteTagDocument,
  ResolveUrlDocument,
  TrashPostDocument,
  UnpublishPostDocument,
  UpdateCategoryDocument,
} from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { answerBytes, makeToken } from './previewing.ts'
import { makeAuthor, makeCategory, makeTag } from './terms.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api', env: { SITE_ALIASES: 'www.example.com' } })

beforeAll(() => makePosts(lent.app, { count: 1 }))

const resolve = async (url: string, client = lent.app.anonymous, previewToken?: string) =>
  (await client.run(ResolveUrlDocument, { url, previewToken })).resolveUrl

const post = (path: string) => ({ title: `At ${path}`, source: 'x', path })
const unpublish = (id: string) => lent.app.admin.run(UnpublishPostDocument, { input: { id } })
const trash = (id: string) => lent.app.admin.run(TrashPostDocument, { input: { id } })
const move = async (id: string, path: string) => {
  await update(lent.app.admin, { id, path })
  await publish(lent.app.admin, id)
}

describe('what is live', () => {
  test('is found at its path, however the path is written', async () => {
    const id = await createAndPublish(lent.app.admin, post('/2009/07/crème brûlée/'))
    const encoded = '/2009/07/cr%C3%A8me%20br%C3%BBl%C3%A9e'
    for (const url of [
      '/2009/07/crème brûlée/',
      '/2009/07/crème brûlée',
      '/2009/07/crème brûlée/'.normalize('NFD'),
      encoded,
      `${encoded}/?utm_source=a#b`,
      `https://blog.example.com${encoded}`,
      `http://www.example.com${encoded}/`,
    ]) {
      expect(await resolve(url), url).toMatchObject({ __typename: 'Post', id })
    }
    for (const url of [
      '/2009/07/Crème brûlée/',
      '/2009/07/creme brulee/',
      `https://evil.example${encoded}`,
      '/',
    ])
      expect(await resolve(url), url).toBeNull()
  })

  test('is a category of the tree, a tag or an author, too', async () => {
    const { admin } = lent.app
    const above = await makeCategory(admin, { name: 'Above' })
    const below = await makeCategory(admin, { name: 'Below', parentId: above.id })
    const tag = await makeTag(admin, { name: 'Ink' })
    const author = await makeAuthor(admin, { name: 'Halima' })
    expect(await resolve('/category/above/below')).toEqual({
      __typename: 'Category',
      id: below.id,
      path: '/category/above/below/',
      name: 'Below',
    })
    expect(await resolve('/category/above/')).toMatchObject({ id: above.id })
    expect(await resolve('https://blog.example.com/tag/ink/')).toMatchObject({
      __typename: 'Tag',
      id: tag.id,
    })
    expect(await resolve('/author/halima')).toMatchObject({ __typename: 'Author', id: author.id })
    for (const url of [
      '/category/below/',
      '/tag/',
      '/tag/ink/x/',
      '/author/ink/',
      '/category/above/below/x/',
    ])
      expect(await resolve(url), url).toBeNull()
  })

  test('comes before an old path', async () => {
    const id = await createAndPublish(lent.app.admin, post('/taken/'))
    await move(id, '/elsewhere/')
    expect(await resolve('/taken/')).toMatchObject({ to: '/elsewhere/' })
    const newcomer = await createAndPublish(lent.app.admin, post('/taken'))
    expect(await resolve('/taken/')).toMatchObject({ __typename: 'Post', id: newcomer })
  })
})

describe('an old path', () => {
  test('leads to where the post is now, over any number of moves', async () => {
    const id = await createAndPublish(lent.app.admin, post('/first/'))
    await move(id, '/second/')
    await move(id, '/third ü/')
    const expected = {
      __typename: 'Redirect',
      to: '/third ü/',
      url: 'https://blog.example.com/third%20%C3%BC/',
      status: 301,
    }
    expect(await resolve('/first')).toEqual(expected)
    expect(await resolve('https://www.example.com/second/?x=y')).toEqual(expected)
    await move(id, '/first/')
    expect(await resolve('/first/')).toMatchObject({ __typename: 'Post', id })
  })

  test('of a category leads to where it is in the tree', async () => {
    const { admin } = lent.app
    const { id: parentId } = await makeCategory(admin, { name: 'New home' })
    const { id } = await makeCategory(admin, { name: 'Movable' })
    await admin.run(UpdateCategoryDocument, { input: { id, parentId } })
    expect(await resolve('/category/movable/')).toMatchObject({ to: '/category/new-home/movable/' })
  })

  test('leads to nothing that is not public', async () => {
    const { db } = lent.app.database
    const { post: draft } = await create(lent.app.admin, post('/never-public/'))
    const row = { path: '/from-the-old-blog/', postId: draft.id, status: 301, createdAt: new Date(0) }
    await db.redirect.create({ data: row })
    expect(await resolve(row.path)).toBeNull()
    expect(await resolve(row.path, lent.app.admin)).toBeNull()
    await publish(lent.app.admin, draft.id)
    expect(await resolve(row.path)).toMatchObject({ to: '/never-public/' })
  })
})

describe('the path of a post that was public and is gone', () => {
  const gone = (path: string) => ({ __typename: 'Gone', path })

  test('answers Gone, and so do the paths that led there', async () => {
    for (const end of [unpublish, trash]) {
      const path = `/ends-${end.name}/`
      const id = await createAndPublish(lent.app.admin, post(`/old${path}`))
      await move(id, path)
      await end(id)
      expect(await resolve(path)).toEqual(gone(path))
      expect(await resolve(`/old${path.slice(0, -1)}`)).toEqual(gone(`/old${path}`))
    }
  })

  test('answers Gone for good once it is deleted', async () => {
    const id = await createAndPublish(lent.app.admin, post('/deleted/'))
    await trash(id)
    await lent.app.admin.run(DeletePostDocument, { input: { id } })
    expect(await resolve('/deleted/')).toEqual(gone('/deleted/'))
  })

  test('is its page again when it is published again, and leads there when that is elsewhere', async () => {
    const id = await createAndPublish(lent.app.admin, post('/comes-back/'))
    await unpublish(id)
    await publish(lent.app.admin, id)
    expect(await resolve('/comes-back/')).toMatchObject({ __typename: 'Post', id })
    await unpublish(id)
    await move(id, '/came-back/')
    expect(await resolve('/comes-back/')).toMatchObject({ to: '/came-back/' })
  })

  test('is none that it had while nobody could see it', async () => {
    const { admin } = lent.app
    const id = await createAndPublish(admin, post('/seen/'))
    await update(admin, { id, path: '/pending/' })
    expect(await resolve('/pending/')).toBeNull()
    // The pending path becomes that of the draft, which nobody ever saw.
    await unpublish(id)
    await update(admin, { id, path: '/while-a-draft/' })
    expect(await resolve('/seen/')).toEqual(gone('/seen/'))
    for (const path of ['/pending/', '/while-a-draft/']) expect(await resolve(path), path).toBeNull()
    await trash(id)
    await admin.run(DeletePostDocument, { input: { id } })
    expect(await resolve('/seen/')).toEqual(gone('/seen/'))
    for (const path of ['/pending/', '/while-a-draft/']) expect(await resolve(path), path).toBeNull()
  })
})

describe('what is not public', () => {
  test('answers byte for byte as what is not there', async () => {
    const { admin, url } = lent.app
    const { post: draft } = await create(admin, { ...post('/hidden-draft/'), tags: ['Hush'] })
    const { post: trashed } = await create(admin, post('/hidden-trashed/'))
    await trash(trashed.id)
    const query = 'query ($url: String!) { resolveUrl(url: $url) { __typename } }'
    const nothing = await answerBytes(url, query, { url: '/nothing-at-all/' })
    for (const path of ['/hidden-draft/', '/hidden-trashed/', '/tag/hush/'])
      expect(await answerBytes(url, query, { url: path }), path).toBe(nothing)
    expect(await resolve('/hidden-draft/', admin)).toMatchObject({ id: draft.id })
    expect(await resolve('/tag/hush/', admin)).toMatchObject({ name: 'Hush' })
    await admin.run(DeletePostDocument, { input: { id: trashed.id } })
    const { data } = await admin.send<{ tag: { id: string } }>('{ tag(by: { slug: "hush" }) { id } }')
    await admin.run(DeleteTagDocument, { input: { id: data?.tag.id ?? '', detachPosts: true } })
    for (const path of ['/hidden-trashed/', '/tag/hush/'])
      expect(await answerBytes(url, query, { url: path }), path).toBe(nothing)
  })

  test('is found with a preview token, by the path it has and the path it will have', async () => {
    const { admin } = lent.app
    const { post: draft } = await create(admin, post('/previewed/'))
    const { token } = await makeToken(admin, draft.id)
    expect(await resolve('/previewed/', undefined, token)).toMatchObject({ id: draft.id })
    await publish(admin, draft.id)
    await update(admin, { id: draft.id, title: 'Pending', path: '/will-be/' })
    for (const path of ['/previewed', '/will-be'])
      expect(await resolve(path, undefined, token), path).toMatchObject({ id: draft.id, title: 'Pending' })
    expect(await resolve('/previewed/')).toMatchObject({ title: 'At /previewed/' })
    expect(await resolve('/will-be/')).toBeNull()
    expect(await resolve('/will-be/', undefined, 'pwp_wrong')).toBeNull()
  })
})

describe("WordPress's ?p= and ?page_id=", () => {
  const withLegacyId = async (path: string, legacyId: string, guid: string | null = null) => {
    const id = await createAndPublish(lent.app.admin, post(path))
    await lent.app.database.db.post.update({ where: { id }, data: { legacyId, guid } })
    return id
  }

  test('find the post that had the id, if it is public', async () => {
    const id = await withLegacyId('/legacy/', '1290')
    for (const url of ['/?p=1290', '?page_id=1290', 'http://www.example.com/index.php?p=1290&preview=true'])
      expect(await resolve(url), url).toMatchObject({ __typename: 'Post', id })
    for (const url of ['/?p=01290', '/?p=129', '/x/?p=1290', 'https://evil.example/?p=1290'])
      expect(await resolve(url), url).toBeNull()
    await unpublish(id)
    expect(await resolve('/?p=1290')).toBeNull()
  })

  test('tell two imports apart by the guid, or find neither', async () => {
    const one = await withLegacyId('/one-import/', '77', 'http://blog.example.com/?p=77')
    await withLegacyId('/another-import/', '77', 'http://www.example.com/?p=77')
    expect(await resolve('https://blog.example.com/?p=77')).toMatchObject({ id: one })
    expect(await resolve('/?p=77')).toBeNull()
  })
})

test('an address takes one statement to find nothing, and one more to read what is found', async () => {
  const count = async (url: string) => {
    const { statements } = await lent.app.countStatements(() => resolve(url))
    return statements.length
  }
  expect(await count('/nothing-at-all/')).toBe(1)
  expect(await count('https://evil.example/')).toBe(0)
  expect(await count('/tag/tag-01/')).toBe(2)
  // The third one reads its author.
  expect(await count('/made/post-0001/')).toBe(3)
})
