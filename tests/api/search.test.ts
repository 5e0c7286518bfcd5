import { beforeAll, describe, expect, test } from 'vitest'
import {
  DeleteTagDocument,
  MergeCategoriesDocument,
  MergeTagsDocument,
  SearchDocument,
  type SearchQueryVariables,
  TrashPostDocument,
  UnpublishPostDocument,
  UpdateAuthorDocument,
  UpdateCategoryDocument,
  UpdateTagDocument,
} from '../../schema/generated/graphql.ts'
import { indexMissing } from '../../src/search/reindex.ts'
import { startTestApp, withApp } from '../support/app.ts'
import { makePosts } from '../support/posts.ts'
import { importSample } from '../support/sample.ts'
import { expectPayload, makeAuthor, makeCategory, makeTag } from './terms.ts'
import { create, createAndPublish, publish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

const search = async (query: string, more: Partial<SearchQueryVariables> = {}, client = lent.app.anonymous) =>
  (await client.run(SearchDocument, { query, ...more })).search

/** The titles of what is found, best first. */
const titles = async (query: string, ...more: [Partial<SearchQueryVariables>?, typeof lent.app.admin?]) =>
  (await search(query, ...more)).edges.map((edge) => edge.node.title)

const publishOne = (title: string, source: string, more: object = {}) =>
  createAndPublish(lent.app.admin, { title, source, ...more })

describe('what is found', () => {
  test('ranks a word in the title over one in a name, in the excerpt and in the body, in this order', async () => {
    const word = 'quartz'
    await publishOne('In the body', `Some words before ${word} and some after it.`, { excerpt: 'Nothing.' })
    await publishOne('In the excerpt', 'Nothing here.', { excerpt: `A ${word}.` })
    await publishOne('In a name', 'Nothing here.', { tags: [word], excerpt: 'Nothing.' })
    await publishOne(`A ${word}`, 'Nothing here.', { excerpt: 'Nothing.' })
    const { edges, totalCount } = await search(word)
    expect(edges.map((edge) => edge.node.title)).toEqual([
      `A ${word}`,
      'In a name',
      'In the excerpt',
      'In the body',
    ])
    expect(totalCount).toBe(4)
    const ranks = edges.map((edge) => edge.rank)
    expect(ranks).toEqual(ranks.toSorted((one, other) => other - one))
    expect(new Set(ranks).size).toBe(4)
  })

  test('ranks a title with all the words over a body that goes on from a beginning in twenty ways', async () => {
    const letters = [...'abdeghijklmnoprtuvwx']
    const body = letters.map((letter) => `vellum floo${letter}`).join(' ')
    await publishOne('Of other things', body, { excerpt: 'Nothing.' })
    await publishOne('Vellum floors', 'Nothing here.', { excerpt: 'Nothing.' })
    expect(await titles('vellum floo')).toEqual(['Vellum floors', 'Of other things'])
    expect(await titles('vellum fl')).toEqual(['Vellum floors', 'Of other things'])
  })

  test('has all words, wherever they stand, and the last one may go on', async () => {
    await makeCategory(lent.app.admin, { name: 'Zymurgy' })
    await publishOne('Barley wine', 'Of malted grain.', { categories: ['zymurgy'] })
    expect(await titles('malted barley zymurgy')).toEqual(['Barley wine'])
    expect(await titles('malted barley zym')).toEqual(['Barley wine'])
    expect(await titles('malt barley')).toEqual([])
    expect(await titles('malted absent')).toEqual([])
  })

  test.each([
    ['capitals', 'ÉCLAIRS', 'Éclairs at dawn'],
    ['accents', 'eclairs', 'Éclairs at dawn'],
    ['a decomposed accent', 'Éclairs'.normalize('NFD'), 'Éclairs at dawn'],
    ['Cyrillic', 'ПОЛЁТЫ', 'Ночные полеты'],
    ['Greek', 'οδοσ', 'Η ΟΔΌΣ'],
    ['full-width letters', 'ＰＲＥＳＳＲＯＯＭ', 'Pressroom'],
  ])('does not hang on %s', async (_what, query, title) => {
    await publishOne(title, 'Text.')
    expect(await titles(query)).toContain(title)
  })

  test.each([
    ['Chinese', '上海的印刷厂很有名', '印刷', '刷印'],
    ['one character of Chinese', '北京書店', '書', '本'],
    ['the last character alone', '古い活版印刷機', '機', '械'],
    ['Japanese with two scripts', 'ガリ版とエンピツの話', 'エンピツの', 'エンペツ'],
    ['half-width Japanese', 'ガラスのコップ', 'ｶﾞﾗｽ', 'ｶﾗｽ'],
    ['Korean with its particle', '한국어를 배우다', '한국어', '국한'],
    ['Thai', 'โรงพิมพ์เก่า', 'พิมพ์', 'พมิ'],
  ])('has %s', async (_what, title, query, other) => {
    await publishOne(title, `Text with ${title} within.`)
    expect(await titles(query)).toContain(title)
    expect(await titles(other)).not.toContain(title)
  })

  test('takes operators and odd characters as text', async () => {
    await publishOne('Nib & Co', 'The or and not near words of a fountain.')
    for (const query of [
      'nib & co',
      "nib' | (co",
      '"nib" -- co;',
      'nib:* <-> co:A',
      '!nib !co',
      'nib\\ co%_',
      'nib > co <',
      'nib \u0301 co',
    ])
      expect([query, await titles(query)]).toEqual([query, ['Nib & Co']])
    for (const query of ['', '   ', '&|!():*<->', '"', '%_', '\u0000', '😀', '\u0301', '\u0345 \u0301'])
      expect([query, (await search(query)).totalCount]).toEqual([query, 0])
  })

  test('is told of a query that is too long by its argument and what is allowed', async () => {
    for (const [argument, text] of [
      ['query', '{ search(query: $q) { totalCount } }'],
      ['filter.NOT.search', '{ posts(filter: { NOT: { search: $q } }) { totalCount } }'],
    ]) {
      const { errors } = await lent.app.anonymous.send(`query ($q: String!) ${text}`, { q: 'x'.repeat(501) })
      expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
      expect(errors[0]?.message).toBe(`"${argument}" is 501 characters long; at most 500 are allowed.`)
    }
    expect(await titles('x '.repeat(250))).toEqual([])
  })

  test('is the same in a filter, and a filter narrows it', async () => {
    await publishOne('Oakum one', 'Text.', { tags: ['rope'] })
    await publishOne('Oakum two', 'Text.')
    const query =
      '{ posts(filter: { search: "oaku" }) { nodes { title } } not: posts(filter: { search: "oakum", NOT: { search: "two" } }) { nodes { title } } }'
    const { data } = await lent.app.anonymous.send(query)
    expect(data).toEqual({
      posts: { nodes: [{ title: 'Oakum two' }, { title: 'Oakum one' }] },
      not: { nodes: [{ title: 'Oakum one' }] },
    })
    expect(await titles('oakum', { filter: { tags: { any: ['rope'] } } })).toEqual(['Oakum one'])
  })

  test('is in a post of any length', async () => {
    const words = Array.from({ length: 60_000 }, (_, index) => `w${index.toString(36)}`).join(' ')
    await publishOne('Long', `beginningofall ${words}\n\n${'字典'.repeat(1_000)} ${'y'.repeat(5_000)}`)
    expect(await titles('beginningofall w1a')).toEqual(['Long'])
  })
})

describe('what is not public', () => {
  test('is not found without content:read, nor by pending edits with any key', async () => {
    const { admin, anonymous } = lent.app
    const { post } = await create(admin, { title: 'Secret topaz', source: 'x' })
    const drafts = { filter: { status: ['DRAFT' as const, 'PUBLISHED' as const] } }
    expect(await titles('topaz')).toEqual([])
    expect(await titles('topaz', drafts, anonymous)).toEqual([])
    expect(await titles('topaz', {}, admin)).toEqual([])
    expect(await titles('topaz', drafts, admin)).toEqual(['Secret topaz'])
    await publish(admin, post.id)
    expect(await titles('topaz')).toEqual(['Secret topaz'])
    await update(admin, { id: post.id, title: 'Now beryl', tags: ['pendingtag'] })
    for (const client of [anonymous, admin]) {
      expect(await titles('topaz', drafts, client)).toEqual(['Secret topaz'])
      expect(await titles('beryl', drafts, client)).toEqual([])
      expect(await titles('pendingtag', drafts, client)).toEqual([])
    }
    await publish(admin, post.id)
    expect([await titles('topaz'), await titles('beryl'), await titles('pendingtag')]).toEqual([
      [],
      ['Now beryl'],
      ['Now beryl'],
    ])
    await admin.run(UnpublishPostDocument, { input: { id: post.id } })
    expect(await titles('beryl')).toEqual([])
    await publish(admin, post.id)
    await admin.run(TrashPostDocument, { input: { id: post.id } })
    expect(await titles('beryl')).toEqual([])
  })
})

describe('the index keeps up with', () => {
  test('a new name of a tag, a category and an author', async () => {
    const { admin } = lent.app
    const tag = await makeTag(admin, { name: 'Alder' })
    const category = await makeCategory(admin, { name: 'Birch' })
    const author = await makeAuthor(admin, { name: 'Cedar' })
    const filed = { tags: ['alder'], categories: ['birch'], authors: ['cedar'] }
    await publishOne('Under the trees', 'Moss and fern.', filed)
    expect(await titles('alder birch cedar moss')).toEqual(['Under the trees'])
    expectPayload((await admin.run(UpdateTagDocument, { input: { id: tag.id, name: 'Acacia' } })).updateTag)
    expectPayload(
      (await admin.run(UpdateCategoryDocument, { input: { id: category.id, name: 'Beech' } })).updateCategory,
    )
    expectPayload(
      (await admin.run(UpdateAuthorDocument, { input: { id: author.id, name: 'Cypress' } })).updateAuthor,
    )
    expect(await titles('acacia beech cypress moss trees')).toEqual(['Under the trees'])
    for (const old of ['alder', 'birch', 'cedar']) expect(await titles(old)).toEqual([])
  })

  test('merges, and what is taken off', async () => {
    const { admin } = lent.app
    const [tag, other] = [await makeTag(admin, { name: 'Fig' }), await makeTag(admin, { name: 'Plum' })]
    const category = await makeCategory(admin, { name: 'Orchard' })
    const garden = await makeCategory(admin, { name: 'Garden' })
    await publishOne('Fruit', 'Sweet.', { tags: ['fig'], categories: ['orchard'] })
    const input = { sourceIds: [tag.id], targetId: other.id }
    expectPayload((await admin.run(MergeTagsDocument, { input })).mergeTags)
    const merge = { sourceIds: [category.id], targetId: garden.id }
    expectPayload((await admin.run(MergeCategoriesDocument, { input: merge })).mergeCategories)
    expect([await titles('fig'), await titles('orchard'), await titles('plum garden sweet')]).toEqual([
      [],
      [],
      ['Fruit'],
    ])
    expectPayload(
      (await admin.run(DeleteTagDocument, { input: { id: other.id, detachPosts: true } })).deleteTag,
    )
    expect([await titles('plum'), await titles('garden sweet')]).toEqual([[], ['Fruit']])
  })

  test('a tag that is renamed while its posts are saved', async () => {
    const { admin } = lent.app
    const { id, slug } = await makeTag(admin, { name: 'Racing' })
    const rounds = 8
    for (let round = 1; round <= rounds; round++) {
      const rename = admin.run(UpdateTagDocument, { input: { id, name: `renamed${round}x` } })
      await Promise.all([rename, publishOne(`Hare ${round}`, 'Fast.', { tags: [slug] })])
    }
    expect((await search(`renamed${rounds}x hare`)).totalCount).toBe(rounds)
    expect((await search(`renamed${rounds - 1}x hare`)).totalCount).toBe(0)
  })

  test('an import', async () => {
    await importSample(lent.app)
    expect((await titles('rollers'))[0]).toBe('What the rollers are saying')
  })

  test('what was written before there was an index, at the next start', async () => {
    const { db } = lent.app.database
    await makePosts(lent.app, { count: 5, name: 'Unindexed' })
    expect(await titles('unindexed')).toEqual([])
    expect(await indexMissing(db, 'simple')).toBe(5)
    expect(await titles('unindexed')).toHaveLength(5)
    expect(await indexMissing(db, 'simple')).toBe(0)
  })
})

describe('a highlight', () => {
  const highlightOf = async (query: string) => (await search(query)).edges[0]?.highlight

  test('marks what was sought, whole words and beginnings, and escapes everything else', async () => {
    await publishOne(
      'Marked',
      'A `<script>alert("gneiss")</script>` & \'gneissic\' Gnéiss <mark>not</mark> \ue000x\ue001',
    )
    expect(await highlightOf('gneiss')).toBe(
      'A &lt;script&gt;alert(&quot;<mark>gneiss</mark>&quot;)&lt;/script&gt; &amp; &#39;<mark>gneissic</mark>&#39; <mark>Gnéiss</mark> not \ue000x\ue001',
    )
  })

  test('is the passage with the most of the words, cut between words', async () => {
    const filler = 'nothing to see in this sentence '.repeat(30)
    await publishOne('Passages', `onyx first. ${filler} second onyx and agate here. ${filler}`)
    const found = (await highlightOf('agate onyx')) ?? ''
    expect(found).toMatch(/^….*second <mark>onyx<\/mark> and <mark>agate<\/mark> here\..*…$/)
    expect(found.replace(/<\/?mark>/g, '').length).toBeLessThan(260)
  })

  test('marks pairs of characters as one', async () => {
    await publishOne('字', '昔の石版画家の話')
    expect(await highlightOf('石版画家')).toBe('昔の<mark>石版画家</mark>の話')
  })

  test('is the beginning where the words are only elsewhere', async () => {
    await publishOne('Chalcedony', `${'Plain words. '.repeat(40)}`)
    expect(await highlightOf('chalcedony')).toMatch(/^Plain words\. .*…$/)
  })
})

describe('pages', () => {
  test('hold each hit once, with equal ranks in order of their ids, also while others come and go', async () => {
    const { app } = lent
    await makePosts(app, { count: 30, name: 'Tied' })
    await indexMissing(app.database.db, 'simple')
    const all = (await search('tied', { first: 100 })).edges
    expect(new Set(all.map((edge) => edge.rank)).size).toBe(1)
    const ids = all.map((edge) => edge.node.id)
    expect(ids).toEqual(ids.toSorted().reverse())
    const seen: string[] = []
    for (let after: string | null | undefined = null, more = true; more; ) {
      const page: Awaited<ReturnType<typeof search>> = await search('tied', { first: 7, after })
      seen.push(...page.edges.map((edge) => edge.node.id))
      after = page.pageInfo.endCursor
      more = page.pageInfo.hasNextPage
      await app.database.db.post.delete({ where: { id: seen.at(-1) ?? '' } })
    }
    expect(seen).toEqual(ids)
  })

  test('have a cursor that is none of another query', async () => {
    const { pageInfo } = await search('tied', { first: 1 })
    const variables = { query: 'made', after: pageInfo.endCursor }
    const { errors } = await lent.app.anonymous.send(String(SearchDocument), variables)
    expect(errors[0]?.extensions?.code).toBe('INVALID_CURSOR')
  })
})

describe('with SEARCH_LANGUAGE', () => {
  let end = async () => {}
  let english: typeof lent.app
  beforeAll(async () => {
    const started = await startTestApp({ role: 'api', env: { SEARCH_LANGUAGE: 'english' } })
    english = started.app
    end = started.end
    return () => end()
  })

  test('the forms of a word are found together, and a word that is half typed, too', async () => {
    const found = (query: string) => titles(query, {}, english.anonymous)
    await createAndPublish(english.admin, {
      title: 'Universities',
      source: 'They were publishing the happily printed.',
    })
    for (const query of ['university', 'universi', 'published print', 'happily', 'happil', 'the'])
      expect([query, await found(query)]).toEqual([query, ['Universities']])
    expect((await search('publishes', {}, english.anonymous)).edges[0]?.highlight).toBe(
      'They were <mark>publishing</mark> the happily printed.',
    )
  })

  test('another language writes the index anew', async () => {
    expect(await indexMissing(english.database.db, 'english')).toBe(0)
    expect(await indexMissing(english.database.db, 'german')).toBe(1)
    expect(await indexMissing(english.database.db, 'german')).toBe(0)
  })
})
