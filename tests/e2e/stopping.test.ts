import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { beforeAll, expect, test } from 'vitest'
import { LatestPostsDocument } from '../../schema/generated/graphql.ts'
import { type Serving, withHome } from '../support/process.ts'
import { answer, hang, type Receiver, startReceiver } from '../support/receiver.ts'
import { until } from '../support/until.ts'
import { deliveryOf, makeEndpoint } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()

let key = ''
let receiver: Receiver
let endpointId = ''
let serving: Serving
let eventId = ''

// Each start takes seconds.
const patient = { timeout: 120_000 }

beforeAll(async () => {
  key = await lent.home.newKey()
  receiver = await startReceiver()
  serving = await lent.home.serve()
  const { id } = await makeEndpoint(serving.clientOf(key), {
    url: receiver.url,
    eventTypes: ['POST_PUBLISHED'],
  })
  endpointId = id
  return () => receiver.close()
}, 120_000)

test(
  'SIGTERM: a request in flight is answered, new ones are refused, a delivery in flight ends, exit code 0',
  patient,
  async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    receiver.next((response) => void released.then(() => response.writeHead(204).end()))
    eventId = (await publishNew(serving.clientOf(key), 'Told while stopping')).event.id
    await receiver.waitFor(1)
    const halfSent = await sendHalf(serving.url)

    const ended = serving.kill('SIGTERM')
    await until(() => refusesConnections(serving.url))
    const answered = await halfSent.sendTheRest()
    release()

    expect(answered).toMatchObject({ status: 200, body: { data: { posts: { nodes: expect.any(Array) } } } })
    expect(await ended).toMatchObject({ code: 0, signal: null })
  },
)

test('what was delivered while stopping is not sent again by the next start', patient, async () => {
  serving = await lent.home.serve()
  const admin = serving.clientOf(key)
  const delivery = await deliveryOf(admin, endpointId, eventId)
  await publishNew(admin, 'A later one')
  await receiver.waitFor(2)

  expect(delivery).toMatchObject({ status: 'DELIVERED', attempts: [{ number: 1, statusCode: 204 }] })
  expect(receiver.requests.filter(({ headers }) => headers['webhook-id'] === delivery.id)).toHaveLength(1)
})

test(
  'SIGINT with a receiver that hangs: exit code 0 within 10 s, and the cut delivery used up no attempt',
  patient,
  async () => {
    receiver.always(hang)
    eventId = (await publishNew(serving.clientOf(key), 'Cut off')).event.id
    await receiver.waitFor(3)
    const startedAt = performance.now()

    expect(await serving.kill('SIGINT')).toMatchObject({ code: 0, signal: null })
    // It ends itself after 9.8 s; the rest is for a loaded machine. A delivery that was waited for would be an attempt, below.
    expect(performance.now() - startedAt).toBeLessThan(40_000)

    receiver.always(answer(204))
    serving = await lent.home.serve()
    const [, , cut, again] = await receiver.waitFor(4, 60_000)
    const delivery = await deliveryOf(
      serving.clientOf(key),
      endpointId,
      eventId,
      ({ status }) => status === 'DELIVERED',
    )
    expect(again?.headers['webhook-id']).toBe(cut?.headers['webhook-id'])
    expect(again?.body.equals(cut?.body ?? Buffer.alloc(0))).toBe(true)
    expect(delivery.attempts).toMatchObject([{ number: 1, statusCode: 204 }])
  },
)

test('a second signal stops at once, whatever is in flight', patient, async () => {
  const halfSent = await sendHalf(serving.url)
  const ended = serving.kill('SIGTERM')
  await until(() => refusesConnections(serving.url))
  serving.kill('SIGTERM')

  expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM' })
  await expect(halfSent.sendTheRest()).rejects.toThrow()
})

test('the log of all that holds no key and no secret', () => {
  expect(serving.stderr()).toContain('delivery attempted')
  expect(serving.stderr()).not.toMatch(/pw_|whsec_/)
})

/** A request that the server has taken on, and whose body waits for the test. */
const sendHalf = async (url: string) => {
  const body = JSON.stringify({ query: String(LatestPostsDocument) })
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    // The server answers 100 once it has the head: then the request is in flight.
    expect: '100-continue',
  }
  const sending: ClientRequest = request(`${url}/graphql`, { method: 'POST', headers })
  const response = once(sending, 'response') as Promise<[IncomingMessage]>
  response.catch(() => undefined)
  sending.flushHeaders()
  await once(sending, 'continue')
  sending.write(body.slice(0, 20))
  const sendTheRest = async () => {
    sending.end(body.slice(20))
    const [message] = await response
    return { status: message.statusCode, body: JSON.parse(await text(message)) as unknown }
  }
  return { sendTheRest }
}

const refusesConnections = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`).then(
    () => false,
    (error: Error) => (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED',
  )
