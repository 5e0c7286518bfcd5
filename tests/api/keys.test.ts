import { describe, expect, test } from 'vitest'
import { ViewerDocument } from '../../schema/generated/graphql.ts'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { createApiKey, revokeApiKey } from '../../src/keys/api-key.ts'
import { withApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'

const lent = withApp({ role: 'api' })

const newKey = ({ scopes = ['ADMIN' as ApiKeyScope], expiresAt = null as Date | null } = {}) =>
  createApiKey(lent.app.database.db, { name: 'A key', scopes, expiresAt }, lent.app.clock.now())

/** What a public query is answered with this header. */
const answerTo = async (authorization: string, method: 'GET' | 'POST' = 'POST') => {
  const headers = { 'content-type': 'application/json', authorization }
  const response =
    method === 'GET'
      ? await fetch(`${lent.app.url}/graphql?query={site{url}}`, { headers })
      : await fetch(`${lent.app.url}/graphql`, { method, headers, body: '{"query":"{ site { url } }"}' })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const refused = async (authorization: string) => {
  const { status, headers, text } = await answerTo(authorization)
  const { data, errors } = JSON.parse(text) as { data?: unknown; errors: { extensions: { code: string } }[] }
  expect({ status, data, code: errors[0]?.extensions.code }).toEqual({
    status: 401,
    data: undefined,
    code: 'UNAUTHENTICATED',
  })
  expect(headers.get('www-authenticate')).toMatch(/^Bearer\b/)
  expect(headers.get('cache-control')).toContain('no-store')
  return text
}

describe('a query that anyone may ask is refused with 401', () => {
  test('for an unknown key, by GET, too', async () => {
    const text = await refused(`Bearer pw_${'x'.repeat(43)}`)
    const byGet = await answerTo(`Bearer pw_${'x'.repeat(43)}`, 'GET')
    expect([byGet.status, byGet.text]).toEqual([401, text])
  })

  test('for an expired key, from the moment on at which it expires', async () => {
    const { clock } = lent.app
    const { key } = await newKey({ expiresAt: new Date(clock.now().getTime() + 3_600_000) })
    expect((await answerTo(`Bearer ${key}`)).status).toBe(200)
    clock.advance(3_600_000)
    await refused(`Bearer ${key}`)
  })

  test('for a revoked key, from the next request on', async () => {
    const { apiKey, key } = await newKey()
    expect((await answerTo(`Bearer ${key}`)).status).toBe(200)
    await revokeApiKey(lent.app.database.db, apiKey.id, lent.app.clock.now())
    await refused(`Bearer ${key}`)
  })

  test.each([
    'Bearer',
    'Bearer ',
    'Bearer null',
    'Bearer undefined',
    'Bearer pw_',
    'bearer',
    'Basic YWRtaW46YWRtaW4=',
    'pw_',
    'Token x',
    'x',
    `Bearer ${'x'.repeat(8_000)}`,
    "Bearer ' OR 1=1 --",
    'Bearer %00',
  ])('for the malformed header %j', async (authorization) => {
    await refused(authorization)
  })

  test('for a good key in a wrong form: with a word more, in other case, without its end, as its hash', async () => {
    const { apiKey, key } = await newKey()
    const wrong = [
      `Bearer ${key} more`,
      `Bearer ${key.toUpperCase()}`,
      `Bearer ${key.slice(0, -1)}`,
      `Bearer ${apiKey.hash}`,
      `Bearer ${apiKey.id}`,
      `Basic ${key}`,
      key,
    ]
    for (const authorization of wrong) await refused(authorization)
  })

  test('with the same bytes whatever is wrong with it, and without the key in them', async () => {
    const { apiKey, key } = await newKey()
    await revokeApiKey(lent.app.database.db, apiKey.id, lent.app.clock.now())
    const answers = [await refused(`Bearer ${key}`), await refused('Bearer pw_unknown'), await refused('x')]
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]).not.toContain(key)
  })
})

test('a key is taken in any case of the scheme', async () => {
  const { key } = await newKey()
  for (const scheme of ['Bearer', 'bearer', 'BEARER'])
    expect((await answerTo(`${scheme} ${key}`)).status).toBe(200)
})

test('viewer tells whose key it is, and nothing of nobody', async () => {
  const { key } = await newKey({ scopes: ['CONTENT_READ', 'WEBHOOKS_MANAGE'] })
  const { viewer } = await createClient(lent.app.url, key).run(ViewerDocument)
  expect({ ...viewer, scopes: viewer.scopes.sort() }).toEqual({
    keyName: 'A key',
    scopes: ['CONTENT_READ', 'WEBHOOKS_MANAGE'],
  })
  const nobody = await lent.app.anonymous.run(ViewerDocument)
  expect(nobody).toEqual({
    viewer: { keyName: null, scopes: [] },
    site: { title: 'Presswire', url: 'https://blog.example.com', timezone: 'UTC' },
  })
})

test('the database holds no key by which it could be called', async () => {
  const { key } = await newKey()
  const rows = await lent.app.database.db.apiKey.findMany()
  expect(JSON.stringify(rows)).not.toContain(key)
  expect(JSON.stringify(rows)).not.toContain(key.slice(3))
})

test('no key is in the log', async () => {
  const { key } = await newKey()
  await answerTo(`Bearer ${key}`)
  await refused('Bearer pw_a-wrong-key-of-somebody')
  const log = JSON.stringify(lent.app.log)
  expect(log).not.toContain(key)
  expect(log).not.toContain('pw_a-wrong-key-of-somebody')
})
