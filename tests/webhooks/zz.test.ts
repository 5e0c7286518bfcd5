import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { deliveriesTo, subscribe } from './subscribing.ts'
import { publish, saveNew } from './writing.ts'
const lent = withApp()
test('x', { timeout: 120_000 }, async () => {
  const { app } = lent
  await using receiver = await startReceiver()
  const { id } = await subscribe(app.admin, { url: receiver.url })
  const ids: string[] = []
  for (let i = 0; i < 30; i++) ids.push(await saveNew(app.admin, `T ${i}`))
  const t0 = performance.now()
  await Promise.all(ids.map((post) => publish(app.admin, post)))
  console.error('ms', performance.now() - t0)
  await new Promise((r) => setTimeout(r, 3000))
  const all = await deliveriesTo(app.admin, id)
  console.error(Object.groupBy(all, (d) => `${d.status} ${d.reason}`) && [...new Set(all.map((d) => `${d.status} ${d.reason}`))], all.filter((d) => d.status === 'FAILED').length, 'of', all.length)
  expect(1).toBe(1)
})
