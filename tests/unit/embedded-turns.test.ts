import { afterAll, beforeAll, expect, test } from 'vitest'
import { forCaller } from '../../src/db/caller.ts'
import { TakingTurns } from '../../src/db/embedded/turns.ts'

let database: TakingTurns

beforeAll(async () => {
  database = new TakingTurns()
  await database.waitReady
})
afterAll(() => database.close())

/** Asks for many things at once, of which each takes some milliseconds, and notes when each is answered. */
const ask = (name: string, count: number, answered: string[]): Promise<unknown> =>
  forCaller(new AbortController().signal, () =>
    Promise.all(
      Array.from({ length: count }, async () => {
        await database.query('SELECT count(*) FROM generate_series(1, 50000)')
        answered.push(name)
      }),
    ),
  )

test('who asks the embedded database for one thing does not wait for all that others asked for before', async () => {
  const answered: string[] = []
  await Promise.all([ask('many', 20, answered), ask('some', 3, answered), ask('one', 1, answered)])
  expect(answered.indexOf('one')).toBeLessThan(4)
  expect(answered.lastIndexOf('some')).toBeLessThan(9)
  expect(answered).toHaveLength(24)
})

test('the rest of the program goes on between the statements of the embedded database', async () => {
  let ticks = 0
  const ticking = setInterval(() => ticks++, 1)
  await ask('many', 40, [])
  clearInterval(ticking)
  expect(ticks).toBeGreaterThan(5)
})

test('a transaction is one turn, and what is asked for meanwhile comes after it', async () => {
  const answered: string[] = []
  const transaction = forCaller(new AbortController().signal, () =>
    database.transaction(async (tx) => {
      await tx.query('SELECT 1')
      await tx.query('SELECT 2')
      answered.push('transaction')
    }),
  )
  await Promise.all([transaction, ask('one', 1, answered)])
  expect(answered).toEqual(['transaction', 'one'])
})

test('a statement that fails keeps nobody from their turn', async () => {
  const failing = database.query('SELECT 1 / 0')
  await expect(Promise.all([failing, ask('one', 2, [])])).rejects.toThrow('division by zero')
  await expect(database.query('SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] })
})
