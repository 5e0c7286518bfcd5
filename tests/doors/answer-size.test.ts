import { beforeAll, expect, test } from 'vitest'
import { keepTexts } from '../../src/events/state-texts.ts'
import { createAndPublish, publish, update } from '../api/writing.ts'
import { withApp } from '../support/app.ts'
import type { Reply } from '../support/client.ts'
import { makePosts } from '../support/posts.ts'

const lent = withApp({ role: 'api', env: { RATE_LIMIT_PER_MINUTE: '0' } })
let ids: string[] = []

/** A hundred posts of 150 KB each, and one of 12 MB. */
beforeAll(async () => {
  ids = (await makePosts(lent.app, { count: 100 })).map(({ id }) => id)
  await makePosts(lent.app, { count: 1, name: 'Giant', from: new Date('2010-01-01T00:00:00Z') })
  await lent.app.database.runScript(`
    UPDATE posts SET content = repeat('long ', 30000), content_text = repeat('long ', 30000);
    UPDATE posts SET content = repeat('huge ', 2400000) WHERE slug = 'giant-0001';
    UPDATE posts SET headings = (SELECT json_agg(json_build_object('level', 2, 'id', 'h' || n, 'text', 'A heading')) FROM generate_series(1, 250) n)::jsonb;
  `)
})

const refusal = (limit: string) => ({
  status: 400,
  data: null,
  errors: [
    expect.objectContaining({ extensions: expect.objectContaining({ code: 'QUERY_TOO_COMPLEX', limit }) }),
  ],
})

const aliased = (count: number, field: string) =>
  Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')

test.each([
  ['a page of long posts', '{ posts(first: 100) { nodes { content } } }'],
  [
    'what several lists have together',
    '{ a: posts(first: 40) { nodes { content } } b: posts(last: 40) { nodes { content } } }',
  ],
  ['one text under many names', `{ posts(first: 5) { nodes { ${aliased(20, 'content')} } } }`],
  [
    'one long alias before many values',
    `{ posts(first: 20) { nodes { headings { ${'a'.repeat(3_000)}: level } } } }`,
  ],
  ['many small values', `{ posts(first: 60) { nodes { headings { ${aliased(29, 'level')} } } } }`],
  ['posts by their ids', `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Post { content } } }`],
  ['what is related', '{ posts(first: 4) { nodes { related(first: 90) { content } } } }'],
  [
    'what lists within lists have',
    '{ tags { nodes { posts(first: 10) { nodes { content(format: TEXT) } } } } }',
  ],
])('an answer has at most ten megabytes of text: %s', async (_what, query) => {
  const { status, data, errors } = await lent.app.anonymous.send(
    query,
    query.includes('$ids') ? { ids } : undefined,
  )
  expect({ status, data, errors }).toEqual(refusal('bytes'))
  expect(errors[0]?.message).toContain('smaller pages with "first"')
})

test('the advice works: the same posts come in smaller pages, all of them', async () => {
  type Page = {
    posts: { nodes: { content: string }[]; pageInfo: { endCursor: string; hasNextPage: boolean } }
  }
  const query =
    'query ($after: String) { posts(first: 50, after: $after) { nodes { content } pageInfo { endCursor hasNextPage } } }'
  let read = 0
  let next: string | null = null
  do {
    const answer: Reply<Page> = await lent.app.anonymous.send<Page>(query, { after: next })
    expect(answer.errors).toEqual([])
    read += answer.data?.posts.nodes.length ?? 0
    const { hasNextPage, endCursor } = answer.data?.posts.pageInfo ?? { hasNextPage: false, endCursor: null }
    next = hasNextPage ? endCursor : null
  } while (next !== null)
  expect(read).toBe(101)
})

test('one post can always be asked for alone, however long it is', async () => {
  const { data, errors } = await lent.app.anonymous.send<{ post: { content: string } }>(
    '{ post(by: { slug: "giant-0001" }) { id title content } posts(last: 1) { nodes { title content } } }',
  )
  expect(errors.map(({ extensions }) => extensions?.code)).toEqual(['QUERY_TOO_COMPLEX'])
  expect(data).toBeNull()
  for (const query of [
    '{ post(by: { slug: "giant-0001" }) { id title content excerpt headings { text } } }',
    '{ posts(last: 1) { nodes { id title content tags { name } } } }',
  ]) {
    const alone = await lent.app.anonymous.send(query)
    expect(alone.errors).toEqual([])
    expect(JSON.stringify(alone.data).length).toBeGreaterThan(12_000_000)
  }
})

test('an answer has at most 20,000 objects, plain lists counted as long as they are', async () => {
  const query = (first: number) => `{ posts(first: ${first}) { nodes { headings { level } } } }`
  expect((await lent.app.anonymous.send(query(75))).errors).toEqual([])
  const { status, data, errors } = await lent.app.anonymous.send(query(90))
  expect({ status, data, errors }).toEqual(refusal('objects'))
})

test('a mutation whose answer is too large says that it was done', async () => {
  const id = ids[0] ?? ''
  await update(lent.app.admin, { id, title: 'Done all the same' })
  const query = `mutation { publishPost(input: { id: "${id}" }) { ... on PublishPostPayload { post { ${aliased(29, 'related(first: 5) { content }')} } } } }`
  const { errors } = await lent.app.admin.send(query)
  expect(errors[0]?.message).toContain('What it changes was changed all the same')
  const { data } = await lent.app.anonymous.send<{ post: { title: string } }>(
    `{ post(by: { id: "${id}" }) { title } }`,
  )
  expect(data?.post.title).toBe('Done all the same')
})

test.each([
  ['that cannot be null', 'related(first: 5) { content }'],
  ['that can be null', 'previous { related(first: 5) { content } }'],
])(
  'no mutation is begun after one whose answer is too large in a field %s, and it says so',
  async (_, large) => {
    const id = ids[0] ?? ''
    await update(lent.app.admin, { id, title: `One of two: ${large}` })
    const query = `mutation {
    updatePost(input: { id: "${id}", title: "One of two" }) { ... on UpdatePostPayload { post { ${aliased(28, large)} } } }
    createTag(input: { name: "The other of two" }) { __typename }
  }`
    const { errors } = await lent.app.admin.send(query)
    expect(errors[0]?.message).toContain('Mutations that follow in the document were not begun.')
    const { data } = await lent.app.anonymous.send('{ tag(by: { slug: "the-other-of-two" }) { name } }')
    expect(data).toEqual({ tag: null })
  },
)

test('what is refused is refused once, not with an error for each of its hundred thousand fields', async () => {
  await lent.app.database.runScript(`
    UPDATE posts SET headings = (SELECT json_agg(json_build_object('level', 2, 'id', 'h' || n, 'text', repeat('word ', 180))) FROM generate_series(1, 250) n)::jsonb;
  `)
  const cpuOf = async (query: string) => {
    const before = process.cpuUsage()
    const { errors } = await lent.app.anonymous.send(query)
    const { user } = process.cpuUsage(before)
    return { user, limits: errors.map(({ extensions }) => extensions?.code) }
  }
  const answered = await cpuOf(`{ posts(first: 40) { nodes { headings { ${aliased(20, 'level')} } } } }`)
  expect(answered.limits).toEqual([])
  const refused = await cpuOf(`{ posts(first: 40) { nodes { headings { ${aliased(20, 'text')} } } } }`)
  expect(refused.limits).toEqual(['QUERY_TOO_COMPLEX'])
  // As many fields, of which each took ten times as long to refuse as to answer: an order of magnitude apart.
  expect(refused.user).toBeLessThan(answered.user * 3)
})

test('of what posts said before events no more is read once it is more than an answer may have', async () => {
  const { admin, anonymous, clock, countStatements, database } = lent.app
  const id = await createAndPublish(admin, { title: 'Told', source: 'x' })
  for (let count = 0; count < 12; count++) {
    await update(admin, { id, title: `Told ${count}` })
    await publish(admin, id)
  }
  const updates = { subjectId: id, type: 'post.updated' }
  for (const { sequence } of await database.db.event.findMany({ where: updates })) {
    const content = `${sequence} `.repeat(1_000_000 / `${sequence} `.length)
    const beforeTextId = await keepTexts(database.db, id, { content }, clock.now())
    await database.db.event.update({ where: { sequence }, data: { beforeTextId }, select: { id: true } })
  }
  const ask = (first: number, fields: string) =>
    countStatements(() =>
      anonymous.send(
        `{ changes(types: [POST_UPDATED], first: ${first}) { nodes { ... on PostEvent { ${fields} } } } }`,
      ),
    )
  const { result, statements } = await ask(12, aliased(20, 'before { content }'))
  expect(result).toMatchObject(refusal('bytes'))
  expect(statements.filter((statement) => statement.includes('state_texts'))).toHaveLength(1)
  expect((await ask(9, 'before { content }')).result.errors).toEqual([])
})
