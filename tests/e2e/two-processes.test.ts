import { beforeAll, describe, expect, inject, test } from 'vitest'
import { ViewerDocument } from '../../schema/generated/graphql.ts'
import { type Serving, withHome } from '../support/process.ts'
import { type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { allDelivered, envelopeOf, makeEndpoint } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()

// Each process takes seconds.
const patient = { timeout: 90_000 }

describe.skipIf(inject('kind') !== 'postgres')(
  'two processes on one PostgreSQL (the embedded folder has one)',
  () => {
    let key = ''
    let receiver: Receiver
    let endpointId = ''
    let one: Serving
    let two: Serving

    beforeAll(async () => {
      key = await lent.home.newKey()
      receiver = await startReceiver()
      ;[one, two] = await Promise.all([lent.home.serve(), lent.home.serve()])
      const document = 'subscription { events { id } }'
      const input = { url: receiver.url, eventTypes: ['POST_PUBLISHED' as const], document }
      endpointId = (await makeEndpoint(one.clientOf(key), input)).id
      return () => receiver.close()
    }, 90_000)

    test('both take part, and each event is sent once', patient, async () => {
      const took = (serving: Serving) => serving.stderr().includes('delivery attempted')
      const published: string[] = []
      await until(async () => {
        for (const serving of [one, two])
          published.push((await publishNew(serving.clientOf(key), `Issue ${published.length}`)).event.id)
        return published.length >= 20 && took(one) && took(two)
      })
      await allDelivered(one.clientOf(key), endpointId, published.length)

      expect(receiver.requests.map((request) => envelopeOf(request).id).toSorted()).toEqual(
        published.toSorted(),
      )
    })

    test('a key that is revoked on the command line is refused by both within 5 s', patient, async () => {
      const made = await lent.home.run(
        'keys',
        'create',
        '--name',
        'Short-lived',
        '--scope',
        'admin',
        '--json',
      )
      const { id, key: shortLived } = JSON.parse(made.stdout) as { id: string; key: string }
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
