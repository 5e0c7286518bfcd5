import { createHash } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { system } from '../../src/keys/viewer.ts'
import { newId } from '../../src/lib/id.ts'
import { type Following, follow } from '../api/following.ts'
import { create } from '../api/writing.ts'
import { withApp } from '../support/app.ts'
import { until } from '../support/until.ts'

const perMinute = 400
const lent = withApp({
  role: 'api',
  env: { RATE_LIMIT_PER_MINUTE: String(perMinute), TRUSTED_PROXIES: '127.0.0.1' },
})

const open: Following[] = []
afterEach(async () => {
  for (const following of open.splice(0)) await following.leave()
})
const subscribe = async (from: { key?: string | null; address?: string }, args = '', fields?: string) => {
  const client = { ...lent.app.anonymous, key: from.key ?? null }
  const headers = { 'x-forwarded-for': from.address ?? '203.0.113.1' }
  const following = await follow(lent.app.url, client, args, fields, headers)
  open.push(following)
  return following
}

const writeEvents = (count: number) =>
  lent.app.core.write(system('test'), async (w) => {
    const nothing = { changedFields: [], previous: null, invalidates: [], paths: [], isPublic: true }
    for (let number = 0; number < count; number++)
      w.record({ type: 'post.updated', subjectId: newId('post'), subjectVersion: 1, ...nothing })
  })

const refusal = (following: Following) => {
  const { errors } = JSON.parse(following.text()) as { errors: { extensions: { code: string } }[] }
  return [following.status, errors[0]?.extensions.code]
}

describe('streams', () => {
  test('are twenty of an address at most; one that ends makes room, and others are not held back', async () => {
    const address = '203.0.113.20'
    const streams: Following[] = []
    for (let number = 0; number < 20; number++) streams.push(await subscribe({ address }))
    expect(streams.map(({ status }) => status)).toEqual(streams.map(() => 200))
    const refused = await subscribe({ address })
    await until(() => refused.hasEnded())
    expect(refusal(refused)).toEqual([429, 'RATE_LIMITED'])
    expect((await subscribe({ address: '203.0.113.21' })).status).toBe(200)
    await streams[0]?.leave()
    await until(async () => (await subscribe({ address })).status === 200)
  })

  test('that follow the log cost one statement a commit, however many they are', async () => {
    const streams: Following[] = []
    for (let number = 0; number < 12; number++)
      streams.push(await subscribe({ address: `203.0.113.${30 + number}` }))
    await writeEvents(1)
    for (const following of streams) await following.waitFor(1)
    const { statements } = await lent.app.countStatements(async () => {
      await writeEvents(3)
      for (const following of streams) await following.waitFor(4)
    })
    const reading = statements.filter((statement) => /log LEFT JOIN LATERAL/.test(statement))
    // One more, where it was time to look for what may have been missed.
    expect(reading.length).toBeGreaterThan(0)
    expect(reading.length).toBeLessThanOrEqual(3)
  })

  test('ask for less at once than a query may, since they ask again with every event', async () => {
    const fields = '... on PostEvent { post { related(first: 99) { title related(first: 6) { title } } } }'
    const following = await subscribe({}, '', fields)
    await until(() => following.text().includes('errors'))
    expect(following.text()).toMatch(/"QUERY_TOO_COMPLEX".*"maximum":500/)
  })

  test('are told no more in a minute than half of what their caller may ask, who may go on asking', async () => {
    const address = '203.0.113.50'
    await writeEvents(perMinute / 2 + 50)
    const following = await subscribe({ address }, 'after: "0"')
    // The request for the stream itself counts, too.
    await following.waitFor(perMinute / 2 - 1)
    const asked = await fetch(`${lent.app.url}/graphql?query={site{url}}`, {
      headers: { 'x-forwarded-for': address },
    })
    expect(asked.status).toBe(200)
    expect(following.events.length).toBe(perMinute / 2 - 1)
    expect(following.hasEnded()).toBe(false)
  })

  test('of a key end within seconds of it, also where nothing happens', async () => {
    const reader = await lent.app.clientWith('CONTENT_READ')
    const following = await subscribe({ key: reader.key })
    await create(lent.app.admin, { title: 'Seen', source: 'x' })
    await following.waitFor(1)
    const hash = createHash('sha256').update(String(reader.key)).digest('hex')
    await lent.app.database.db.apiKey.update({ where: { hash }, data: { revokedAt: lent.app.clock.now() } })
    await until(() => following.hasEnded())
    expect(following.errors.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED'])
  })
})
