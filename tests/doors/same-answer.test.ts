import { beforeAll, expect, test } from 'vitest'
import { create, createAndPublish } from '../api/writing.ts'
import { withApp } from '../support/app.ts'

const lent = withApp({ role: 'api' })

type Names = { id: string; slug: string; path: string; tag: string; tagId: string }
const hidden: Names[] = []
const absent: Names = {
  id: 'post_01h455vb4pex5vsknk084sn02q',
  slug: 'nothing-here',
  path: '/2020/01/nothing-here/',
  tag: 'nothing-here',
  tagId: 'tag_01h455vb4pex5vsknk084sn02q',
}

beforeAll(async () => {
  const { app } = lent
  const { db } = app.database
  await createAndPublish(app.admin, { title: 'Open', source: 'x' })
  for (const status of ['DRAFT', 'SCHEDULED', 'TRASHED'] as const) {
    const { post } = await create(app.admin, { title: status, source: 'x', tags: [`tag of ${status}`] })
    const origin = { source: 'blog', sourceId: status, path: `${status}.md`, frontMatter: '', checksum: '' }
    const names = { guid: `guid-${status}`, legacyId: `legacy-${status}` }
    const scheduledAt = status === 'SCHEDULED' ? new Date('2099-01-01T00:00:00Z') : null
    const data = { status, scheduledAt, ...names, origin: { create: origin } }
    await db.post.update({ where: { id: post.id }, data })
    const tag = await db.tag.findUniqueOrThrow({ where: { nameKey: `tag of ${status.toLowerCase()}` } })
    hidden.push({ id: post.id, slug: post.slug, path: post.path, tag: tag.slug, tagId: tag.id })
  }
})

/** Everything of an answer that its caller can see, but for the id of the request and the time. */
const bytesOf = async (query: string, variables: object): Promise<string> => {
  const response = await fetch(`${lent.app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const seen = [...response.headers].filter(([name]) => !['x-request-id', 'date'].includes(name))
  return JSON.stringify([response.status, seen, await response.text()])
}

const post = 'query ($by: PostBy!) { post(by: $by) { id title status source tags { name } } }'

test.each(['id', 'slug', 'path'] as const)(
  'post(by: %s) answers the same for a hidden post as for none',
  async (name) => {
    const nothing = await bytesOf(post, { by: { [name]: absent[name] } })
    expect(nothing).toContain('{\\"data\\":{\\"post\\":null}}')
    for (const names of hidden) expect(await bytesOf(post, { by: { [name]: names[name] } })).toBe(nothing)
  },
)

test.each(['guid', 'legacyId'])(
  'post(by: %s) answers the same for a hidden post as for none',
  async (name) => {
    const nothing = await bytesOf(post, { by: { [name]: 'unknown' } })
    const prefix = name === 'guid' ? 'guid' : 'legacy'
    for (const status of ['DRAFT', 'SCHEDULED', 'TRASHED'])
      expect(await bytesOf(post, { by: { [name]: `${prefix}-${status}` } })).toBe(nothing)
  },
)

test('post(by: origin) answers the same for a hidden post as for none', async () => {
  const nothing = await bytesOf(post, { by: { origin: { source: 'blog', id: 'unknown' } } })
  for (const id of ['DRAFT', 'SCHEDULED', 'TRASHED'])
    expect(await bytesOf(post, { by: { origin: { source: 'blog', id } } })).toBe(nothing)
})

test('tag(by:) answers the same for the tag of a hidden post as for none', async () => {
  const tag = 'query ($by: TermBy!) { tag(by: $by) { id name postCount posts { totalCount } } }'
  const nothing = await bytesOf(tag, { by: { slug: absent.tag } })
  for (const names of hidden) {
    expect(await bytesOf(tag, { by: { slug: names.tag } })).toBe(nothing)
    expect(await bytesOf(tag, { by: { id: names.tagId } })).toBe(nothing)
  }
})

test('node and nodes answer the same for what is hidden as for what is not there', async () => {
  const { db } = lent.app.database
  const event = await db.event.findFirstOrThrow({ where: { isPublic: false } })
  const revision = await db.postRevision.findFirstOrThrow()
  const key = await db.apiKey.findFirstOrThrow()
  const ids = [...hidden.flatMap(({ id, tagId }) => [id, tagId]), event.id, revision.id, key.id]
  const node = 'query ($id: ID!) { node(id: $id) { __typename id ... on Post { title } } }'
  const nodes = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Post { title } } }'
  const noNode = await bytesOf(node, { id: absent.id })
  const noNodes = await bytesOf(nodes, { ids: ids.map(() => absent.id) })
  for (const id of ids) expect([id, await bytesOf(node, { id })]).toEqual([id, noNode])
  expect(await bytesOf(nodes, { ids })).toBe(noNodes)
})

test('looking takes as many SQL statements for what is hidden as for what is not there', async () => {
  const { app } = lent
  const statementsFor = async (by: object) =>
    (await app.countStatements(() => app.anonymous.send(post, { by }))).statements.length
  for (const { id, slug, path } of hidden) {
    expect(await statementsFor({ id })).toBe(await statementsFor({ id: absent.id }))
    expect(await statementsFor({ slug })).toBe(await statementsFor({ slug: absent.slug }))
    expect(await statementsFor({ path })).toBe(await statementsFor({ path: absent.path }))
  }
})
