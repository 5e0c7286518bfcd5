import { beforeAll, describe, expect, test } from 'vitest'
import { PostByDocument, UnpublishPostDocument } from '../../schema/generated/graphql.ts'
import { system } from '../../src/keys/viewer.ts'
import { withApp } from '../support/app.ts'
import { importSample } from '../support/sample.ts'

const lent = withApp({ role: 'api' })

beforeAll(async () => {
  await importSample(lent.app)
})

const press = { slug: 'a-press-comes-up-the-quay' }

describe('a post', () => {
  test('is found by each of its names', async () => {
    const { anonymous } = lent.app
    const { post } = await anonymous.run(PostByDocument, { by: press })
    if (!post?.origin?.id) throw new Error('The sample site has this post, with an id.')
    const ways = [
      { id: post.id },
      { path: '/2009/03/a-press-comes-up-the-quay/' },
      { guid: 'https://saltmarsh.example.com/?p=101' },
      { legacyId: '101' },
      { origin: { source: 'sample', id: post.origin.id } },
    ]
    for (const by of ways) expect(await anonymous.run(PostByDocument, { by })).toEqual({ post })
  })

  test.each([
    { id: 'post_01h455vb4pex5vsknk084sn02q' },
    { id: 'author_01h455vb4pex5vsknk084sn02q' },
    { id: '' },
    { slug: 'a-press-comes-up-the-quay ' },
    { slug: 'A-Press-Comes-Up-The-Quay' },
    { slug: '%' },
    { slug: "' OR '1'='1" },
    { path: '/2009/03/a-press-comes-up-the-quay' },
    { guid: '' },
    { legacyId: '0101' },
    { origin: { source: 'another', id: '101' } },
    { slug: '\ud800' },
    { slug: 'x'.repeat(100_000) },
  ])('is not found by %j, which is no error', async (by) => {
    const { data, errors } = await lent.app.anonymous.send('query ($by: PostBy!) { post(by: $by) { id } }', {
      by,
    })
    expect({ data, errors }).toEqual({ data: { post: null }, errors: [] })
  })

  test.each([{}, { slug: null }, { slug: 'one', path: '/two/' }, { colour: 'red' }, { id: 5.5 }])(
    'is not looked for by %j: exactly one name has to be given',
    async (by) => {
      const query = 'query ($by: PostBy!) { post(by: $by) { id } }'
      const { data, errors } = await lent.app.anonymous.send(query, { by })
      expect({ data, code: errors[0]?.extensions?.code }).toEqual({ data: null, code: 'BAD_USER_INPUT' })
    },
  )
})

describe.each(['author', 'category', 'tag'])('the %s', (field) => {
  test('is found by id and by slug, and by nothing else', async () => {
    const { anonymous } = lent.app
    const listed = await anonymous.send<{ list: { nodes: { id: string; slug: string }[] } }>(
      `{ list: ${field === 'category' ? 'categories' : `${field}s`}(first: 1) { nodes { id slug } } }`,
    )
    const [one] = listed.data?.list.nodes ?? []
    const find = async (by: object) => {
      const type = field === 'author' ? 'AuthorBy' : 'TermBy'
      const query = `query ($by: ${type}!) { found: ${field}(by: $by) { id slug } }`
      const { data, errors } = await anonymous.send<{ found: unknown }>(query, { by })
      return errors.length > 0 ? errors : data?.found
    }
    expect(one?.slug).toBeTruthy()
    expect(await find({ id: one?.id })).toEqual(one)
    expect(await find({ slug: one?.slug })).toEqual(one)
    const strangers = [one?.slug?.toUpperCase(), '', '%', '\ud800']
    for (const name of strangers) {
      expect(await find({ id: name })).toBeNull()
      expect(await find({ slug: name })).toBeNull()
    }
  })
})

describe('a name that two imports have', () => {
  beforeAll(async () => {
    const { app } = lent
    const { db } = app.database
    const twin = await db.post.findFirstOrThrow({ where: press, include: { origin: true } })
    const { origin, id: _id, slug: _slug, path: _path, draftId: _draftId, ...columns } = twin
    const id = 'post_01h455vb4pex5vsknk084sn02r'
    await app.core.write(system('test'), async ({ tx }) => {
      const json = { images: [], headings: [], coverImage: undefined, metadata: {} }
      await tx.post.create({ data: { ...columns, ...json, id, slug: 'twin', path: '/twin/' } })
      const { sourceId = null, frontMatter = '', checksum = '' } = origin ?? {}
      await tx.postOrigin.create({
        data: { postId: id, source: 'mirror', path: 'twin.md', sourceId, frontMatter, checksum },
      })
    })
  })

  test('is refused alone, with both imports named', async () => {
    for (const by of [{ legacyId: '101' }, { guid: 'https://saltmarsh.example.com/?p=101' }]) {
      const query = 'query ($by: PostBy!) { post(by: $by) { id } }'
      const { data, errors } = await lent.app.anonymous.send(query, { by })
      expect(data).toEqual({ post: null })
      expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
      expect(errors[0]?.message).toMatch(/\bsample\b/)
      expect(errors[0]?.message).toMatch(/\bmirror\b/)
    }
  })

  test('is found with its import', async () => {
    const { anonymous } = lent.app
    for (const [source, slug] of [
      ['sample', press.slug],
      ['mirror', 'twin'],
    ] as const) {
      const { post } = await anonymous.run(PostByDocument, { by: { origin: { source, id: '101' } } })
      expect(post?.slug).toBe(slug)
    }
  })

  test('is unique again for a caller who may see but one of them', async () => {
    const { app } = lent
    await app.admin.run(UnpublishPostDocument, { input: { id: 'post_01h455vb4pex5vsknk084sn02r' } })
    const { post } = await app.anonymous.run(PostByDocument, { by: { legacyId: '101' } })
    expect(post?.slug).toBe(press.slug)
    const { errors } = await app.admin.send('{ post(by: { legacyId: "101" }) { id } }')
    expect(errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  })
})
