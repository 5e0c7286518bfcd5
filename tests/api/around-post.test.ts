import { beforeAll, describe, expect, test } from 'vitest'
import { AroundPostDocument, TrashPostDocument } from '../../schema/generated/graphql.ts'
import { withApp } from '../support/app.ts'
import { type MadePost, makePosts } from '../support/posts.ts'
import { makeToken } from './previewing.ts'
import { makeCategory } from './terms.ts'
import { create, createAndPublish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

const around = async (id: string, related = 5, client = lent.app.anonymous) => {
  const { post } = await client.run(AroundPostDocument, { by: { id }, related })
  if (!post) throw new Error('The post can be read.')
  return {
    next: post.next?.title ?? null,
    previous: post.previous?.title ?? null,
    related: post.related.map(({ title }) => title),
  }
}

describe('the neighbours of a post', () => {
  let made: MadePost[] = []
  beforeAll(async () => {
    made = await makePosts(lent.app, { count: 12, name: 'Row' })
    const from = new Date('2020-01-01T00:30:00Z')
    for (const status of ['DRAFT', 'SCHEDULED', 'TRASHED'] as const)
      await makePosts(lent.app, { count: 12, name: `Hidden ${status}`, status, from })
  })

  test('are the published posts before and after it, in the order of lists, whatever the key', async () => {
    for (const client of [lent.app.anonymous, lent.app.admin]) {
      const query = '{ posts(first: 100) { nodes { title next { title } previous { title } } } }'
      type Neighbour = { title: string }
      const { data } = await client.send<{
        posts: { nodes: (Neighbour & { next: Neighbour | null; previous: Neighbour | null })[] }
      }>(query)
      const titles = made.map(({ title }) => title)
      expect(data?.posts.nodes.map(({ title }) => title)).toEqual(titles)
      expect(data?.posts.nodes.map(({ next }) => next?.title)).toEqual([undefined, ...titles.slice(0, -1)])
      expect(data?.posts.nodes.map(({ previous }) => previous?.title)).toEqual([
        ...titles.slice(1),
        undefined,
      ])
    }
  })

  test('are none of a post that is not published', async () => {
    const { post } = await create(lent.app.admin, { title: 'No neighbours', source: 'x' })
    expect(await around(post.id, 0, lent.app.admin)).toEqual({ next: null, previous: null, related: [] })
  })
})

describe('related posts', () => {
  const publish = (title: string, tags: string[], categories: string[] = []) =>
    createAndPublish(lent.app.admin, { title, source: 'x', tags, categories })

  test('share the rarest tags and categories, and are the newer ones of those that share as much', async () => {
    await makeCategory(lent.app.admin, { name: 'Rare section' })
    for (let number = 1; number <= 6; number++) await publish(`Common ${number}`, ['often'])
    await publish('Rare', ['often', 'seldom'])
    await publish('Section', ['often'], ['rare-section'])
    const id = await publish('Itself', ['often', 'seldom'], ['rare-section'])
    const { related } = await around(id)
    expect(related).toEqual(['Section', 'Rare', 'Common 6', 'Common 5', 'Common 4'])
    expect((await around(id, 1)).related).toEqual(['Section'])
    expect((await around(id, 0)).related).toEqual([])
    expect((await around(id, 100)).related).toHaveLength(8)
  })

  test('are published, and none that is not has a part in what comes first', async () => {
    const id = await publish('Seen', ['one', 'two'])
    await publish('Shares one', ['one'])
    await publish('Shares two', ['two'])
    const first = (await around(id)).related
    expect(first).toEqual(['Shares two', 'Shares one'])
    for (let number = 0; number < 3; number++) {
      const { post } = await create(lent.app.admin, { title: `Hidden ${number}`, source: 'x', tags: ['two'] })
      if (number === 0) await lent.app.admin.run(TrashPostDocument, { input: { id: post.id } })
    }
    for (const client of [lent.app.anonymous, lent.app.admin])
      expect((await around(id, 5, client)).related).toEqual(first)
  })

  test('of a preview are those of the edits that are not live yet', async () => {
    await publish('Of the old tag', ['old words'])
    await publish('Of the new tag', ['new words'])
    const id = await publish('Edited', ['old words'])
    await update(lent.app.admin, { id, tags: ['new words'] })
    const { token } = await makeToken(lent.app.admin, id)
    const query = `query ($id: ID!, $token: String) { live: post(by: { id: $id }) { related { title } }
      shown: post(by: { id: $id }, previewToken: $token) { related { title } } }`
    const { data } = await lent.app.anonymous.send(query, { id, token })
    expect(data).toEqual({
      live: { related: [{ title: 'Of the old tag' }] },
      shown: { related: [{ title: 'Of the new tag' }] },
    })
  })

  test.each([
    [101, 'PAGE_SIZE_EXCEEDED'],
    [-1, 'BAD_USER_INPUT'],
  ])('are not %i', async (first, code) => {
    const query = 'query ($first: Int!) { posts(first: 1) { nodes { related(first: $first) { id } } } }'
    const { errors } = await lent.app.anonymous.send(query, { first })
    expect(errors[0]?.extensions?.code).toBe(code)
  })
})
