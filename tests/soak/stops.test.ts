import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { type Ended, type Serving, withHome } from '../support/process.ts'
import { answer, hang, type Receiver, startReceiver } from '../support/receiver.ts'
import { startSilence } from '../support/silence.ts'
import { until } from '../support/until.ts'
import { makeEndpoint, unsubscribe } from '../webhooks/subscribing.ts'
import { publishNew } from '../webhooks/writing.ts'

const lent = withHome()
const patient = { timeout: 600_000 }
let key = ''
let receiver: Receiver

beforeAll(async () => {
  key = await lent.home.newKey()
  receiver = await startReceiver()
  return () => receiver.close()
}, 120_000)

/** What every end has to be. Ten seconds are what supervisors wait before they kill. */
const expectGoodEnd = async (end: () => Promise<Ended>) => {
  const askedAt = performance.now()
  const ended = await end()
  expect(performance.now() - askedAt, ended.stderr).toBeLessThan(10_000)
  return ended
}

test(
  'SIGTERM with a collector of traces that is away, or silent: exit code 0 within 10 s',
  patient,
  async () => {
    const silence = await startSilence()
    for (const port of [await freePort(), silence.port]) {
      const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${port}`
      const serving = await lent.home.serve({ OTEL_EXPORTER_OTLP_ENDPOINT })
      await publishNew(serving.clientOf(key), 'Traced')
      expect(await expectGoodEnd(() => serving.kill('SIGTERM'))).toMatchObject({ code: 0 })
    }
    expect(silence.sockets.size).toBeGreaterThan(0)
    silence.close()
  },
)

test(
  'SIGTERM with 4 requests that stall half way and 4 receivers that hang: exit code 0 within 10 s',
  patient,
  async () => {
    const serving = await lent.home.serve()
    const admin = serving.clientOf(key)
    receiver.always(hang)
    const ids: string[] = []
    for (let number = 0; number < 4; number++) {
      const input = { url: `${receiver.url}${number}`, eventTypes: ['POST_PUBLISHED' as const] }
      ids.push((await makeEndpoint(admin, input)).id)
    }
    await publishNew(admin, 'To those that hang')
    await receiver.waitFor(4)
    const stalled = await Promise.all(Array.from({ length: 4 }, () => stall(serving.url)))

    expect(await expectGoodEnd(() => serving.kill('SIGTERM'))).toMatchObject({ code: 0 })

    for (const socket of stalled) socket.destroy()
    receiver.always(answer(204))
    const next = await lent.home.serve()
    for (const id of ids) await unsubscribe(next.clientOf(key), id)
    expect(await expectGoodEnd(() => next.kill('SIGTERM'))).toMatchObject({ code: 0 })
  },
)

test('32 busy kept-alive connections over 5 restarts by SIGTERM: not one is reset', patient, async () => {
  // One address for all of them, as behind a service of Kubernetes; limits of requests are not what is tried here.
  const env = { PORT: String(await freePort()), RATE_LIMIT_PER_MINUTE: '0' }
  const tally: Record<string, number> = {}
  const count = (what: string) => {
    tally[what] = (tally[what] ?? 0) + 1
  }
  let isBusy = true
  let serving: Serving = await lent.home.serve(env)
  const { url } = serving
  const clients = Array.from({ length: 32 }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (isBusy) {
      const outcome = await ask(url, agent)
      count(outcome)
      if (outcome === 'ECONNREFUSED') await pause(50)
    }
    agent.destroy()
  })
  for (let restart = 0; restart < 5; restart++) {
    const before = tally[200] ?? 0
    await until(() => (tally[200] ?? 0) > before + 200, 60_000)
    expect(await expectGoodEnd(() => serving.kill('SIGTERM'))).toMatchObject({ code: 0 })
    serving = await lent.home.serve(env)
  }
  isBusy = false
  await Promise.all(clients)
  // Between two processes nobody listens.
  const { 200: answered, ECONNREFUSED: _, ...others } = tally
  expect(others).toEqual({})
  expect(answered).toBeGreaterThan(1_000)
  expect(await expectGoodEnd(() => serving.kill('SIGTERM'))).toMatchObject({ code: 0 })
})

test(
  'SIGTERM at 20 moments of a start: exit code 0 or by the signal, within 10 s, and the next start works',
  patient,
  async () => {
    const begunAt = performance.now()
    const whole = await lent.home.serve()
    const lifeMs = performance.now() - begunAt
    await whole.kill('SIGTERM')
    for (let moment = 0; moment < 20; moment++) {
      const program = lent.home.start('serve')
      // Every part of a start is met once, whatever the chance says.
      await pause(((moment + Math.random()) / 20) * lifeMs)
      const { code, signal, stderr } = await expectGoodEnd(() => program.kill('SIGTERM'))
      // Before Node has begun there is nobody to catch it.
      expect([code, signal], stderr).toEqual(signal ? [null, 'SIGTERM'] : [0, null])
      expect(stderr).not.toMatch(/\n\s+at /)
    }
    const next = await lent.home.serve()
    await publishNew(next.clientOf(key), 'After twenty stops')
    expect(await expectGoodEnd(() => next.kill('SIGTERM'))).toMatchObject({ code: 0 })
  },
)

/** A POST whose body stops after its first half; resolves once the server has it in hand. */
const stall = async (url: string): Promise<Socket> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname).on('error', () => undefined)
  socket.write(
    'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\nexpect: 100-continue\r\n\r\n',
  )
  await once(socket, 'data')
  socket.write('{"query":')
  return socket
}

/** The status of an answer that has come whole, or the code of what went wrong. */
const ask = (url: string, agent: Agent): Promise<string> =>
  new Promise((resolve) => {
    const body = JSON.stringify({ query: '{ posts(first: 1) { nodes { id } } }' })
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)
    request(`${url}/graphql`, { method: 'POST', agent, headers }, (response) => {
      response
        .resume()
        .on('error', failed)
        .on('end', () => resolve(String(response.statusCode)))
    })
      .on('error', failed)
      .end(body)
  })
