import { beforeAll, describe, expect, inject, test } from 'vitest'
import { ViewerDocument } from '../../schema/generated/graphql.ts'
import { readConfig } from '../../src/config.ts'
import { openCore } from '../../src/core.ts'
import { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { createApiKey } from '../../src/keys/api-key.ts'
import { system } from '../../src/keys/viewer.ts'
import { newId } from '../../src/lib/id.ts'
import { type Serving, withHome } from '../support/process.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { envelopeOf, makeEndpoint } from '../webhooks/subscribing.ts'

const lent = withHome()

// Each process takes seconds.
const patient = { timeout: 90_000 }

describe.skipIf(inject('kind') !== 'postgres')(
  'two processes on one PostgreSQL (the embedded folder has one)',
  () => {
    let key = ''
    let receiver: Receiver
    let one: Serving
    let two: Serving

    beforeAll(async () => {
      key = await lent.home.newKey()
      receiver = await startReceiver()
      ;[one, two] = await Promise.all([lent.home.serve({ ROLE: 'api' }), lent.home.serve()])
      const document = 'subscription { events { id } }'
      // More than one of them takes: what is in flight to an endpoint is counted over all processes.
      const input = { url: receiver.url, eventTypes: ['TAG_CREATED' as const], document, maxInFlight: 100 }
      await makeEndpoint(one.clientOf(key), input)
      return () => receiver.close()
    }, 90_000)

    test(
      'two workers, one of them alone and one that serves, share 2,000 events, and each event is sent once',
      patient,
      async () => {
        const alone = lent.home.start('worker')
        await until(() => alone.stderr().includes('worker is running'))
        const made: string[] = []
        for (let part = 0; part < 4; part++) made.push(...(await recordEvents(500)))
        await until(() => receiver.requests.length >= made.length, 60_000)

        expect(receiver.requests.map((request) => envelopeOf(request).id).toSorted()).toEqual(made.toSorted())
        for (const worker of [alone, two]) expect(worker.stderr()).toContain('delivery attempted')
        expect(one.stderr()).not.toContain('delivery attempted')
        expect((await alone.kill('SIGTERM')).code).toBe(0)
      },
    )

    test('a key that is revoked on the command line is refused by both within 5 s', patient, async () => {
      const { id, key: shortLived } = await lent.home.withDatabase(async (db) => {
        const wanted = { name: 'Short-lived', scopes: [ApiKeyScope.ADMIN], expiresAt: null }
        const made = await createApiKey(db, wanted, new Date())
        return { id: made.apiKey.id, key: made.key }
      })
      const statuses = () =>
        Promise.all(
          [one, two].map(
            async (serving) => (await serving.clientOf(shortLived).send(String(ViewerDocument))).status,
          ),
        )
      expect(await statuses()).toEqual([200, 200])

      await lent.home.run('keys', 'revoke', id)

      await until(async () => (await statuses()).every((status) => status === 401), 5_000)
    })
  },
)

/** Commits that many events in one transaction, as an API process would, and returns their ids. */
const recordEvents = async (count: number): Promise<string[]> => {
  const quiet = () => undefined
  const core = await openCore(readConfig(lent.home.env), { log: { info: quiet, warn: quiet, error: quiet } })
  try {
    const { events } = await core.write(system('test'), async (w) => {
      for (let event = 0; event < count; event++) {
        w.record({
          type: 'tag.created',
          subjectId: newId('tag'),
          subjectVersion: 1,
          changedFields: [],
          previous: null,
          invalidates: ['tags'],
          paths: [],
          isPublic: true,
        })
      }
    })
    return events.map(({ id }) => id)
  } finally {
    await core.close()
  }
}
