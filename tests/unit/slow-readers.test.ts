import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, test } from 'vitest'
import type { Call, Route } from '../../src/http/call.ts'
import { createHttpServer, type HttpServerOptions } from '../../src/http/server.ts'
import { until } from '../support/until.ts'

// More than the system's buffers of a connection within one machine hold.
const large = Buffer.alloc(16_000_000, 'x')
const answering = (body: () => string | Uint8Array | Readable, isShared = false): Route => ({
  methods: ['GET', 'POST'],
  answer: () => ({ status: 200, body: body(), isShared }),
})
const routes: Record<string, Route> = {
  '/text': answering(() => large.toString()),
  '/bytes': answering(() => large),
  '/shared': answering(() => large, true),
  '/stream': answering(() => Readable.from([large, large])),
  '/small': answering(() => 'small'),
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const serve = async (options: Partial<HttpServerOptions> = {}) => {
  const answered: { path: string; cut: boolean; status: number }[] = []
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    routes,
    corsOrigins: '*',
    onError: (error) => expect.unreachable(String(error)),
    onAnswered: ({ path, facts }: Call, status) => answered.push({ path, status, cut: facts.cut === true }),
    ...options,
  })
  const { port } = await server.listen()
  ends.push(() => server.stop(0))
  /** Asks, and reads nothing before it is told to. */
  const ask = (path: string) => {
    const socket = connect(port, '127.0.0.1')
    const state = { socket, received: 0, text: '', isClosed: false }
    socket.pause()
    socket.on('data', (chunk: Buffer) => {
      state.received += chunk.length
      if (state.text.length < 2_000) state.text += chunk.toString('latin1')
    })
    socket.on('error', () => undefined).on('close', () => Object.assign(state, { isClosed: true }))
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    ends.push(() => socket.destroy())
    return state
  }
  return { port, url: `http://127.0.0.1:${port}`, answered, ask }
}

/** Takes a little again and again. */
const sip = (socket: Socket) => {
  const timer = setInterval(() => {
    socket.resume()
    setImmediate(() => socket.pause())
  }, 20)
  ends.push(() => clearInterval(timer))
}

describe('a caller who takes nothing of his answer', () => {
  test.each(['/text', '/bytes', '/shared', '/stream'])('is cut off after a while: %s', async (path) => {
    const { ask, answered } = await serve({ stallMs: 300 })
    ask(path)
    await until(() => answered.length > 0)
    expect(answered).toEqual([{ path, status: 200, cut: true }])
  })

  test('is cut off, one who takes it slowly is not', async () => {
    const { ask, answered } = await serve({ stallMs: 1_500 })
    const slow = ask('/bytes')
    sip(slow.socket)
    await until(() => slow.received > large.length || slow.isClosed, 25_000)
    expect([slow.isClosed, answered.map(({ cut }) => cut)]).toEqual([false, [false]])
  })
})

describe('what is held for those who read slowly is bounded', () => {
  const heldBytesLimits = { ofCaller: 20_000_000, inAll: 40_000_000 }
  const isTrusted = () => true

  test('for one caller, who is told so; others are answered, and he is once he reads', async () => {
    const { ask, url } = await serve({ heldBytesLimits, isTrusted })
    const headersOf = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    const first = ask('/bytes')
    await until(() => first.socket.bytesWritten > 0)
    const statusOf = async (path: string, address: string) => {
      const response = await fetch(url + path, headersOf(address))
      await response.arrayBuffer()
      return [response.status, response.headers.get('retry-after')]
    }
    await until(async () => (await statusOf('/bytes', '127.0.0.1'))[0] === 429)
    expect(await statusOf('/bytes', '127.0.0.1')).toEqual([429, '5'])
    expect(await statusOf('/small', '127.0.0.1')).toEqual([200, null])
    expect(await statusOf('/shared', '127.0.0.1')).toEqual([200, null])
    expect(await statusOf('/bytes', '203.0.113.1')).toEqual([200, null])
    first.socket.resume()
    await until(async () => (await statusOf('/bytes', '127.0.0.1'))[0] === 200)
  })

  test('in all: who has taken nothing for longest makes room', async () => {
    const { ask, url, answered } = await serve({ heldBytesLimits: { ofCaller: 1e9, inAll: 40_000_000 } })
    const [oldest, newer] = [ask('/bytes'), ask('/bytes')]
    await until(async () => {
      const response = await fetch(`${url}/bytes`).catch(() => null)
      await response?.arrayBuffer().catch(() => undefined)
      return response?.status === 200
    })
    await until(() => answered.some(({ cut }) => cut))
    expect([oldest, newer].filter(({ isClosed }) => isClosed).length).toBeLessThanOrEqual(1)
  })
})

describe('connections', () => {
  const connectionLimits = { ofCaller: 5, inAll: 100 }

  test('of one address: the one that has waited for nothing for longest makes room for a new one', async () => {
    const { port, url } = await serve({ connectionLimits })
    const closed: number[] = []
    for (let number = 0; number < 8; number++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('close', () => closed.push(number)).on('error', () => undefined)
      ends.push(() => socket.destroy())
      await new Promise((resolve) => socket.once('connect', resolve))
    }
    await until(() => closed.length === 3)
    expect(closed.toSorted()).toEqual([0, 1, 2])
    expect((await fetch(`${url}/small`)).status).toBe(200)
  })

  test('of one address: where all are being answered a new one is told so', async () => {
    let arrived = 0
    const held: Route = { methods: ['GET'], answer: () => new Promise(() => arrived++) }
    const { ask } = await serve({ connectionLimits, routes: { ...routes, '/held': held } })
    const busy = Array.from({ length: 5 }, () => ask('/held'))
    await until(() => arrived === 5)
    const refused = ask('/small')
    refused.socket.resume()
    await until(() => refused.isClosed)
    expect(refused.text).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5\r\n[\s\S]*SERVICE_UNAVAILABLE/i)
    expect(busy.some(({ isClosed }) => isClosed)).toBe(false)
  })

  test('of a trusted proxy are bounded by what there is in all alone', async () => {
    const { ask } = await serve({ connectionLimits, isTrusted: (ip) => ip === '127.0.0.1' })
    const all = Array.from({ length: 20 }, () => ask('/small'))
    for (const { socket } of all) socket.resume()
    await until(() => all.every(({ text }) => text.startsWith('HTTP/1.1 200')))
    expect(all.some(({ isClosed }) => isClosed)).toBe(false)
  })
})

describe('pipelined requests', () => {
  test('are answered in their order, one after the other', async () => {
    let inFlight = 0
    let most = 0
    const counted: Route = {
      methods: ['GET'],
      answer: async ({ search }) => {
        most = Math.max(most, ++inFlight)
        await new Promise((resolve) => setImmediate(resolve))
        inFlight--
        return { status: 200, body: `answer ${search};` }
      },
    }
    const { port } = await serve({ routes: { '/counted': counted } })
    const socket = connect(port, '127.0.0.1')
    ends.push(() => socket.destroy())
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    const numbers = Array.from({ length: 50 }, (_, number) => number)
    socket.write(numbers.map((number) => `GET /counted?${number} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
    await until(() => text.includes('answer 49;'))
    expect([...text.matchAll(/answer (\d+);/g)].map(([, number]) => Number(number))).toEqual(numbers)
    expect(most).toBe(1)
  })

  test('that pile up behind an answer without an end are cut off', async () => {
    const { port } = await serve({
      routes: { '/endless': answering(() => new Readable({ read: () => undefined })) },
    })
    const socket = connect(port, '127.0.0.1')
    ends.push(() => socket.destroy())
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    socket.on('error', () => undefined).on('close', () => resolve())
    socket.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200))
    await closed
  })
})
