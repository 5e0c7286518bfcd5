import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { startTestApp, withApp } from '../support/app.ts'
import { openSocket } from '../support/http-server.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'

const lent = withApp({ role: 'api' })

test('a request is one line in the log, with its id, operation, status and duration, and nothing secret', async () => {
  const { app } = lent
  const { headers } = await app.admin.send(String(LatestPostsDocument), {}, { 'x-request-id': 'my-request' })
  expect(headers.get('x-request-id')).toBe('my-request')
  const mine = () => app.log.filter(({ fields }) => fields.requestId === 'my-request')
  await until(() => mine().length > 0)
  const [line, ...others] = mine()
  expect(others).toEqual([])
  expect(line).toMatchObject({
    level: 'info',
    message: 'request',
    fields: {
      method: 'POST',
      path: '/graphql',
      status: 200,
      operation: 'LatestPosts',
      key: expect.stringMatching(/^key_/),
    },
  })
  expect(line?.fields.durationMs).toBeGreaterThan(0)
  expect(JSON.stringify(app.log)).not.toContain(app.admin.key)
})

test('the codes of errors are in the line, their values are not', async () => {
  const { app } = lent
  await app.anonymous.send(
    'query Secret { posts(after: "hidden value") { totalCount } }',
    {},
    { 'x-request-id': 'an-error' },
  )
  const line = await until(() => app.log.find(({ fields }) => fields.requestId === 'an-error'))
  expect(line.fields).toMatchObject({ operation: 'Secret', errors: ['INVALID_CURSOR'] })
  expect(JSON.stringify(line)).not.toContain('hidden value')
})

test('metrics are in Prometheus form, counted by operation and status', async () => {
  const { app } = lent
  await app.anonymous.run(LatestPostsDocument, { first: 1 })
  const response = await fetch(`${app.url}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const text = await response.text()
  expect(text).toMatch(/presswire_graphql_requests_total\{operation="LatestPosts",status="200"\} [1-9]/)
  expect(text).toMatch(/presswire_graphql_request_duration_seconds_count\{operation="LatestPosts"\} [1-9]/)
  expect(text).toMatch(/presswire_sql_statements_total [1-9]/)
  expect(text).toMatch(/presswire_document_cache_lookups_total\{result="miss"\} [1-9]/)
  expect(text).toMatch(/presswire_document_cache_lookups_total\{result="hit"\} [1-9]/)
  expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds \d/)
  expect(text).toMatch(/presswire_event_lag_seconds \d/)
})

test('names that callers make up do not make metrics grow without end, and push out none that is in use', async () => {
  const { app } = lent
  const inUse = () => app.anonymous.send('query InUse { site { title } }')
  await inUse()
  for (let number = 0; number < 205; number++) {
    await app.anonymous.send(`query Made${number} { site { title } }`)
    if (number % 50 === 0) await inUse()
  }
  const text = await (await fetch(`${app.url}/metrics`)).text()
  expect(text).toContain('presswire_graphql_requests_total{operation="InUse",status="200"} 6')
  const names = new Set([...text.matchAll(/requests_total\{operation="(\w+)"/g)].map((match) => match[1]))
  expect(names.size).toBeLessThanOrEqual(202)
  expect(names).toContain('other')
})

test('a name that nothing runs by is no name: neither in the metrics nor in the log', async () => {
  const { app } = lent
  const long = 'A'.repeat(101)
  const bodies = [
    { query: '{', operationName: 'ForUnparsable' },
    { query: '{ nothing }', operationName: 'ForInvalid' },
    { query: 'query ForAnother { site { title } }', operationName: 'ForUnknown' },
    { query: 'query NotValid { nothing }' },
    { operationName: 'ForNone' },
    { query: `query ${long} { site { title } }` },
  ]
  for (const [index, body] of bodies.entries())
    await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': `no-name-${index}` },
      body: JSON.stringify(body),
    })
  const lines = await until(() => {
    const found = app.log.filter(({ fields }) => String(fields.requestId).startsWith('no-name-'))
    return found.length === bodies.length ? found : null
  })
  expect(lines.map(({ fields }) => fields.operation)).toEqual(bodies.map(() => null))
  const text = await (await fetch(`${app.url}/metrics`)).text()
  expect(text).not.toMatch(new RegExp(`operation="(For|NotValid|${long})`))
})

test('of a path the log has so much as a path can need', async () => {
  const { app } = lent
  await fetch(`${app.url}/${'x'.repeat(10_000)}`, { headers: { 'x-request-id': 'a-path' } })
  const line = await until(() => app.log.find(({ fields }) => fields.requestId === 'a-path'))
  expect(line.fields.path).toBe(`/${'x'.repeat(199)}…`)
})

describe('metrics without a key', () => {
  const ask = async (headers: Record<string, string> = {}, path = '/metrics') => {
    const { socket, received } = await openSocket(Number(new URL(lent.app.url).port))
    const lines = Object.entries({ host: 'localhost:4000', connection: 'close', ...headers })
    socket.write(
      `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`,
    )
    await once(socket, 'close')
    return received()
  }

  test.each(['localhost', 'localhost:4000', '127.0.0.1:4000', '[::1]:4000', 'myhost', 'cms.localhost'])(
    'are for a program of this machine, which calls it %s',
    async (host) => {
      expect(await ask({ host })).toMatch(/^HTTP\/1\.1 200 /)
    },
  )

  test.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { referer: 'https://evil.example/' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin' },
    { host: 'evil.example:4000' },
    { host: '127.0.0.1.evil.example' },
    { 'x-forwarded-for': '203.0.113.9' },
    { forwarded: 'for=203.0.113.9' },
    { 'x-real-ip': '203.0.113.9' },
    { via: '1.1 cache' },
  ])('are refused to a page and to a proxy: %j', async (headers) => {
    expect(await ask(headers)).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('no page of another origin may read anything but the API', async () => {
    const origin = { origin: 'https://evil.example' }
    for (const path of ['/metrics', '/healthz', '/readyz', '/nowhere', '/graphql/assets/icon.svg']) {
      const answer = await ask(origin, path)
      expect(answer).not.toMatch(/access-control-/i)
      expect(answer).toMatch(/cross-origin-resource-policy: same-origin/i)
    }
    expect(await ask(origin, '/graphql?query={site{url}}')).toMatch(/access-control-allow-origin: \*/i)
  })
})

test('through a proxy metrics are for an admin key alone', async () => {
  const { app } = lent
  const ask = async (key: string | null) => {
    const headers = new Headers({ 'x-forwarded-for': '203.0.113.9' })
    if (key) headers.set('authorization', `Bearer ${key}`)
    const response = await fetch(`${app.url}/metrics`, { headers })
    await response.text()
    return response.status
  }
  expect(await ask(null)).toBe(403)
  expect(await ask((await app.clientWith('CONTENT_READ')).key)).toBe(403)
  expect(await ask(app.admin.key)).toBe(200)
})

test('probes tell a living process from a ready one', async () => {
  const { app } = lent
  expect(await (await fetch(`${app.url}/healthz`)).json()).toEqual({ status: 'ok' })
  expect(await (await fetch(`${app.url}/readyz`)).json()).toEqual({ status: 'ready' })
})

let collector: Awaited<ReturnType<typeof startReceiver>>
beforeAll(async () => {
  collector = await startReceiver()
  // The exporter reads OpenTelemetry's variables itself.
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url
})
afterAll(async () => {
  delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT
  await collector.close()
})

test('traces go to the collector that the usual variables name, as children of the caller’s trace', async () => {
  const { app, end } = await startTestApp({
    role: 'api',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  })
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  await app.anonymous.send(
    'query Traced { site { title } }',
    {},
    { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
  )
  await end()
  const exported = collector.requests.map(({ path, body }) => `${path} ${body.toString()}`).join('\n')
  expect(exported).toContain('/v1/traces')
  expect(exported).toContain(traceId)
  expect(exported).toContain('POST /graphql')
  expect(exported).toContain('Traced')
})
