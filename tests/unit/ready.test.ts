import { expect, test } from 'vitest'
import type { Call } from '../../src/http/call.ts'
import { readyRoute } from '../../src/http/health.ts'

test('however many probes ask at once, the database is asked once, and again by the next', async () => {
  const asked: ((reason: null) => void)[] = []
  const route = readyRoute(() => new Promise<null>((resolve) => asked.push(resolve)))
  const probe = async () => (await route.answer({ stopping: new AbortController().signal } as Call)).status

  const together = Array.from({ length: 20 }, probe)
  expect(asked).toHaveLength(1)
  asked[0]?.(null)
  expect(new Set(await Promise.all(together))).toEqual(new Set([200]))

  const next = probe()
  expect(asked).toHaveLength(2)
  asked[1]?.(null)
  expect(await next).toBe(200)
})

test('a server that is about to stop is not ready, and asks nothing', async () => {
  const route = readyRoute(() => Promise.reject(new Error('asked')))
  expect((await route.answer({ stopping: AbortSignal.abort() } as Call)).status).toBe(503)
})
