import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { CreateWebhookEndpointDocument, LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { forCaller } from '../../src/db/caller.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { startReceiver } from '../support/receiver.ts'
import { serveOn } from '../support/serving.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { until } from '../support/until.ts'
import { publishNew } from '../webhooks/writing.ts'

// At once, each on a database of its own: most of their time they wait for time-outs.
const sideBySide = { timeout: 90_000, concurrent: true }
const onPostgres = test.skipIf(inject('kind') !== 'postgres')

const latestPosts = String(LatestPostsDocument)
const createPost =
  'mutation { createPost(input: { title: "x", source: "x" }) { ... on CreatePostPayload { post { id } } } }'

// The promise is 3 s; the margin is for a loaded machine.
const soonMs = 10_000

/** A database of its own on the suite's server, and a connection to it beside the program's. */
const newDatabase = async () => {
  const server = inject('postgres')
  const { url, name } = await createTestDatabase(server.url, server.template)
  const beside = new pg.Client({ connectionString: url })
  await beside.connect()
  const drop = async () => {
    await beside.end()
    await dropTestDatabase(server.url, name)
  }
  return { url, name, beside, drop }
}

onPostgres('a database that goes away and comes back costs 503s and nothing else', sideBySide, async () => {
  const server = await startPostgres()
  const receiver = await startReceiver()
  const { url, anonymous, admin, statusOf, stop } = await serveOn(server.url)
  await admin.run(CreateWebhookEndpointDocument, { input: { url: receiver.url } })
  expect(await statusOf('/readyz')).toBe(200)

  await server.stop()
  const startedAt = performance.now()
  const refused = await anonymous.send(latestPosts)
  expect(refused.errors[0]?.extensions?.code).toBe('SERVICE_UNAVAILABLE')
  expect(refused.status).toBe(503)
  expect(performance.now() - startedAt).toBeLessThan(soonMs)
  expect((await admin.send(latestPosts)).status).toBe(503)
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
  await stop()
  await receiver.close()
  await server.remove()
})

onPostgres('a pool without a free connection costs 503s and nothing else', sideBySide, async () => {
  const { url, drop } = await newDatabase()
  const { app, anonymous, admin, stop } = await serveOn(url, { ROLE: 'api', DATABASE_POOL_SIZE: '3' })

  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: held, resolve: holds } = Promise.withResolvers<void>()
  const { db } = app.core.database
  // The one connection that callers have of three.
  const holding = forCaller(new AbortController().signal, () =>
    db.$transaction(async (tx) => {
      await tx.$executeRaw`SELECT 1`
      holds()
      await released
    }),
  )
  await held
  for (const { status, headers, errors } of await Promise.all([
    anonymous.send(latestPosts),
    admin.send(latestPosts),
  ])) {
    expect([status, errors[0]?.extensions?.code]).toEqual([503, 'SERVICE_UNAVAILABLE'])
    expect(errors[0]?.message).toContain('busy')
    expect(headers.get('retry-after')).toBe('5')
  }

  release()
  await holding
  await anonymous.run(LatestPostsDocument, { first: 1 })
  await stop()
  await drop()
})

onPostgres(
  'a line to the database that is cut without a word costs 503s within 3 s, and nothing once it is back',
  sideBySide,
  async () => {
    const { url, drop } = await newDatabase()
    const { hostname: host, port } = new URL(url)
    const proxy = await startTcpProxy({ host, port: Number(port) })
    const throughProxy = new URL(url)
    throughProxy.port = String(proxy.port)
    const { anonymous, admin, statusOf, stop } = await serveOn(throughProxy.href)
    const answered = ({ status }: { status: number }) => status === 200
    // So that several connections are open, however long that takes this machine.
    await until(async () =>
      (await Promise.all(Array.from({ length: 6 }, () => anonymous.send(latestPosts)))).every(answered),
    )

    proxy.swallow()
    const startedAt = performance.now()
    const answers = await Promise.all([
      ...Array.from({ length: 12 }, () => anonymous.send(latestPosts)),
      ...Array.from({ length: 12 }, () => admin.send(createPost)),
    ])
    expect(performance.now() - startedAt).toBeLessThan(soonMs)
    expect(new Set(answers.map(({ status, errors }) => `${status} ${errors[0]?.extensions?.code}`))).toEqual(
      new Set(['503 SERVICE_UNAVAILABLE']),
    )
    expect(await statusOf('/readyz')).toBe(503)
    expect(await statusOf('/healthz')).toBe(200)

    proxy.restore()
    await until(async () => (await statusOf('/readyz')) === 200, 5_000)
    await anonymous.run(LatestPostsDocument, { first: 1 })
    await publishNew(admin, 'After the cut')

    // Stopping asks nothing of a line that is dead.
    proxy.swallow()
    const stopping = performance.now()
    await stop()
    expect(performance.now() - stopping).toBeLessThan(soonMs)
    await proxy.close()
    await drop()
  },
)

onPostgres(
  'a statement that waits for a lock ends after 4 s with a 503, at once with its caller, and holds up no other',
  sideBySide,
  async () => {
    const { url, beside, drop } = await newDatabase()
    // A worker would wait for the posts, too.
    const { url: api, anonymous, admin, stop } = await serveOn(url, { ROLE: 'api' })
    await beside.query('BEGIN; LOCK TABLE posts IN ACCESS EXCLUSIVE MODE')
    const waiting = async () => {
      // In a transaction it would see what it saw first.
      await beside.query('SELECT pg_stat_clear_snapshot()')
      const { rows } = await beside.query<{ query: string }>(
        `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return rows.length
    }

    let areAnswered = false
    const answers = Promise.all([
      ...Array.from({ length: 3 }, () => anonymous.send(latestPosts)),
      ...Array.from({ length: 12 }, () => admin.send(createPost)),
    ])
    void answers.then(() => {
      areAnswered = true
    })
    // What needs no posts is answered meanwhile.
    await until(waiting)
    await until(async () => (await admin.send('{ authors { totalCount } }')).status === 200)
    expect(areAnswered).toBe(false)
    for (const { status, headers, errors } of await answers) {
      expect([status, errors[0]?.extensions?.code]).toEqual([503, 'SERVICE_UNAVAILABLE'])
      expect(errors[0]?.message).toContain('busy')
      expect(headers.get('retry-after')).toBe('5')
    }

    const leaving = new AbortController()
    const left = fetch(`${api}/graphql?query=${encodeURIComponent('{ posts { totalCount } }')}`, {
      signal: leaving.signal,
    })
    await until(waiting)
    leaving.abort()
    await expect(left).rejects.toThrow('abort')
    // Far sooner than its limit would end it.
    await until(async () => (await waiting()) === 0, 2_500)

    await beside.query('ROLLBACK')
    await publishNew(admin, 'After the lock')
    await stop()
    await drop()
  },
)

onPostgres(
  'a database that takes no writes answers reads, says so of writes, and is found again when it is writable',
  sideBySide,
  async () => {
    const { url, name, beside, drop } = await newDatabase()
    const { anonymous, admin, statusOf, errors, stop } = await serveOn(url)
    const becomeReadOnly = async (value: 'on' | 'off') => {
      await beside.query(`SET default_transaction_read_only = off`)
      await beside.query(`ALTER DATABASE ${name} SET default_transaction_read_only = ${value}`)
      // As a fail-over does.
      await beside.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`)
    }

    await becomeReadOnly('on')
    await until(async () => (await anonymous.send(latestPosts)).status === 200)
    const refused = await until(async () => {
      const answer = await admin.send(createPost)
      return answer.errors[0]?.message.includes('takes no writes') ? answer : null
    })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60'])
    expect(await statusOf('/readyz')).toBe(503)
    await anonymous.run(LatestPostsDocument, { first: 1 })

    await becomeReadOnly('off')
    await until(async () => (await statusOf('/readyz')) === 200, 5_000)
    await publishNew(admin, 'After the fail-over')
    expect(errors.every((error) => error instanceof Error)).toBe(true)
    await stop()
    await drop()
  },
)
