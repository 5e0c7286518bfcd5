import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Db } from '../../src/db/client.ts'
import { createDispatcher, type DispatcherParts } from '../../src/webhooks/deliveries/run/dispatcher.ts'
import { until } from '../support/until.ts'

/** A dispatcher over an endpoint that something is always due for, and nothing may be sent to; each claim takes so long. */
const dispatcherWith = (claimMs: number) => {
  const done = { asked: 0, claims: 0 }
  const db = {
    // The one statement outside of a claim.
    $queryRaw: async () => {
      done.asked++
      return [{ id: 'endpoint_1' }]
    },
    $transaction: async () => {
      await pause(claimMs)
      done.claims++
      return { deliveries: [], again: [] }
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
  await until(() => done.claims === 2)
  await dispatcher.drain()
  expect(done).toEqual({ asked: 2, claims: 2 })
})

test('a claim that takes long is not repeated every second, but at once when somebody wakes it', async () => {
  const { dispatcher, done } = dispatcherWith(200)
  dispatcher.tick()
  await until(() => done.claims === 1)

  // It rests for 1.8 s now.
  dispatcher.tick()
  await pause(50)
  expect(done.asked).toBe(1)

  dispatcher.wake()
  await until(() => done.claims === 2)
  await dispatcher.drain()
})
