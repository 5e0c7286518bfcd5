import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { createDispatcher, type DispatcherParts } from '../../src/webhooks/deliveries/run/dispatcher.ts'
import { until } from '../support/until.ts'

type Claims = (tx: {
  $queryRaw: (statement: unknown, ...values: unknown[]) => Promise<[]>
}) => Promise<unknown>

/** A dispatcher over endpoints that something is always due for, and nothing may be sent to; each claim takes so long. */
const dispatcherWith = (claimMs: number, endpoints = ['endpoint_1']) => {
  const done = { asked: 0, claims: [] as unknown[] }
  const db = {
    // The one statement outside of a claim.
    $queryRaw: async () => {
      done.asked++
      return endpoints.map((id) => ({ id }))
    },
    $transaction: async (claims: Claims) => {
      await pause(claimMs)
      const lists: unknown[] = []
      const claimed = await claims({
        $queryRaw: async (_statement, ...values) => {
          lists.push(values.find(Array.isArray))
          return []
        },
      })
      // What it locks is what it claims for.
      done.claims.push(lists[0])
      return claimed
    },
  }
  const parts = { db: db as unknown as Db, now: () => new Date(0), onError: () => undefined }
  return { dispatcher: createDispatcher(parts as unknown as DispatcherParts), done }
}

test('who wakes it while it claims has it ask what is due once more', async () => {
  const { dispatcher, done } = dispatcherWith(20)
  dispatcher.wake()
  await until(() => done.asked === 1)
  dispatcher.wake()
  dispatcher.wake()
  await until(() => done.claims.length === 2)
  await dispatcher.drain()
  expect(done).toEqual({ asked: 2, claims: [['endpoint_1'], ['endpoint_1']] })
})

test('a claim that takes long is not repeated every second, but at once when somebody wakes it', async () => {
  const { dispatcher, done } = dispatcherWith(200)
  dispatcher.tick()
  await until(() => done.claims.length === 1)

  // It rests for 1.8 s now.
  dispatcher.tick()
  await until(() => done.asked === 2)
  await pause(50)
  dispatcher.wake()
  await until(() => done.claims.length === 2)
  await dispatcher.drain()
  expect(done).toMatchObject({ asked: 3, claims: [['endpoint_1'], ['endpoint_1']] })
})

test('while the endpoint of a claim that took long rests, others are asked for every second', async () => {
  const endpoints = ['endpoint_slow']
  const { dispatcher, done } = dispatcherWith(200, endpoints)
  dispatcher.tick()
  await until(() => done.claims.length === 1)

  // It rests for 1.8 s now, and another one has a retry.
  endpoints.push('endpoint_other')
  dispatcher.tick()
  await until(() => done.claims.length === 2)
  await dispatcher.drain()
  expect(done.claims).toEqual([['endpoint_slow'], ['endpoint_other']])
})
