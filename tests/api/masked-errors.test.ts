import { beforeAll, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { createAndPublish } from './writing.ts'

// A table is taken away under the API: what it then cannot do is its own fault.
const lent = withApp({ role: 'api', expectErrors: true })

beforeAll(async () => {
  const { app } = lent
  await createAndPublish(app.admin, { title: 'A post', source: 'x' })
  await app.database.db.$executeRawUnsafe('DROP TABLE post_tags CASCADE')
})

const query = '{ posts { nodes { title tags { name } } } site { url } }'
const ask = async (headers: Record<string, string> = {}) => {
  const response = await fetch(`${lent.app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  })
  const text = await response.text()
  const { errors } = JSON.parse(text) as {
    errors: { message: string; path: unknown[]; extensions: object }[]
  }
  return { id: response.headers.get('x-request-id'), text, error: errors[0] }
}
const logged = (id: string | null) =>
  lent.app.log.filter((line) => line.level === 'error' && line.fields.requestId === id)

test('an error of ours is masked, and told by one id in the answer, its header and the log', async () => {
  const { id, error } = await ask()
  expect(id).toBeTruthy()
  expect(error).toMatchObject({
    path: ['posts', 'nodes', 0, 'tags'],
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: id },
  })
  expect(logged(id)).toHaveLength(1)
  expect(String(logged(id)[0]?.fields.err)).toContain('post_tags')
})

test('its answer has no table, no SQL, no stack and no file', async () => {
  const { text } = await ask()
  for (const word of [
    'post_tags',
    'SELECT',
    'relation',
    'Prisma',
    'prisma',
    'node_modules',
    '.ts',
    '    at ',
    '42P01',
  ])
    expect(text).not.toContain(word)
})

test('two requests have two ids, and one that a proxy has given is kept', async () => {
  const [first, second] = [await ask(), await ask()]
  expect(first.id).not.toBe(second.id)
  const { id, error } = await ask({ 'x-request-id': 'proxy-42' })
  expect([id, error?.extensions]).toEqual([
    'proxy-42',
    { code: 'INTERNAL_SERVER_ERROR', requestId: 'proxy-42' },
  ])
})

test('an id that could forge a line of the log is not taken over', async () => {
  for (const forged of ['x'.repeat(129), 'a b', 'a"b', '{}']) {
    const { id } = await ask({ 'x-request-id': forged })
    expect(id).not.toBe(forged)
    expect(id).toMatch(/^[\w.:-]{1,128}$/)
  }
})

test('what does not need the table is answered as ever', async () => {
  const { data, errors } = await lent.app.anonymous.send('{ posts { nodes { title } } }')
  expect({ data, errors }).toEqual({ data: { posts: { nodes: [{ title: 'A post' }] } }, errors: [] })
})

test('a mutation that meets it answers the same way, and leaves nothing half done', async () => {
  const { admin, database } = lent.app
  const before = [await database.db.post.count(), await database.db.event.count()]
  const input = '{ title: "x", source: "x", tags: ["new"] }'
  const { data, errors } = await admin.send(`mutation { createPost(input: ${input}) { __typename } }`)
  expect([data, errors[0]?.extensions?.code]).toEqual([null, 'INTERNAL_SERVER_ERROR'])
  expect([await database.db.post.count(), await database.db.event.count()]).toEqual(before)
  expect(await database.db.tag.count()).toBe(0)
})
