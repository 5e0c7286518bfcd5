import { createHash } from 'node:crypto'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { UnpublishPostDocument } from '../../schema/generated/graphql.ts'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { system } from '../../src/keys/viewer.ts'
import { newId } from '../../src/lib/id.ts'
import { startTestApp, withApp } from '../support/app.ts'
import { type Client, createClient } from '../support/client.ts'
import { until } from '../support/until.ts'
import { type Following, follow } from './following.ts'
import { create, createAndPublish } from './writing.ts'

const lent = withApp({ role: 'api' })
const open: Following[] = []

const subscribe = async (client: Client, args?: string, fields?: string) => {
  const following = await follow(lent.app.url, client, args, fields)
  open.push(following)
  return following
}
afterEach(async () => {
  for (const following of open.splice(0)) await following.leave()
})

const post = { title: 'A post', source: 'x' }

/** Writes that many events at once, in one transaction. */
const writeEvents = (count: number, isPublic = true) =>
  lent.app.core.write(system('test'), async (w) => {
    const nothing = { changedFields: [], previous: null, invalidates: [], paths: [] }
    for (let number = 0; number < count; number++)
      w.record({ type: 'post.updated', subjectId: newId('post'), subjectVersion: 1, isPublic, ...nothing })
  })
const newest = async () =>
  String((await lent.app.database.db.event.aggregate({ _max: { sequence: true } }))._max.sequence ?? 0n)

test('a publish is told to whoever has subscribed before it, from the moment that the answer begins', async () => {
  const { app } = lent
  for (let round = 0; round < 5; round++) {
    const following = await subscribe(
      app.anonymous,
      '',
      'type sequence ... on PostEvent { postId post { title } }',
    )
    expect([following.status, following.contentType]).toEqual([
      200,
      expect.stringContaining('text/event-stream'),
    ])
    const postId = await createAndPublish(app.admin, post)
    const [event] = await following.waitFor(1)
    expect(event).toMatchObject({ type: 'POST_PUBLISHED', postId, post: { title: 'A post' } })
  }
})

test('events come in the order of their commits, each once', async () => {
  const { app } = lent
  const following = await subscribe(app.anonymous)
  const ids = await Promise.all(Array.from({ length: 5 }, () => createAndPublish(app.admin, post)))
  for (const id of ids) await app.admin.run(UnpublishPostDocument, { input: { id } })
  const sequences = (await following.waitFor(10)).map((event) => BigInt(event.sequence))
  expect(sequences).toEqual([...new Set(sequences)].sort((one, other) => Number(one - other)))
})

describe('after', () => {
  test('a sequence: everything since then comes, however much it is, and then what is new', async () => {
    const { app } = lent
    const start = await newest()
    await writeEvents(250)
    const following = await subscribe(app.anonymous, `after: "${start}"`)
    await following.waitFor(250)
    await createAndPublish(app.admin, post)
    const events = await following.waitFor(251)
    expect(events.at(-1)?.type).toBe('POST_PUBLISHED')
    const rows = await app.database.db.event.findMany({
      where: { sequence: { gt: BigInt(start) }, isPublic: true },
      orderBy: { sequence: 'asc' },
    })
    expect(events.map((event) => event.sequence)).toEqual(rows.map((row) => String(row.sequence)))
  })

  test('the last that was seen: a reader who leaves and comes back again and again misses and repeats nothing', async () => {
    const { app } = lent
    const start = await newest()
    const seen: string[] = []
    const publishing = (async () => {
      for (let count = 0; count < 12; count++) await createAndPublish(app.admin, post)
    })()
    while (seen.length < 12) {
      const following = await follow(app.url, app.anonymous, `after: "${seen.at(-1) ?? start}"`)
      const events = await following.waitFor(1)
      await following.leave()
      seen.push(...events.map((event) => event.sequence))
    }
    await publishing
    const rows = await app.database.db.event.findMany({
      where: { sequence: { gt: BigInt(start) }, isPublic: true },
      orderBy: { sequence: 'asc' },
    })
    expect(seen).toEqual(rows.map((row) => String(row.sequence)))
  })

  test.each(['x', '', '-1', '1.5', '1e3', ' 1', '99999999999999999999'])(
    '%j is no sequence, and is told so',
    async (after) => {
      const following = await subscribe(lent.app.anonymous, `after: ${JSON.stringify(after)}`)
      await until(() => following.errors.length > 0)
      expect(following.errors.map((error) => error.extensions.code)).toEqual(['INVALID_CURSOR'])
      await until(() => following.hasEnded())
      expect(following.events).toEqual([])
    },
  )
})

test('after a sequence that is older than what is kept is told so, and nothing else', async () => {
  const { app } = lent
  const { retention } = app.database.db
  await writeEvents(3)
  const end = BigInt(await newest())
  await retention.update({ where: { id: 1 }, data: { forgottenThrough: end - 1n } })
  const late = await subscribe(app.anonymous, `after: "${end - 2n}"`)
  await until(() => late.hasEnded())
  expect(late.errors.map(({ extensions }) => extensions.code)).toEqual(['CURSOR_EXPIRED'])
  expect(late.events).toEqual([])
  const inTime = await subscribe(app.anonymous, `after: "${end - 1n}"`)
  expect((await inTime.waitFor(1))[0]?.sequence).toBe(String(end))
  await retention.update({ where: { id: 1 }, data: { forgottenThrough: 0 } })
})

test('after a sequence that the log ends before, as after a restored backup, is told so and never waited for', async () => {
  const ahead = await subscribe(lent.app.anonymous, `after: "${BigInt(await newest()) + 10n}"`)
  await until(() => ahead.hasEnded())
  expect(ahead.errors.map(({ extensions }) => extensions.code)).toEqual(['CURSOR_EXPIRED'])
  expect(ahead.events).toEqual([])
})

test('a comment comes again and again while nothing happens, so that no proxy takes the stream for dead', async () => {
  const following = await subscribe(lent.app.anonymous)
  await until(() => following.text() === ':\n\n'.repeat(3))
})

test.skipIf(inject('kind') !== 'postgres')(
  'a reader at one process is told of what another one commits, without a gap on the way from one to the other',
  async () => {
    const { app } = lent
    const { driver } = app.database
    const url = 'pool' in driver ? (driver.pool.options.connectionString ?? '') : ''
    const env = { DATABASE_URL: url, SECRET_KEY: 'a secret key that only this test suite uses', PORT: '0' }
    const quiet = () => undefined
    const world = { log: { info: quiet, warn: quiet, error: quiet } }
    const other = await startApp({ ...readConfig({ ...env, HOST: '127.0.0.1' }), ROLE: 'api' }, world)
    try {
      const start = await newest()
      const [here, there] = [await subscribe(app.anonymous), await follow(other.url ?? '', app.anonymous)]
      // By the notification: looking again, every 4 s, would take longer than the test may.
      for (let told = 1; told <= 12; told += 2) {
        await createAndPublish(createClient(other.url ?? '', app.admin.key), post)
        await here.waitFor(told)
        await createAndPublish(app.admin, post)
        await there.waitFor(told + 1)
      }
      await there.leave()
      await createAndPublish(app.admin, post)
      const last = there.events.at(-1)?.sequence
      const moved = await subscribe(app.anonymous, `after: "${last}"`)
      const seen = [...there.events, ...(await moved.waitFor(1))]
      const rows = await app.database.db.event.findMany({
        where: { sequence: { gt: BigInt(start) }, isPublic: true },
        orderBy: { sequence: 'asc' },
      })
      expect(seen.map((event) => event.sequence)).toEqual(rows.map((row) => String(row.sequence)))
    } finally {
      await other.stop(2_000)
    }
  },
)

test('types lets through what it names', async () => {
  const { app } = lent
  const following = await subscribe(app.admin, 'types: [POST_UNPUBLISHED, POST_CREATED]')
  const id = await createAndPublish(app.admin, post)
  await app.admin.run(UnpublishPostDocument, { input: { id } })
  const events = await following.waitFor(2)
  expect(events.map((event) => event.type)).toEqual(['POST_CREATED', 'POST_UNPUBLISHED'])
})

test('without content:read nothing is told of what was never public, from the very first event on', async () => {
  const { app } = lent
  const fields =
    'type sequence ... on PostEvent { postId previous changedFields paths invalidates post { title } }'
  const [anyone, manager, reader] = [
    await subscribe(app.anonymous, 'after: "0"', fields),
    await subscribe(await app.clientWith('WEBHOOKS_MANAGE', 'KEYS_MANAGE'), 'after: "0"', fields),
    await subscribe(await app.clientWith('CONTENT_READ'), 'after: "0"', fields),
  ]
  const { post: draft } = await create(app.admin, { title: 'canarydraft', source: 'x', tags: ['canarytag'] })
  const id = await createAndPublish(app.admin, post)
  const isThere = (following: Following) =>
    until(() => following.events.some((event) => event.postId === id && event.type === 'POST_PUBLISHED'))
  await Promise.all([anyone, manager, reader].map(isThere))
  for (const following of [anyone, manager]) {
    expect(following.text()).not.toContain('canary')
    expect(following.text()).not.toContain(draft.id)
    expect(following.events.map((event) => event.type)).not.toContain('POST_CREATED')
  }
  expect(reader.events.map((event) => event.postId)).toContain(draft.id)
  expect(reader.text()).toContain('canarydraft')
})

test('a reader who leaves is no more: nothing is read from the database for him', async () => {
  const { app } = lent
  const following = await follow(app.url, app.anonymous)
  await createAndPublish(app.admin, post)
  await following.waitFor(1)
  await following.leave()
  const isFollower = (statement: string) => /log LEFT JOIN LATERAL/.test(statement)
  const statementsOfNow = async () => {
    const { statements } = await app.countStatements(() => createAndPublish(app.admin, post))
    return statements.filter(isFollower).length
  }
  await until(async () => (await statementsOfNow()) === 0)
  const other = await subscribe(app.anonymous)
  expect(await statementsOfNow(), 'The statement of a reader looks otherwise now').toBeGreaterThan(0)
  await other.waitFor(1)
})

test('more than one subscription field, and one that is not events, is refused', async () => {
  const { app } = lent
  for (const query of [
    'subscription { a: events { type } b: events { type } }',
    'subscription { posts { id } }',
  ]) {
    const { data, errors } = await app.anonymous.send(query)
    expect([data, errors[0]?.extensions?.code]).toEqual([null, 'GRAPHQL_VALIDATION_FAILED'])
  }
})

test('when the app stops, the stream ends cleanly', async () => {
  const { app, end } = await startTestApp({ role: 'api' })
  const following = await follow(app.url, app.anonymous)
  await createAndPublish(app.admin, post)
  await following.waitFor(1)
  await end()
  // Ended and not cut: a stream that is cut at the end of the grace never ends for its reader.
  await until(() => following.hasEnded())
  expect(following.errors).toEqual([])
})

test('an error of ours while a reader is told is masked, and ends the stream', async () => {
  const { app, end } = await startTestApp({ role: 'api', expectErrors: true })
  try {
    await app.database.db.$executeRawUnsafe('ALTER TABLE events RENAME TO hidden_events')
    const following = await follow(app.url, app.anonymous, 'after: "0"')
    await until(() => following.hasEnded())
    expect(following.errors.map((error) => error.extensions.code)).toEqual(['INTERNAL_SERVER_ERROR'])
    for (const word of ['events"', 'prisma', 'Prisma', 'SELECT', 'relation'])
      expect(following.text()).not.toContain(word)
    expect(app.log.filter((line) => line.level === 'error')).toHaveLength(1)
  } finally {
    await end()
  }
})

test('a stream tells nothing more once its key is revoked', async () => {
  const { app } = lent
  const reader = await app.clientWith('CONTENT_READ')
  const following = await subscribe(reader)
  await create(app.admin, post)
  await following.waitFor(1)
  const hash = createHash('sha256')
    .update(reader.key ?? '')
    .digest('hex')
  await app.database.db.apiKey.update({ where: { hash }, data: { revokedAt: app.clock.now() } })
  await create(app.admin, post)
  await until(() => following.hasEnded())
  expect(following.errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
  expect(following.events).toHaveLength(1)
})
