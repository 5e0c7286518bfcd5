import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { problemsOf } from './event-schema.ts'

/** A request as it arrived, whole. `at` is in milliseconds since the epoch. */
export type ReceivedRequest = {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
  at: number
}

/** What the receiver does once a request has arrived: one of those below, or a function of the test's own. */
export type Behaviour = (response: ServerResponse, request: IncomingMessage) => void

export type Receiver = {
  /** `http://127.0.0.1:<port>/`, to which any path may be added. */
  readonly url: string
  readonly requests: ReceivedRequest[]
  /** Queues what is done with the coming requests, one each. */
  next(...behaviours: Behaviour[]): void
  /** What is done when the queue is empty: at first, 204. */
  always(behaviour: Behaviour): void
  /** Resolves once `count` requests have arrived since the start; rejects, saying how many came, when time is up. */
  waitFor(count: number, timeoutMs?: number): Promise<ReceivedRequest[]>
  /** An outage: connections are cut and refused until `up`, on the same port. */
  down(): Promise<void>
  up(): Promise<void>
  /** Ends it, open connections included; throws when a webhook came that `schema/events.json` does not allow. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a real HTTP server on a free port of 127.0.0.1, which does as it is told and remembers what it got. */
export const startReceiver = async (): Promise<Receiver> => {
  const requests: ReceivedRequest[] = []
  const queue: Behaviour[] = []
  const waiting = new Set<() => void>()
  const problems: string[] = []
  let fallback: Behaviour = answer(204)

  const server = createServer(async (request, response) => {
    response.on('error', () => {}) // the sender may have gone: that is its right
    const body = await readBody(request).catch(() => null)
    if (!body) return
    const { method = '', url: path = '', headers } = request
    requests.push({ method, path, headers, body, at: Date.now() })
    if (isWebhook(headers)) problems.push(...problemsOf(body.toString()))
    for (const check of waiting) check()
    const behaviour = queue.shift() ?? fallback
    behaviour(response, request)
  })

  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })

  const close = async () => {
    await stop()
    if (problems.length > 0) throw new Error(`Sent against schema/events.json: ${problems.join('; ')}`)
  }

  await listen(0)
  const { port } = server.address() as AddressInfo // a TCP server that listens has one

  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    next: (...behaviours) => void queue.push(...behaviours),
    always: (behaviour) => {
      fallback = behaviour
    },
    waitFor: (count, timeoutMs = 10_000) =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void) => {
          clearTimeout(timer)
          waiting.delete(check)
          act()
        }
        const check = () => requests.length >= count && settle(() => resolve(requests))
        const timer = setTimeout(() => {
          const arrived = `${requests.length} of ${count} requests arrived within ${timeoutMs} ms`
          settle(() => reject(new Error(arrived)))
        }, timeoutMs)
        waiting.add(check)
        check()
      }),
    down: stop,
    up: () => listen(port),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Answers with a status, and after a while if so told. */
export const answer = (
  status: number,
  {
    headers = {},
    body = '',
    delayMs = 0,
  }: { headers?: Record<string, string>; body?: string | Buffer; delayMs?: number } = {},
): Behaviour => {
  const respond: Behaviour = (response) => response.writeHead(status, headers).end(body)
  return delayMs === 0 ? respond : (...args) => void setTimeout(respond, delayMs, ...args)
}

/** Answers with a redirect. */
export const redirect = (location: string, status = 302): Behaviour =>
  answer(status, { headers: { location } })

/** Never answers. */
export const hang: Behaviour = () => {}

/** Cuts the connection instead of answering. */
export const reset: Behaviour = (response) => void response.socket?.resetAndDestroy()

/** Answers at once, then sends the body a byte at a time, without end. */
export const trickle =
  (status = 200, everyMs = 10): Behaviour =>
  (response) => {
    response.writeHead(status).flushHeaders()
    const timer = setInterval(() => response.write('.'), everyMs)
    response.on('close', () => clearInterval(timer))
  }

/** Sends not even a whole status line, a byte at a time, without end. */
export const trickleHead =
  (everyMs = 10): Behaviour =>
  ({ socket }) => {
    socket?.write('HTTP/1.1 200 ')
    const timer = setInterval(() => socket?.write('.'), everyMs)
    socket?.on('close', () => clearInterval(timer))
  }

/** Sends a body of that many bytes, as fast as it is taken. */
export const hugeBody = (bytes: number, status = 200): Behaviour => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  return (response) => {
    response.writeHead(status, { 'content-length': String(bytes) })
    let left = bytes
    const pump = () => {
      while (left > 0 && !response.destroyed) {
        const piece = chunk.subarray(0, Math.min(left, chunk.length))
        left -= piece.length
        if (!response.write(piece)) return void response.once('drain', pump)
      }
      response.end()
    }
    pump()
  }
}

/** Sends a few kilobytes of gzip that unpack to that many bytes. */
export const gzipBomb = (bytes = 64 * 1024 * 1024): Behaviour =>
  answer(200, { headers: { 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(bytes)) })

/** Sends bytes of the test's choosing in place of an HTTP answer, and closes. */
export const raw =
  (bytes: string): Behaviour =>
  (response) =>
    void response.socket?.end(bytes)

/** Of the program itself, as against what tests of the sender alone send. */
const isWebhook = (headers: IncomingHttpHeaders): boolean =>
  /^delivery_[0-9a-z]{26}$/.test(String(headers['webhook-id']))

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
