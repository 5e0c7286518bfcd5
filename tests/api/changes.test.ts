import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, inject, test } from 'vitest'
import { ChangesDocument, type ChangesQueryVariables } from '../../schema/generated/graphql.ts'
import { openDatabase } from '../../src/db/client.ts'
import { unlimitedStatements } from '../../src/db/statement-timeout.ts'
import { leapAhead } from '../../src/events/leap.ts'
import { type EventDraft, type OutboxPorts, writeEvents } from '../../src/events/outbox.ts'
import { forgetEvents } from '../../src/events/retention.ts'
import { createTimeBudget } from '../../src/events/time-budget.ts'
import { newId } from '../../src/lib/id.ts'
import { isAwaited } from '../../src/webhooks/deliveries/make/render-before-retention.ts'
import { withApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'
import { until } from '../support/until.ts'
import { follow } from './following.ts'
import { create, createAndPublish, update } from './writing.ts'

const lent = withApp({ role: 'api' })

const ask = async (client: Client, variables: ChangesQueryVariables = {}) =>
  (await client.run(ChangesDocument, variables)).changes
const newest = async () =>
  String((await lent.app.database.db.event.aggregate({ _max: { sequence: true } }))._max.sequence ?? 0n)

/** Reads page after page from a cursor on until there is no next one, as a site that builds does, and says where to go on. */
const readOn = async (
  client: Client,
  start: string,
  first: number,
  types?: ChangesQueryVariables['types'],
) => {
  const cursors: string[] = []
  let after = start
  for (let hasNextPage = true; hasNextPage; ) {
    const { edges, pageInfo } = await ask(client, { first, after, types })
    cursors.push(...edges.map((edge) => edge.cursor))
    after = pageInfo.endCursor ?? after
    hasNextPage = pageInfo.hasNextPage
  }
  return { cursors, after }
}

test('tells every event in commit order, with its sequence for a cursor', async () => {
  const { admin } = lent.app
  const start = await newest()
  const postId = await createAndPublish(admin, { title: 'A post', source: 'x' })
  await update(admin, { id: postId, title: 'Pending' })
  const { edges, pageInfo } = await ask(admin, { after: start })
  expect(edges.map(({ node }) => node)).toMatchObject([
    { type: 'POST_CREATED', postId },
    { type: 'POST_PUBLISHED', postId, post: { title: 'A post' } },
    { type: 'POST_DRAFT_SAVED', postId },
  ])
  expect(edges.map(({ cursor }) => cursor)).toEqual(edges.map(({ node }) => node.sequence))
  expect(pageInfo).toEqual({ hasNextPage: false, endCursor: edges.at(-1)?.cursor })
})

test('pages forwards without a gap, an overlap or an end that is none', async () => {
  const { admin } = lent.app
  const start = await newest()
  for (let count = 0; count < 5; count++) await create(admin, { title: 'A draft', source: 'x' })
  const all = (await ask(admin, { after: start, first: 100 })).edges.map(({ cursor }) => cursor)
  expect(all).toHaveLength(5)
  for (const first of [1, 2, 5]) expect((await readOn(admin, start, first)).cursors).toEqual(all)
  expect((await ask(admin, { after: start, first: 5 })).pageInfo.hasNextPage).toBe(false)
  expect((await ask(admin, { after: start, first: 0 })).edges).toEqual([])
  const pageInfoOf = async (args: ChangesQueryVariables) => (await ask(admin, args)).pageInfo
  expect(await pageInfoOf({ after: start, first: 0 })).toEqual({ hasNextPage: true, endCursor: start })
  const atEnd = { hasNextPage: false, endCursor: all.at(-1) }
  expect(await pageInfoOf({ after: all.at(-1) })).toEqual(atEnd)
  expect(await pageInfoOf({ after: all.at(-1), first: 0 })).toEqual(atEnd)
})

test('the cursor of a reader for whom nothing happens moves on to the end of the log and never expires', async () => {
  const { admin, anonymous, database } = lent.app
  const { retention } = database.db
  const start = await newest()
  await createAndPublish(admin, { title: 'The last that concerns them', source: 'x' })
  const [told] = (await ask(anonymous, { after: start, types: ['POST_PUBLISHED'] })).edges
  await create(admin, { title: 'A draft', source: 'x' })
  const readers = [
    { client: admin, types: ['POST_PUBLISHED' as const] },
    { client: anonymous, types: undefined },
  ]
  for (const { client, types } of readers) {
    const read = await readOn(client, start, 1, types)
    expect(read).toEqual({ cursors: [told?.cursor], after: await newest() })
    const again = await ask(client, { after: read.after, types })
    expect(again).toEqual({ edges: [], pageInfo: { hasNextPage: false, endCursor: read.after } })
    // What was not for them is forgotten, and what was, too.
    await retention.update({ where: { id: 1 }, data: { forgottenThrough: BigInt(read.after) } })
    expect(await ask(client, { after: read.after, types })).toEqual(again)
    await retention.update({ where: { id: 1 }, data: { forgottenThrough: 0 } })
  }
})

test('types lets through what it names; an empty list nothing', async () => {
  const { admin } = lent.app
  const start = await newest()
  await createAndPublish(admin, { title: 'A post', source: 'x' })
  const typesOf = async (types: ChangesQueryVariables['types']) =>
    (await ask(admin, { after: start, types })).edges.map(({ node }) => node.type)
  expect(await typesOf(['POST_PUBLISHED', 'POST_TRASHED'])).toEqual(['POST_PUBLISHED'])
  expect(await typesOf([])).toEqual([])
  expect(await typesOf(null)).toEqual(['POST_CREATED', 'POST_PUBLISHED'])
})

test('without content:read nothing is told of what was never public, nor any value that was not', async () => {
  const { app } = lent
  const start = await newest()
  const id = await createAndPublish(app.admin, { title: 'Open', source: 'x', tags: ['open'] })
  await create(app.admin, { title: 'canary draft', source: 'x', tags: ['canary tag'] })
  await update(app.admin, { id, title: 'canary pending', slug: 'canary', tags: ['canary tag'] })
  await app.admin.send('mutation ($id: ID!) { unpublishPost(input: { id: $id }) { __typename } }', { id })
  for (const client of [app.anonymous, await app.clientWith('WEBHOOKS_MANAGE', 'KEYS_MANAGE')]) {
    const { edges } = await ask(client, { after: start })
    expect(edges.map(({ node }) => node.type)).toEqual(['POST_PUBLISHED', 'POST_UNPUBLISHED'])
    expect(JSON.stringify(edges)).not.toContain('canary')
    const { data } = await client.send<{ changes: { totalCount: number } }>(
      '{ changes(types: [POST_CREATED, POST_DRAFT_SAVED]) { totalCount } }',
    )
    expect(data?.changes.totalCount).toBe(0)
  }
  const { edges } = await ask(await app.clientWith('CONTENT_READ'), { after: start })
  expect(edges).toHaveLength(5)
})

test.each(['x', '', '-1', '1.5', '1e3', ' 1', '99999999999999999999', 'cG9zdA'])(
  'an after that is no sequence is told so: %j',
  async (after) => {
    const { data, errors } = await lent.app.anonymous.send(String(ChangesDocument), { after })
    expect([data, errors.map(({ extensions }) => extensions?.code)]).toEqual([null, ['INVALID_CURSOR']])
    expect(errors[0]?.message).toContain(`not "${after}"`)
  },
)

test('an after that is older than what is kept is CURSOR_EXPIRED, also when nothing is left', async () => {
  const { retention } = lent.app.database.db
  await create(lent.app.admin, { title: 'A draft', source: 'x' })
  const end = BigInt(await newest())
  await retention.update({ where: { id: 1 }, data: { forgottenThrough: end } })
  const after = String(end - 1n)
  const { data, errors } = await lent.app.anonymous.send(String(ChangesDocument), { after })
  expect([data, errors[0]?.extensions?.code]).toEqual([null, 'CURSOR_EXPIRED'])
  expect(errors[0]?.message).toContain(`"after" is ${after}, and the events up to ${end} are kept no longer`)
  expect((await ask(lent.app.anonymous, { after: String(end) })).edges).toEqual([])
  await retention.update({ where: { id: 1 }, data: { forgottenThrough: 0 } })
})

test('an after that is newer than the log, as after a restored backup, is CURSOR_EXPIRED and not an empty page', async () => {
  const end = BigInt(await newest())
  for (const ahead of [end + 1n, end + 10n, 999_999_999_999_999_999n]) {
    const { data, errors } = await lent.app.anonymous.send(String(ChangesDocument), { after: String(ahead) })
    expect([data, errors[0]?.extensions?.code]).toEqual([null, 'CURSOR_EXPIRED'])
    expect(errors[0]?.message).toContain(`"after" is ${ahead}, and the log ends at ${end}`)
  }
  expect((await ask(lent.app.anonymous, { after: String(end) })).edges).toEqual([])
})

test('an after of what a restored backup has lost is CURSOR_EXPIRED also when the log has grown past it, with every restore', async () => {
  const { db } = lent.app.database
  const publish = () => create(lent.app.admin, { title: 'Restored', source: 'x' })
  const backedUp = BigInt(await newest())
  const lostBefore: string[] = []
  // Each restores the same backup.
  for (let restore = 0; restore < 3; restore++) {
    for (let count = 0; count < 3; count++) await publish()
    const { edges } = await ask(lent.app.admin, { after: String(backedUp) })
    expect(edges).toHaveLength(3)
    lostBefore.push(...edges.map(({ cursor }) => cursor))
    // As a dump of then has it, its sequence included; a start follows.
    await db.event.deleteMany({ where: { sequence: { gt: backedUp } } })
    await db.$queryRaw`SELECT setval('events_sequence_seq', ${backedUp})`
    await leapAhead(db)
    for (let count = 0; count < 5; count++) await publish()
    for (const after of lostBefore) {
      const { data, errors } = await lent.app.admin.send(String(ChangesDocument), { after })
      expect([data, errors[0]?.extensions?.code]).toEqual([null, 'CURSOR_EXPIRED'])
      expect(errors[0]?.message).toContain(`"after" is ${after}, and the log has no such event`)
      const stream = await follow(lent.app.url, lent.app.admin, `after: "${after}"`)
      await until(() => stream.errors.length > 0)
      expect(stream.errors.map(({ extensions }) => extensions.code)).toEqual(['CURSOR_EXPIRED'])
      await stream.leave()
    }
    const since = await ask(lent.app.admin, { after: String(backedUp) })
    expect(since.edges).toHaveLength(5)
    // Clients may read them as numbers.
    expect(Number.isSafeInteger(Number(since.pageInfo.endCursor))).toBe(true)
    await db.event.deleteMany({ where: { sequence: { gt: backedUp } } })
  }
})

test('a page is one statement, and its posts one more, however many events there are', async () => {
  const { app } = lent
  const start = await newest()
  for (let count = 0; count < 5; count++) await create(app.admin, { title: 'A draft', source: 'x' })
  for (const first of [1, 5]) {
    const query = `{ changes(after: "${start}", first: ${first}) { nodes { ... on PostEvent { post { title } } } } }`
    // Not by a key, which is looked up, too.
    const { statements } = await app.countStatements(() => app.anonymous.send(query))
    expect(statements.length, statements.join('\n')).toBeLessThanOrEqual(2)
  }
})

describe('a reader that asks while events are committed', () => {
  const fact: EventDraft = {
    type: 'post.updated',
    subjectId: newId('post'),
    subjectVersion: 1,
    changedFields: [],
    previous: null,
    invalidates: [],
    paths: [],
    isPublic: true,
  }
  const listener = {
    endpointId: 'endpoint_1',
    renderingKey: 'slow',
    document: '',
    variables: null,
    scopes: [],
  }
  /** Rendering keeps a transaction open after it has its sequence: here for a while that differs. */
  const ports: OutboxPorts = {
    limitStatements: unlimitedStatements,
    timeBudget: createTimeBudget(),
    listeners: async () => () => [listener],
    render: async () => {
      await pause(Math.random() * 20)
      return { data: '{}', errors: null, failure: null }
    },
  }

  // The embedded database has one connection: there transactions are one after the other.
  const count = inject('kind') === 'postgres' ? 50 : 10

  test(`misses none of ${count} transactions that begin and end out of order, and meets none twice`, async () => {
    const { app } = lent
    const { db, driver } = app.database
    // Writers of another process: in this one's pool they would leave no connection to the reader.
    const others =
      'pool' in driver ? await openDatabase({ url: driver.pool.options.connectionString ?? '' }) : null
    const start = await newest()
    let committed = 0
    const writing = Promise.all(
      Array.from({ length: count }, async () => {
        await pause(Math.random() * 100)
        await (others?.db ?? db).$transaction((tx) =>
          writeEvents(tx, ports, [fact], { actor: null, now: app.clock.now() }),
        )
        committed++
      }),
    )
    const seen: string[] = []
    let looks = 0
    let place = start
    while (seen.length < count) {
      const isOver = committed === count
      const { cursors, after } = await readOn(app.anonymous, place, 3)
      seen.push(...cursors)
      place = after
      looks++
      if (isOver) break
    }
    await writing
    await others?.close()
    const rows = await db.event.findMany({
      where: { sequence: { gt: BigInt(start) } },
      orderBy: { sequence: 'asc' },
    })
    expect(seen).toEqual(rows.map(({ sequence }) => String(sequence)))
    expect(seen).toHaveLength(count)
    expect(looks, 'It was all over before anybody looked').toBeGreaterThan(1)
  })
})

// No worker runs here: nothing is fanned out, and nothing forgotten, but what a test says.
describe('what is too old', () => {
  const later = new Date('2200-01-01T00:00:00Z')
  const forgetAll = async () => {
    let all = 0
    for (let count = -1; count !== 0; all += count)
      count = await forgetEvents(lent.app.database.db, later, isAwaited)
    return all
  }

  test('is kept while it is not fanned out, and so is everything after it', async () => {
    const { event } = lent.app.database.db
    for (let count = 0; count < 5; count++) await create(lent.app.admin, { title: 'A draft', source: 'x' })
    expect(await forgetAll()).toBe(0)
    const [waiting] = await event.findMany({ orderBy: { sequence: 'desc' }, skip: 2, take: 1 })
    const before = await event.count({ where: { sequence: { lt: waiting?.sequence } } })
    await event.updateMany({ where: { id: { not: waiting?.id } }, data: { fannedOutAt: later } })
    expect(await forgetAll()).toBe(before)
    const { edges } = await ask(lent.app.admin)
    expect([edges.length, edges[0]?.node.id]).toEqual([3, waiting?.id])
    const oldest = String((waiting?.sequence ?? 0n) - 1n)
    expect((await ask(lent.app.admin, { after: oldest })).edges).toHaveLength(3)
  })

  test('goes in batches, and where the log ended is remembered when nothing is left of it', async () => {
    const { event } = lent.app.database.db
    const row = { type: 'post.updated', subjectType: 'Post', subjectId: newId('post'), subjectVersion: 1 }
    const old = {
      ...row,
      occurredAt: new Date(0),
      isPublic: true,
      changedFields: [],
      invalidates: [],
      paths: [],
    }
    await event.createMany({ data: Array.from({ length: 1_200 }, () => ({ ...old, id: newId('event') })) })
    await event.updateMany({ data: { fannedOutAt: later } })
    const end = await newest()
    // As in a database whose tables were copied one by one and this one was not.
    await lent.app.database.db.retention.deleteMany()
    expect((await ask(lent.app.admin)).edges).toHaveLength(20)
    expect(await forgetAll()).toBe(1_203)
    expect(await event.count()).toBe(0)

    const expired = await lent.app.admin.send(String(ChangesDocument), { after: String(BigInt(end) - 1n) })
    expect(expired.errors[0]?.extensions?.code).toBe('CURSOR_EXPIRED')
    expect((await ask(lent.app.admin, { after: end })).edges).toEqual([])
    const following = await follow(lent.app.url, lent.app.admin)
    await create(lent.app.admin, { title: 'A draft', source: 'x' })
    const [first] = await following.waitFor(1)
    expect(BigInt(first?.sequence ?? 0)).toBeGreaterThan(BigInt(end))
    await following.leave()
  })
})
