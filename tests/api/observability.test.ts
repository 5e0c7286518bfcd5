import { afterAll, beforeAll, expect, test } from 'vitest'
import { LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { startTestApp, withApp } from '../support/app.ts'
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

test('names that callers make up do not make metrics grow without end', async () => {
  const { app } = lent
  for (let number = 0; number < 205; number++)
    await app.anonymous.send(`query Made${number} { site { title } }`)
  const text = await (await fetch(`${app.url}/metrics`)).text()
  const names = new Set([...text.matchAll(/requests_total\{operation="(\w+)"/g)].map((match) => match[1]))
  expect(names.size).toBeLessThanOrEqual(202)
  expect(names).toContain('other')
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
