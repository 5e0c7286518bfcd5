import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Call, Route } from '../../src/http/call.ts'
import type { CorsOrigins } from '../../src/http/cors.ts'
import { createHttpServer, type HttpServer } from '../../src/http/server.ts'

export const hello: Route = {
  methods: ['GET'],
  isCrossOrigin: true,
  answer: ({ path, search }) => ({
    status: 200,
    headers: { 'content-type': 'text/plain', vary: 'Accept' },
    body: `hello ${path} ${search}`,
  }),
}

export type Lent = {
  url: string
  port: number
  server: HttpServer
  failures: { error: unknown; call: Call }[]
}

/** Lends a server on a free port, and stops it. */
export const withServer = async (
  routes: Record<string, Route>,
  use: (lent: Lent) => Promise<void>,
  corsOrigins: CorsOrigins = '*',
): Promise<void> => {
  const failures: Lent['failures'] = []
  const onError = (error: unknown, call: Call) => void failures.push({ error, call })
  const server = createHttpServer({ host: '127.0.0.1', port: 0, routes, corsOrigins, onError })
  const { port } = await server.listen()
  try {
    await use({ url: `http://127.0.0.1:${port}`, port, server, failures })
  } finally {
    await server.stop(0)
  }
}

/** A client without manners: sends bytes, keeps what comes back. */
export const openSocket = async (port: number): Promise<{ socket: Socket; received: () => string }> => {
  const socket = connect(port, '127.0.0.1')
  const chunks: string[] = []
  socket.setEncoding('utf8').on('data', (chunk) => chunks.push(String(chunk)))
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return { socket, received: () => chunks.join('') }
}

/** A route whose answers wait until they are let go. */
export const held = () => {
  const arrived = Promise.withResolvers<Call>()
  const deleteSomeEndpoints = Promise.withResolvers<void>()
  const route: Route = {
    methods: ['GET'],
    answer: async (call) => {
      arrived.resolve(call)
      await deleteSomeEndpoints.promise
      return { status: 200, body: 'done' }
    },
  }
  return { route, arrived: arrived.promise, deleteSomeEndpoints: deleteSomeEndpoints.resolve }
}
