import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { withApp } from '../support/app.ts'

const perMinute = 40
const lent = withApp({
  role: 'api',
  env: { RATE_LIMIT_PER_MINUTE: String(perMinute), TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' },
})

type From = { address: string; key?: string | null; path?: string }

const ask = async ({ address, key, path = '/graphql?query={site{url}}' }: From) => {
  const headers: Record<string, string> = { 'x-forwarded-for': address }
  if (key) headers.authorization = `Bearer ${key}`
  const response = await fetch(`${lent.app.url}${path}`, { headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}
type Answered = Awaited<ReturnType<typeof ask>>

/** One after the other, or all at once would be counted in any order. */
const askTimes = async (times: number, from: From | ((index: number) => From)) => {
  const answers: Answered[] = []
  for (let index = 0; index < times; index++)
    answers.push(await ask(typeof from === 'function' ? from(index) : from))
  return answers.map(({ status }) => status)
}
const times = (count: number, status: number) => Array.from({ length: count }, () => status)
// As long as a key, so that it is looked up.
const wrongKey = () => `pw_${randomUUID()}-------`

const refusedAs = ({ status, headers, text }: Answered, name: string, limit: number) => {
  const { errors } = JSON.parse(text) as { errors: { message: string; extensions: { code: string } }[] }
  expect([status, errors[0]?.extensions.code]).toEqual([429, 'RATE_LIMITED'])
  const seconds = Number(headers.get('retry-after'))
  expect(seconds).toBeGreaterThan(0)
  expect(seconds).toBeLessThanOrEqual(60)
  expect(headers.get('ratelimit-policy')).toContain(`"${name}";q=${limit};w=60`)
  expect(headers.get('ratelimit')).toContain(`"${name}";r=0;t=${seconds}`)
  const plain = ['limit', 'remaining', 'reset'].map((part) => Number(headers.get(`ratelimit-${part}`)))
  expect(plain).toEqual([limit, 0, seconds])
  expect(headers.get('cache-control')).toContain('no-store')
  return errors[0]?.message
}

test('an address may ask so often a minute, and another is not held back by it', async () => {
  const address = '203.0.113.1'
  expect(await askTimes(perMinute, { address })).toEqual(times(perMinute, 200))
  expect(refusedAs(await ask({ address }), 'address', perMinute)).toContain('This address')
  expect(await askTimes(2, { address: '203.0.113.2' })).toEqual([200, 200])
})

test('an address cannot write itself another one', async () => {
  expect(
    await askTimes(perMinute, (index) => ({ address: `9.9.9.${index}, 203.0.113.3, 10.1.1.1` })),
  ).toEqual(times(perMinute, 200))
  refusedAs(await ask({ address: '203.0.113.3' }), 'address', perMinute)
})

test('the addresses of one IPv6 network are one, those of another are not', async () => {
  const inNetwork = (index: number) => ({ address: `2001:db8:1:1::${index}` })
  expect(await askTimes(perMinute, inNetwork)).toEqual(times(perMinute, 200))
  refusedAs(await ask({ address: '2001:db8:1:1:ffff::1' }), 'address', perMinute)
  expect(await askTimes(1, { address: '2001:db8:1:2::1' })).toEqual([200])
})

test("a key's own limit holds wherever it calls from, and another key has its own", async () => {
  const { key } = await lent.app.clientWith('CONTENT_READ')
  const anywhere = (index: number) => ({ address: `198.51.100.${index}`, key })
  expect(await askTimes(perMinute, anywhere)).toEqual(times(perMinute, 200))
  expect(refusedAs(await ask(anywhere(99)), 'key', perMinute)).toContain('This API key')
  const { key: other } = await lent.app.clientWith('CONTENT_READ')
  expect((await ask({ address: '198.51.100.99', key: other })).status).toBe(200)
  expect((await ask({ address: '198.51.100.99' })).status).toBe(200)
})

test('a key is told how it stands with every answer; nobody else is, since the answer may be stored', async () => {
  const { key } = await lent.app.clientWith('CONTENT_READ')
  await ask({ address: '203.0.113.4' })
  const { headers } = await ask({ address: '203.0.113.4', key })
  expect(headers.get('ratelimit-policy')).toBe(`"address";q=${perMinute};w=60, "key";q=${perMinute};w=60`)
  expect(headers.get('ratelimit')).toMatch(
    new RegExp(`^"address";r=${perMinute - 2};t=\\d+, "key";r=${perMinute - 1};t=60$`),
  )
  expect(headers.get('ratelimit-remaining')).toBe(String(perMinute - 2))
  expect((await ask({ address: '203.0.113.4' })).headers.get('ratelimit')).toBeNull()
})

test('beyond the limit of an address a key that was good there before may go on within its own', async () => {
  const address = '203.0.113.9'
  const { key } = await lent.app.clientWith('CONTENT_READ')
  const { key: unknownHere } = await lent.app.clientWith('CONTENT_READ')
  expect((await ask({ address, key })).status).toBe(200)
  await askTimes(perMinute, { address })
  expect(await askTimes(2, { address })).toEqual([429, 429])
  expect(await askTimes(2, { address, key })).toEqual([200, 200])
  expect(await askTimes(2, { address, key: unknownHere })).toEqual([429, 429])
  const { headers } = await ask({ address, key })
  expect(headers.get('ratelimit-policy')).toBe(`"key";q=${perMinute};w=60`)
  expect(headers.get('ratelimit-remaining')).toBe(String(perMinute - 4))
})

describe('of an address that sent thirty wrong keys', () => {
  const address = '203.0.113.5'

  test('every further wrong one is refused', async () => {
    expect(await askTimes(30, () => ({ address, key: wrongKey() }))).toEqual(times(30, 401))
    const [refused, ...others] = [
      await ask({ address, key: wrongKey() }),
      await ask({ address, key: 'x', path: '/metrics' }),
    ]
    expect(refusedAs(refused as Answered, 'failed-keys', 30)).toContain('wrong API keys')
    expect(others.map(({ status }) => status)).toEqual([429])
  })

  test('a good key is answered, and so are requests without one', async () => {
    expect(await askTimes(2, { address, key: lent.app.admin.key })).toEqual([200, 200])
    expect(await askTimes(2, { address })).toEqual([200, 200])
  })
})

test('what cannot be a key is refused without a look at the database', async () => {
  const { statements, result } = await lent.app.countStatements(() =>
    ask({ address: '203.0.113.10', key: 'pw_x' }),
  )
  expect([result.status, statements]).toEqual([401, []])
})

test('thirty are the most even when they come at once, and at whatever path', async () => {
  const paths = ['/graphql?query={site{url}}', '/metrics']
  const all = Array.from({ length: perMinute }, (_, index) =>
    ask({ address: '203.0.113.7', key: wrongKey(), path: paths[index % 2] ?? '' }),
  )
  const statuses = (await Promise.all(all)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 401)).toHaveLength(30)
  expect(statuses.filter((status) => status === 429)).toHaveLength(perMinute - 30)
})

test('every path counts but those of probes, and a path that there is not', async () => {
  const address = '203.0.113.8'
  for (const path of ['/healthz', '/readyz'])
    expect(await askTimes(perMinute + 2, { address, path })).toEqual(times(perMinute + 2, 200))
  const paths = ['/nowhere', '/metrics', '/graphql/assets/icon.svg', '/graphql?query={site{url}}']
  const [nowhere, ...others] = await askTimes(perMinute, (index) => ({
    address,
    path: paths[index % 4] ?? '',
    key: index % 4 === 1 ? lent.app.admin.key : null,
  }))
  expect([nowhere, others.includes(429)]).toEqual([404, false])
  for (const path of [...paths.slice(0, 1), ...paths.slice(2)])
    refusedAs(await ask({ address, path }), 'address', perMinute)
})
