import { beforeAll, expect, test } from 'vitest'
import { CreatePostDocument, ViewerDocument } from '../../schema/generated/graphql.ts'
import { type Serving, withHome } from '../support/process.ts'

const lent = withHome()

type Made = { id: string; key: string; name: string; scopes: string[]; expiresAt: string | null }

// Each process takes seconds.
const patient = { timeout: 120_000 }

let reader: Made
let writer: Made
let passed: Made
let revoked: Made
let serving: Serving

const create = async (...options: string[]): Promise<Made> =>
  JSON.parse((await lent.home.run('keys', 'create', ...options, '--json')).stdout)

beforeAll(async () => {
  reader = await create('--name', 'A reader', '--scope', 'content:read')
  writer = await create(
    '--name',
    'A writer',
    '--scope',
    'content:write',
    'content:publish',
    '--expires',
    '2999-12-31',
  )
  revoked = await create('--name', 'Revoked', '--scope', 'admin')
  passed = await create('--name', 'Passed', '--scope', 'admin', '--expires', '2999-12-31')
  await lent.home.withDatabase((db) =>
    db.apiKey.update({ where: { id: passed.id }, data: { expiresAt: new Date(Date.now() - 1_000) } }),
  )
}, 120_000)

test('keys create prints one JSON object with the key, or the key alone', patient, async () => {
  const { code, stdout } = await lent.home.run('keys', 'create', '--name', 'Bare', '--scope', 'keys:manage')

  expect(writer).toEqual({
    id: expect.stringMatching(/^key_[0-9a-hjkmnp-tv-z]{26}$/),
    key: expect.stringMatching(/^pw_[\w-]{43}$/),
    name: 'A writer',
    scopes: ['content:write', 'content:publish'],
    expiresAt: '2999-12-31T00:00:00.000Z',
  })
  expect(reader.expiresAt).toBeNull()
  expect(code).toBe(0)
  expect(stdout).toMatch(/^pw_[\w-]{43}\n$/)
})

test('keys revoke ends a key, and an unknown one is one line and exit code 1', patient, async () => {
  const done = await lent.home.run('keys', 'revoke', revoked.id)
  const unknown = await lent.home.run('keys', 'revoke', 'key_01kt0000000000000000000000')

  expect(done).toMatchObject({ code: 0, stdout: '' })
  expect(unknown).toMatchObject({ code: 1, stdout: '' })
  expect(unknown.stderr.trim().split('\n')).toEqual([expect.stringContaining('presswire keys list')])
})

test('keys list shows every key, and of each no more than its last four characters', patient, async () => {
  const json = await lent.home.run('keys', 'list', '--json')
  const forPeople = await lent.home.run('keys', 'list')
  const listed = JSON.parse(json.stdout) as (Made & { last4: string; revokedAt: string | null })[]

  expect(listed.map(({ name }) => name)).toEqual(['Bare', 'Passed', 'Revoked', 'A writer', 'A reader'])
  expect(listed.find(({ id }) => id === writer.id)).toMatchObject({
    last4: writer.key.slice(-4),
    scopes: writer.scopes,
    revokedAt: null,
  })
  expect(listed.find(({ id }) => id === revoked.id)?.revokedAt).toEqual(expect.any(String))
  for (const { key } of [reader, writer, revoked, passed]) {
    expect(json.stdout).not.toContain(key.slice(0, -4))
    expect(forPeople.stdout).not.toContain(key.slice(0, -4))
  }
})

test('a key opens what its scopes say and no more', patient, async () => {
  serving = await lent.home.serve()
  const input = { title: 'By key', source: '' }

  expect((await serving.clientOf(writer.key).run(CreatePostDocument, { input })).createPost).toMatchObject({
    __typename: 'CreatePostPayload',
  })
  const { errors } = await serving.clientOf(reader.key).send(String(CreatePostDocument), { input })
  expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
})

test('a revoked, an expired, an unknown and a malformed key get 401 and no data', patient, async () => {
  const query = String(ViewerDocument)
  for (const key of [revoked.key, passed.key, `${reader.key.slice(0, -1)}_`, 'nonsense', 'pw_']) {
    const { status, data, errors } = await serving.clientOf(key).send(query)
    expect({ key, status, data }).toEqual({ key, status: 401, data: null })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  }
  expect((await serving.clientOf(reader.key).send(query)).status).toBe(200)
})
