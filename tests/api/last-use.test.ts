import { expect, test } from 'vitest'
import type { Tx } from '../../src/db/client.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { startLastUse } from '../../src/keys/last-use.ts'
import { withApp } from '../support/app.ts'
import { createClient } from '../support/client.ts'
import { until } from '../support/until.ts'

const lent = withApp({ role: 'api' })
const minuteMs = 60_000

const newKey = async () => {
  const { database, clock } = lent.app
  const input = { name: 'Used', scopes: ['CONTENT_READ' as const], expiresAt: null }
  return createApiKey(database.db, input, clock.now())
}
const lastUseOf = async (id: string) =>
  (await lent.app.database.db.apiKey.findUniqueOrThrow({ where: { id } })).lastUsedAt
/** Counts the statements that a recorder of its own makes. */
const recorder = () => {
  const { database, clock } = lent.app
  let writes = 0
  let failing = false
  const errors: unknown[] = []
  const setFailing = (now: boolean) => {
    failing = now
  }
  const db = new Proxy(database.db, {
    get: (target, name) => {
      if (name !== '$executeRaw') return Reflect.get(target, name)
      writes++
      if (failing) return () => Promise.reject(new Error('The database is away.'))
      return target.$executeRaw.bind(target)
    },
  }) as Tx
  const lastUse = startLastUse(db, clock.now, (error) => errors.push(error))
  return { lastUse, errors, writes: () => writes, setFailing }
}

test('requests write nothing; the last use is in the database when a minute is over', async () => {
  const { app } = lent
  const { apiKey, key } = await newKey()
  const client = createClient(app.url, key)
  const { statements } = await app.countStatements(async () => {
    for (let number = 0; number < 5; number++) await client.send('{ site { title } }')
  })
  expect(statements.filter((sql) => /update/i.test(sql))).toEqual([])
  expect(await lastUseOf(apiKey.id)).toBeNull()
  const used = app.clock.now()
  app.clock.advance(minuteMs)
  const written = await until(() => lastUseOf(apiKey.id))
  expect(written.getTime()).toBeLessThanOrEqual(used.getTime())
  expect(written.getTime()).toBeGreaterThanOrEqual(apiKey.createdAt.getTime())
})

test('a key in constant use is written once a minute, with the last time', async () => {
  const { clock } = lent.app
  const [one, two] = [(await newKey()).apiKey.id, (await newKey()).apiKey.id]
  const { lastUse, writes } = recorder()
  for (let number = 0; number < 50; number++) lastUse.note(one)
  lastUse.note(two)
  clock.advance(minuteMs)
  await until(async () => (await lastUseOf(one)) && (await lastUseOf(two)))
  expect(writes()).toBe(1)
  const first = await lastUseOf(one)
  for (let number = 0; number < 50; number++) lastUse.note(one)
  clock.advance(minuteMs)
  await until(async () => (await lastUseOf(one))?.getTime() !== first?.getTime())
  expect(writes()).toBe(2)
  await lastUse.stop()
  expect(writes()).toBe(2)
})

test('stopping writes what is still in memory', async () => {
  const { apiKey } = await newKey()
  const { lastUse, writes } = recorder()
  lastUse.note(apiKey.id)
  expect(await lastUseOf(apiKey.id)).toBeNull()
  await lastUse.stop()
  expect(await lastUseOf(apiKey.id)).not.toBeNull()
  expect(writes()).toBe(1)
})

test('what could not be written is told and written with the next; nobody’s request fails', async () => {
  const { apiKey } = await newKey()
  const { lastUse, errors, setFailing } = recorder()
  setFailing(true)
  lastUse.note(apiKey.id)
  lent.app.clock.advance(minuteMs)
  await until(() => errors.length > 0)
  expect(await lastUseOf(apiKey.id)).toBeNull()
  setFailing(false)
  await lastUse.stop()
  expect(await lastUseOf(apiKey.id)).not.toBeNull()
})

test('a later time that another process wrote is kept', async () => {
  const { clock, database } = lent.app
  const { apiKey } = await newKey()
  const { lastUse } = recorder()
  lastUse.note(apiKey.id)
  const later = new Date(clock.now().getTime() + 5_000)
  await database.db.apiKey.update({ where: { id: apiKey.id }, data: { lastUsedAt: later } })
  await lastUse.stop()
  expect(await lastUseOf(apiKey.id)).toEqual(later)
})
