import { execFileSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { type PostgresServer, startPostgres, unprivilegedOwner } from '../support/postgres-server.ts'
import { type Serving, withHome } from '../support/process.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { envelopeOf, makeEndpoint, unsubscribe } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

// The program itself, on a PostgreSQL of its own to which what is promised about it is done.
describe.skipIf(inject('kind') !== 'postgres')('a PostgreSQL', () => {
  const lent = withHome()
  let server: PostgresServer
  let beside: pg.Client
  let receiver: Receiver
  let serving: Serving
  let key = ''
  const patient = { timeout: 300_000 }
  // The promises are 3 s for a refusal and 5 s to be back; the margins are for a loaded machine.
  const [refusedMs, backMs] = [10_000, 20_000]

  beforeAll(async () => {
    server = await startPostgres()
    receiver = await startReceiver()
    lent.home.env.DATABASE_URL = server.url
    expect(await lent.home.run('migrate')).toMatchObject({ code: 0 })
    beside = await connect(server.url)
    key = await lent.home.newKey()
  }, 120_000)
  afterEach(async () => {
    expect((await serving.kill('SIGTERM')).code).toBe(0)
  })
  afterAll(async () => {
    await beside?.end()
    await receiver?.close()
    await server?.remove()
  })

  const statusOf = async (path: string) => (await fetch(serving.url + path)).status
  const latest = String(LatestPostsDocument)
  const isReady = async () => (await statusOf('/readyz')) === 200
  const createPost = 'mutation { createPost(input: { title: "x", source: "x" }) { __typename } }'

  test(
    'frozen costs 503s within 3 s; thawed, it is ready within 5 s and nothing is lost',
    patient,
    async () => {
      serving = await lent.home.serve()
      const admin = serving.clientOf(key)
      const { id } = await makeEndpoint(admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
      await publishNew(admin, 'Before')
      server.freeze()
      const frozenAt = performance.now()
      const answers = await Promise.all(
        [serving.anonymous, admin].flatMap((client) => [client.send(latest), client.send(createPost)]),
      )
      expect(performance.now() - frozenAt).toBeLessThan(refusedMs)
      // Without a key nobody may write, which is known without the database.
      for (const { status, errors } of [answers[0], answers[2], answers[3]].flatMap((answer) => answer ?? []))
        expect([status, errors[0]?.extensions?.code]).toEqual([503, 'SERVICE_UNAVAILABLE'])
      expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503])
      server.thaw()
      const thawedAt = performance.now()
      await until(isReady, backMs)
      expect(performance.now() - thawedAt).toBeLessThan(backMs)
      const { event } = await publishNew(admin, 'After the thaw')
      await until(() => receiver.requests.find((request) => envelopeOf(request).id === event.id), 60_000)
      await unsubscribe(admin, id)
    },
  )

  test(
    'restarted 3 times while 4 clients publish costs 503s, and each publish that was acknowledged is delivered',
    patient,
    async () => {
      serving = await lent.home.serve()
      const admin = serving.clientOf(key)
      const { id } = await makeEndpoint(admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'] })
      const acknowledged: string[] = []
      let isBusy = true
      const loops = Array.from({ length: 4 }, async (_, loop) => {
        for (let count = 0; isBusy; count++)
          await publishNew(admin, `Busy ${loop} ${count}`).then(
            ({ event }) => acknowledged.push(event.id),
            () => pause(50),
          )
      })
      for (let restart = 0; restart < 3; restart++) {
        const before = acknowledged.length
        await until(() => acknowledged.length > before + 5, 60_000)
        await server.stop()
        await server.start()
        await until(isReady, backMs)
      }
      isBusy = false
      await Promise.all(loops)
      const told = () => new Set(receiver.requests.map((request) => envelopeOf(request).id))
      await until(() => acknowledged.every((event) => told().has(event)), 120_000)
      beside.removeAllListeners()
      beside = await connect(server.url)
      await unsubscribe(serving.clientOf(key), id)
    },
  )

  test(
    'that takes no writes is said so by doctor and by a start, answers reads, and is found again when it is writable',
    patient,
    async () => {
      serving = await lent.home.serve()
      const admin = serving.clientOf(key)
      const setReadOnly = async (value: 'on' | 'off') => {
        await beside.query('SET default_transaction_read_only = off')
        await beside.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`)
        await beside.query('SELECT pg_reload_conf()')
      }
      await setReadOnly('on')
      const refused = await until(async () => {
        const answer = await admin.send(createPost)
        return answer.errors[0]?.message.includes('takes no writes') ? answer : null
      })
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '60'])
      expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503])
      await serving.anonymous.run(LatestPostsDocument, { first: 1 })
      const doctor = await lent.home.run('doctor')
      expect([doctor.code, doctor.stdout]).toEqual([
        1,
        expect.stringMatching(/PROBLEM +database: .*no writes/),
      ])
      expect(await lent.home.run('serve')).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^[^\n]*takes no writes[^\n]*\n$/),
      })
      await setReadOnly('off')
      await until(isReady, backMs)
      await publishNew(admin, 'Writable')
      expect(await lent.home.run('doctor')).toMatchObject({ code: 0 })
    },
  )

  test.skipIf(process.getuid?.() !== 0)(
    'whose disk is full says so of writes and answers reads; with room again it takes writes (needs root)',
    patient,
    async () => {
      // Its tables alone: a PostgreSQL without room for its log stops, which is the case of one that is away.
      const small = join(lent.home.folder, 'small')
      await mkdir(small)
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', small])
      try {
        const data = join(small, 'data')
        await mkdir(data)
        const owner = await unprivilegedOwner()
        execFileSync('chown', [`${owner?.uid}:${owner?.gid}`, data])
        execFileSync('chmod', ['-R', 'a+rx', lent.home.folder])
        await beside.query(`CREATE TABLESPACE small LOCATION '${data}'`)
        await beside.query('CREATE DATABASE small TEMPLATE template0 TABLESPACE small')
        const url = new URL(server.url)
        url.pathname = '/small'
        lent.home.env.DATABASE_URL = url.href
        expect(await lent.home.run('migrate')).toMatchObject({ code: 0 })
        const ownKey = await lent.home.newKey()
        serving = await lent.home.serve()
        const admin = serving.clientOf(ownKey)
        await publishNew(admin, 'There is room')
        const filler = join(small, 'filler')
        const fill = () => writeFile(filler, Buffer.alloc(64 * 1024 * 1024)).catch(() => undefined)
        await fill()
        const refused = await until(async () => {
          const answer = await admin.send(createPost)
          return answer.status === 200 && answer.errors.length === 0 ? null : answer
        }, 60_000)
        expect([refused.status, refused.errors[0]?.extensions?.code]).toEqual([503, 'SERVICE_UNAVAILABLE'])
        expect(refused.errors[0]?.message).toContain('full')
        expect((await serving.anonymous.send(latest)).status).toBe(200)
        expect(await statusOf('/healthz')).toBe(200)
        await rm(filler)
        await until(async () => (await publishNew(admin, 'Room again').catch(() => null)) !== null, backMs)
        expect((await serving.kill('SIGTERM')).code).toBe(0)
        await beside.query('DROP DATABASE small WITH (FORCE)')
        await beside.query('DROP TABLESPACE small')
      } finally {
        lent.home.env.DATABASE_URL = server.url
        execFileSync('umount', ['-l', small])
      }
    },
  )
})

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
