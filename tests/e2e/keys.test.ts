import { beforeAll, expect, test } from 'vitest'
import { CreatePostDocument, ViewerDocument } from '../../schema/generated/graphql.ts'
import { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { type Serving, withHome } from '../support/process.ts'

const lent = withHome()

type Made = { id: string; key: string }

// Each process takes seconds.
const patient = { timeout: 120_000 }

// As one could be before names were looked at.
const hiding = 'Passed\u001b[2K\nkey_0'

const limited = ['--scope', 'content:write', 'content:publish', '--expires', '2999-12-31']
let writer: Made
let reader: string
let revoked: Made
let passed: Made
let serving: Serving

beforeAll(async () => {
  // Keys of another time, whose making is not what is tested.
  await lent.home.withDatabase(async (db) => {
    const make = async (name: string, madeAt: string, expiresAt: string | null): Promise<Made> => {
      const wanted = { name, scopes: [ApiKeyScope.ADMIN], expiresAt: expiresAt ? new Date(expiresAt) : null }
      const { apiKey, key } = await createApiKey(db, wanted, new Date(madeAt))
      return { id: apiKey.id, key }
    }
    revoked = await make('Revoked', '2020-01-01', null)
    passed = await make(hiding, '2020-01-02', '2020-01-03')
  })
}, 120_000)

test('keys create prints one JSON object with the key, or the key alone', patient, async () => {
  const asJson = await lent.home.run('keys', 'create', '--name', 'A writer', ...limited, '--json')
  const alone = await lent.home.run('keys', 'create', '--name', 'A reader', '--scope', 'content:read')
  writer = JSON.parse(asJson.stdout)
  reader = alone.stdout.trim()

  expect(writer).toEqual({
    id: expect.stringMatching(/^key_[0-9a-hjkmnp-tv-z]{26}$/),
    key: expect.stringMatching(/^pw_[\w-]{43}$/),
    name: 'A writer',
    scopes: ['content:write', 'content:publish'],
    expiresAt: '2999-12-31T00:00:00.000Z',
  })
  expect([asJson.code, alone.code]).toEqual([0, 0])
  expect(alone.stdout).toMatch(/^pw_[\w-]{43}\n$/)
})

test('a key whose name hides or pretends is not made', patient, async () => {
  for (const name of [hiding, 'Webhooks']) {
    const { code, stdout, stderr } = await lent.home.run('keys', 'create', '--name', name, ...limited)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/nobody sees|taken for/)
  }
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

  expect(JSON.parse(json.stdout)).toMatchObject([
    { name: 'A reader', last4: reader.slice(-4), scopes: ['content:read'], expiresAt: null, revokedAt: null },
    {
      id: writer.id,
      name: 'A writer',
      last4: writer.key.slice(-4),
      scopes: ['content:write', 'content:publish'],
      expiresAt: '2999-12-31T00:00:00.000Z',
      revokedAt: null,
    },
    { id: passed.id, name: hiding, expiresAt: '2020-01-03T00:00:00.000Z', revokedAt: null },
    { id: revoked.id, name: 'Revoked', revokedAt: expect.any(String) },
  ])
  // A name neither wipes its line nor fakes another one.
  expect(forPeople.stdout.trim().split('\n')).toHaveLength(4)
  expect(forPeople.stdout).toContain('Passed\\u{1b}[2K\\u{a}key_0')
  for (const key of [reader, writer.key, revoked.key, passed.key]) {
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
  const { errors } = await serving.clientOf(reader).send(String(CreatePostDocument), { input })
  expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
})

test('a revoked, an expired, an unknown and a malformed key get 401 and no data', patient, async () => {
  const query = String(ViewerDocument)
  for (const key of [revoked.key, passed.key, `${reader.slice(0, -1)}_`, 'nonsense', 'pw_']) {
    const { status, data, errors } = await serving.clientOf(key).send(query)
    expect({ key, status, data }).toEqual({ key, status: 401, data: null })
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }])
  }
  expect((await serving.clientOf(reader).send(query)).status).toBe(200)
})
