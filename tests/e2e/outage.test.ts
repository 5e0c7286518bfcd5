import { expect, inject, test } from 'vitest'
import { CreateWebhookEndpointDocument, LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { startApp } from '../../src/app.ts'
import { createApiKey } from '../../src/auth/api-key.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { createClient } from '../support/client.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { publishNew } from '../webhooks/writing.ts'

// At once, each on a database of its own: most of their time they wait for time-outs.
const sideBySide = { timeout: 60_000, concurrent: true }
const onPostgres = test.skipIf(inject('kind') !== 'postgres')

onPostgres('a database that goes away and comes back costs 503s and nothing else', sideBySide, async () => {
  const server = await startPostgres()
  const receiver = await startReceiver()
  const env = {
    DATABASE_URL: server.url,
    SECRET_KEY: 'x'.repeat(32),
    PORT: '0',
    HOST: '127.0.0.1',
    WEBHOOK_ALLOW: '127.0.0.1',
  }
  const quiet = () => undefined
  const app = await startApp(readConfig(env), { log: { info: quiet, warn: quiet, error: quiet } })
  const url = app.url ?? ''
  const { db } = app.core.database
  const { key } = await createApiKey(db, { name: 'Test', scopes: ['ADMIN'], expiresAt: null }, new Date())
  const admin = createClient(url, key)
  const anonymous = createClient(url, null)
  await admin.run(CreateWebhookEndpointDocument, { input: { url: receiver.url } })
  const statusOf = async (path: string) => (await fetch(url + path)).status
  expect(await statusOf('/readyz')).toBe(200)

  await server.stop()
  const startedAt = performance.now()
  const refused = await anonymous.send(String(LatestPostsDocument))
  expect(refused.errors[0]?.extensions?.code).toBe('SERVICE_UNAVAILABLE')
  expect(refused.status).toBe(503)
  // The promise is 3 s; the margin is for a loaded machine.
  expect(performance.now() - startedAt).toBeLessThan(10_000)
  expect((await admin.send(String(LatestPostsDocument))).status).toBe(503)
  expect(await statusOf('/readyz')).toBe(503)
  expect(await statusOf('/healthz')).toBe(200)

  const during = await (await fetch(`${url}/metrics`)).text()
  expect(during).toMatch(/^presswire_backlog_known 0$/m)
  expect(during).not.toMatch(/^presswire_(event_lag_seconds|webhook_backlog)\b/m)
  expect(during).toMatch(/^presswire_graphql_requests_total\{.*status="503"/m)

  await server.start()
  await until(async () => (await statusOf('/readyz')) === 200, 5_000)
  await anonymous.run(LatestPostsDocument, { first: 1 })
  await publishNew(admin, 'After the outage')
  const [request] = await receiver.waitFor(1)
  expect(request?.body.toString()).toContain('After the outage')
  await app.stop(2_000)
  await receiver.close()
  await server.remove()
})

onPostgres('a pool without a free connection costs 503s and nothing else', sideBySide, async () => {
  const server = inject('postgres')
  const { url, name } = await createTestDatabase(server.url, server.template)
  const database = await openDatabase({ url, poolSize: 1 })
  const env = { DATABASE_URL: url, SECRET_KEY: 'x'.repeat(32), PORT: '0', HOST: '127.0.0.1' }
  const quiet = () => undefined
  const world = { database, log: { info: quiet, warn: quiet, error: quiet } }
  const app = await startApp({ ...readConfig(env), ROLE: 'api' }, world)
  const anonymous = createClient(app.url ?? '', null)
  const withKey = createClient(app.url ?? '', `pw_${'x'.repeat(43)}`)
  const query = String(LatestPostsDocument)

  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: held, resolve: holds } = Promise.withResolvers<void>()
  const holding = database.db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT 1`
    holds()
    await released
  })
  await held
  for (const { status, headers, errors } of await Promise.all([anonymous.send(query), withKey.send(query)])) {
    expect([status, errors[0]?.extensions?.code]).toEqual([503, 'SERVICE_UNAVAILABLE'])
    expect(headers.get('retry-after')).toBe('5')
  }

  release()
  await holding
  await anonymous.run(LatestPostsDocument, { first: 1 })
  await app.stop(2_000)
  await dropTestDatabase(server.url, name)
})
