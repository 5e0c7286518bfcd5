import { beforeAll, describe, expect, test } from 'vitest'
import {
  CreateAuthorDocument,
  MergeTagsDocument,
  UnpublishPostDocument,
  UpdateCategoryDocument,
} from '../../schema/generated/graphql.ts'
import { system } from '../../src/keys/viewer.ts'
import { ensureNamed, ensureTerm } from '../../src/taxonomy/shared/ensure.ts'
import { withApp } from '../support/app.ts'
import { answerBytes } from './previewing.ts'
import { expectPayload, makeCategory, makeTag } from './terms.ts'
import { create, publish } from './writing.ts'

const lent = withApp({ role: 'api' })

/** An author, a category with one above it, and a tag, as an import makes them, and a draft that alone names them. */
const bringIn = async (word: string) => {
  const { core, admin } = lent.app
  const { value: ids } = await core.write(system('an import'), async (w) => {
    const above = await ensureTerm(w, 'category', { slug: `${word}-above`, name: `${word} above` })
    const category = await ensureTerm(w, 'category', { slug: word, name: word, parentId: above.id })
    const author = await ensureTerm(w, 'author', { slug: word, name: word })
    return {
      author: author.id,
      above: above.id,
      category: category.id,
      tag: (await ensureNamed(w, 'tag', word, word)).id,
    }
  })
  const filed = { authors: [word], categories: [word], tags: [word] }
  const { post } = await create(admin, { title: `By ${word}`, source: 'x', ...filed })
  return { ...ids, post: post.id }
}

const everyWay = (word: string, ids: { author: string; category: string; above: string; tag: string }) => `{
  author(by: { slug: "${word}" }) { name }
  byId: author(by: { id: "${ids.author}" }) { name }
  category(by: { slug: "${word}" }) { name }
  above: category(by: { slug: "${word}-above" }) { name children { name } }
  tag(by: { slug: "${word}" }) { name }
  authors(filter: { search: "${word}" }) { totalCount nodes { name } }
  categories(filter: { search: "${word}" }) { totalCount nodes { name } }
  tags(filter: { search: "${word}" }) { totalCount nodes { name } }
  nodes(ids: ["${ids.author}", "${ids.category}", "${ids.above}", "${ids.tag}"]) { id }
  authorUrl: resolveUrl(url: "/author/${word}/") { __typename }
  categoryUrl: resolveUrl(url: "/category/${word}-above/${word}/") { __typename }
  tagUrl: resolveUrl(url: "/tag/${word}/") { __typename }
}`

describe('whom and what drafts alone name', () => {
  let ids: Awaited<ReturnType<typeof bringIn>>
  beforeAll(async () => {
    ids = await bringIn('quiet')
  })

  test('is found by nobody without content:read, as if it were not there', async () => {
    const { admin, url, clientWith } = lent.app
    const query = everyWay('quiet', ids)
    const absent = 'post_01h455vb4pex5vsknk084sn02q'
    const nothing = everyWay('absent', { author: absent, category: absent, above: absent, tag: absent })
    expect(await answerBytes(url, query, {})).toBe(await answerBytes(url, nothing, {}))
    const { data } = await (await clientWith('WEBHOOKS_MANAGE')).send(query)
    expect(JSON.stringify(data)).not.toContain('quiet')
    expect((await admin.send(query)).data).toMatchObject({
      author: { name: 'quiet' },
      above: { children: [{ name: 'quiet' }] },
      tags: { totalCount: 1 },
      categories: { totalCount: 2 },
      nodes: [{ id: ids.author }, { id: ids.category }, { id: ids.above }, { id: ids.tag }],
    })
  })

  test('is told of in no event to those who may not see it', async () => {
    const { admin, database } = lent.app
    expectPayload(
      (await admin.run(UpdateCategoryDocument, { input: { id: ids.category, name: 'quiet too' } }))
        .updateCategory,
    )
    const event = await database.db.event.findFirstOrThrow({ where: { subjectId: ids.category } })
    expect(event.isPublic).toBe(false)
  })

  test('is not named by the events of what is above it', async () => {
    const { admin, database } = lent.app
    const { id } = await makeCategory(admin, { name: 'Open' })
    await database.db.category.update({
      where: { id: ids.above },
      data: { parentId: id, slugPath: 'open/quiet-above' },
    })
    await admin.run(UpdateCategoryDocument, { input: { id, slug: 'open-now' } })
    const event = await database.db.event.findFirstOrThrow({
      where: { subjectId: id, type: 'category.updated' },
    })
    expect(event).toMatchObject({ isPublic: true, paths: ['/category/open/', '/category/open-now/'] })
    expect(event.invalidates).not.toContain(ids.above)
    const { data } = await lent.app.anonymous.send(`{ category(by: { id: "${id}" }) { children { name } } }`)
    expect(data).toEqual({ category: { children: [] } })
  })
})

test('publishing shows what the post is filed under, with what is above it, and purges the lists', async () => {
  const { admin, anonymous } = lent.app
  const ids = await bringIn('loud')
  const { event } = await publish(admin, ids.post)
  const { invalidates } = await lent.app.database.db.event.findUniqueOrThrow({ where: { id: event?.id } })
  expect(invalidates).toEqual(expect.arrayContaining(['authors', 'categories', 'tags', ids.above, ids.tag]))
  const query = everyWay('loud', ids)
  const shown = (await admin.send(query)).data
  expect((await anonymous.send(query)).data).toEqual(shown)
  expect(shown).toMatchObject({ author: { name: 'loud' }, categoryUrl: { __typename: 'Category' } })

  await admin.run(UnpublishPostDocument, { input: { id: ids.post } })
  expect((await anonymous.send(query)).data, 'Readers knew it.').toEqual(shown)
})

test('what is made on purpose is public at once, and so is what is above it', async () => {
  const { admin, anonymous } = lent.app
  const ids = await bringIn('above-all')
  expectPayload((await admin.run(CreateAuthorDocument, { input: { name: 'New Here' } })).createAuthor)
  await makeTag(admin, { name: 'New here' })
  const { id } = await makeCategory(admin, { name: 'New here', parentId: ids.category })
  const query = `{ author(by: { slug: "new-here" }) { postCount } tag(by: { slug: "new-here" }) { postCount }
    category(by: { id: "${id}" }) { postCount parent { slug parent { slug } } } }`
  expect((await anonymous.send(query)).data).toEqual({
    author: { postCount: 0 },
    tag: { postCount: 0 },
    category: { postCount: 0, parent: { slug: 'above-all', parent: { slug: 'above-all-above' } } },
  })
})

test('a merge tells readers of no tag that they did not know', async () => {
  const { admin, anonymous } = lent.app
  const ids = await bringIn('hidden-source')
  const known = await makeTag(admin, { name: 'Known source' })
  const target = await makeTag(admin, { name: 'Target' })
  const input = { sourceIds: [ids.tag, known.id], targetId: target.id }
  const { event } = expectPayload((await admin.run(MergeTagsDocument, { input })).mergeTags)
  const query = `{ node(id: "${event?.id}") { ... on TagEvent { mergedIds invalidates paths } } }`
  const seen = { invalidates: [target.id, known.id, 'tags'], paths: ['/tag/known-source/', '/tag/target/'] }
  expect((await anonymous.send(query)).data).toEqual({ node: { mergedIds: [known.id], ...seen } })
  expect((await admin.send(query)).data).toEqual({ node: { mergedIds: [known.id, ids.tag], ...seen } })
  expect((await anonymous.send('{ resolveUrl(url: "/tag/hidden-source/") { __typename } }')).data).toEqual({
    resolveUrl: null,
  })
})
