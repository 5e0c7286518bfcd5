import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { openCore } from '../../src/core.ts'
import { system } from '../../src/keys/viewer.ts'
import { setEndpointStatus } from '../../src/webhooks/endpoints/status.ts'
import type { Write, Writer } from '../../src/write/write.ts'
import { type TestApp, withApp } from '../support/app.ts'
import { startReceiver } from '../support/receiver.ts'
import { deliveryOf, subscribe, updateEndpoint } from './subscribing.ts'
import { publishNew } from './writing.ts'

// The worker never looks by itself, as it does every second and every 10 s: what is sent here is sent with a commit.
beforeAll(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
const lent = withApp()
afterAll(() => void vi.useRealTimers())

const setActive = (write: Writer, id: string) =>
  write(system('a test'), (w: Write) => setEndpointStatus(w, id, 'ACTIVE', null))

/** Another process on the same database: what it commits is heard of by notification alone. */
const setActiveElsewhere = async ({ database: { driver } }: TestApp, id: string) => {
  const DATABASE_URL = 'pool' in driver ? driver.pool.options.connectionString : undefined
  const quiet = () => undefined
  const config = readConfig({ DATABASE_URL, SECRET_KEY: 'a secret key that only this test suite uses' })
  const core = await openCore(config, { log: { info: quiet, warn: quiet, error: quiet } })
  await setActive(core.write, id)
  await core.close()
}

const ways: { way: string; make: (app: TestApp, id: string) => Promise<unknown> }[] = [
  { way: 'by its manager', make: ({ admin }, id) => updateEndpoint(admin, { id, status: 'ACTIVE' }) },
  { way: 'by the program itself', make: ({ core }, id) => setActive(core.write, id) },
  ...(inject('kind') === 'postgres' ? [{ way: 'by another process', make: setActiveElsewhere }] : []),
]

test.for(ways)('an endpoint that is set active $way is sent what waits at once', async ({ make }) => {
  const { app } = lent
  await using receiver = await startReceiver()
  const document = 'subscription { events { id } }'
  const { id } = await subscribe(app.admin, { url: receiver.url, eventTypes: ['POST_PUBLISHED'], document })
  await updateEndpoint(app.admin, { id, status: 'PAUSED' })
  const { event } = await publishNew(app.admin, 'Waits until then')
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'PENDING')

  await make(app, id)

  await receiver.waitFor(1)
  await deliveryOf(app.admin, id, event.id, ({ status }) => status === 'DELIVERED')
  expect(receiver.requests).toHaveLength(1)
})
