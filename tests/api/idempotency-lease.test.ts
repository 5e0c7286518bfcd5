import { randomUUID } from 'node:crypto'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { CreatePostDocument } from '../../schema/generated/graphql.ts'
import { startApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { openDatabase } from '../../src/db/client.ts'
import { claimRequest, type RepeatableRequest } from '../../src/idempotency/store.ts'
import { createSeal } from '../../src/lib/encryption.ts'
import { withApp } from '../support/app.ts'
import { answersOf, postUnderKey } from './repeating.ts'

const lent = withApp()
const secretKey = 'a secret key that only this test suite uses'

const send = (title: string, idempotencyKey: string, url = lent.app.url) =>
  postUnderKey(
    url,
    { key: lent.app.admin.key, idempotencyKey },
    { query: String(CreatePostDocument), variables: { input: { title, source: 'x' } } },
  )

describe('an execution whose lease ran out', () => {
  const parts = () => ({ db: lent.app.database.db, seal: createSeal(secretKey), now: lent.app.clock.now })
  const claim = async (request: RepeatableRequest) => {
    const claimed = await claimRequest(parts(), request)
    if (claimed.kind !== 'run') throw new Error(`Not to be run: ${claimed.kind}`)
    return claimed.execution
  }
  const someone = { keyId: null, name: 'A test', scopes: new Set(['ADMIN' as const]) }
  let ran = 0
  const work = async () => ({ at: lent.app.clock.now(), run: ++ran })

  test('commits nothing once a repeat has taken over, and its answer does not count', async () => {
    const request = { keyId: 'key_a', hash: 'taken over', requestHash: 'x' }
    const slow = await claim(request)
    lent.app.clock.advance(61_000)
    const quick = await claim(request)
    const before = ran
    await expect(lent.app.core.write(someone, work, { slot: slow.nextSlot() })).rejects.toThrow(
      'taken it over',
    )
    expect(ran).toBe(before)
    const { value } = await lent.app.core.write(someone, work, { slot: quick.nextSlot() })
    expect(value.run).toBe(before + 1)
    expect([await slow.answered('late'), await quick.answered('counts')]).toEqual([false, true])
    await slow.failed()
    expect(await claimRequest(parts(), request)).toEqual({ kind: 'answered', answer: 'counts' })
  })

  test('but that is about to commit is waited for, and the repeat finds what it made, dates and all', async () => {
    const request = { keyId: 'key_a', hash: 'waited for', requestHash: 'x' }
    const slow = await claim(request)
    lent.app.clock.advance(61_000)
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const first = lent.app.core.write(
      someone,
      async () => {
        begun.resolve()
        await goOn.promise
        return work()
      },
      { slot: slow.nextSlot() },
    )
    await begun.promise
    const taking = claim(request)
    goOn.resolve()
    const { value } = await first
    const again = await lent.app.core.write(someone, work, { slot: (await taking).nextSlot() })
    expect(again).toEqual({ value, events: [] })
    expect(again.value.at).toBeInstanceOf(Date)
  })
})

test('after 24 hours the header is free for another request', async () => {
  const key = randomUUID()
  await send('Yesterday', key)
  expect((await send('Today', key)).status).toBe(422)
  lent.app.clock.advance(24 * 3_600_000)
  const answer = await send('Today', key)
  expect([answer.status, answer.replayed]).toEqual([200, null])
})

test('what is older is pruned, in batches, and what is not is kept', async () => {
  const { app } = lent
  const { idempotentAnswer } = app.database.db
  await send('Before', randomUUID())
  const now = app.clock.now()
  const old = Array.from({ length: 1_500 }, (_, index) => ({
    keyId: 'key_a',
    hash: `old ${index}`,
    requestHash: 'x',
    createdAt: now,
    expiresAt: now,
  }))
  await idempotentAnswer.createMany({ data: old })
  await app.worker?.prune()
  expect(await idempotentAnswer.count({ where: { hash: { startsWith: 'old' } } })).toBe(0)
  const kept = await idempotentAnswer.count()
  expect(kept).toBeGreaterThan(0)
  app.clock.advance(25 * 3_600_000)
  await app.worker?.prune()
  expect(await idempotentAnswer.count()).toBe(0)
})

test.runIf(inject('kind') === 'postgres')('two processes on one database run a request once', async () => {
  const { app } = lent
  const [{ name = '' } = {}] = await app.database.db.$queryRaw<{ name: string }[]>`
    SELECT current_database() AS name`
  const source = inject('postgres')
  const database = await openDatabase({
    url: Object.assign(new URL(source.url), { pathname: `/${name}` }).href,
  })
  const settings = { HOST: '127.0.0.1', PORT: '0', SECRET_KEY: secretKey }
  const config = { ...readConfig(settings), ROLE: 'api' as const }
  const ignore = () => undefined
  const log = { info: ignore, warn: ignore, error: ignore }
  const other = await startApp(config, { database, now: app.clock.now, log })
  onTestFinished(() => other.stop(2_000))
  const key = randomUUID()
  const before = await app.database.db.event.count()
  const all = await Promise.all(
    Array.from({ length: 12 }, (_, index) =>
      send('In two processes', key, index % 2 === 0 ? app.url : (other.url ?? '')),
    ),
  )
  const { answered, waiting } = answersOf(all)
  expect(answered.length + waiting.length).toBe(12)
  expect(new Set(answered.map(({ text }) => text)).size).toBe(1)
  expect(await app.database.db.event.count()).toBe(before + 1)
  const last = await send('In two processes', key, other.url ?? '')
  expect(last).toEqual({ ...answered[0], replayed: 'true' })
})
