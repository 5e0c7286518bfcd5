import { connect, type Socket } from 'node:net'
import { createSchema, createYoga } from 'graphql-yoga'
import { describe, expect, test, vi } from 'vitest'
import type { Call } from '../../src/http/call.ts'
import {
  type GraphQLCall,
  type GraphQLRouteOptions,
  graphqlRoute,
  paramsFromCall,
} from '../../src/http/graphql-route.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { get, post, withGraphQL } from '../support/graphql-server.ts'
import { openSocket } from '../support/http-server.ts'

describe('subscriptions', () => {
  const subscription =
    'POST /graphql HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\n'
  const query = '{"query":"subscription { tick }"}'

  test('stream events, and end their source when the caller goes away while it waits', async () => {
    await withGraphQL(async ({ port, source, failures }) => {
      const { socket, received } = await openSocket(port)
      socket.write(`${subscription}Content-Length: ${query.length}\r\n\r\n${query}`)
      await vi.waitFor(() => expect(received()).toContain('data: {"data":{"tick":1}}'))
      expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*content-type: text\/event-stream\r\n/i)
      expect(received()).not.toMatch(/content-encoding/i)
      expect(source.ended).toBe(false)
      socket.destroy()
      await vi.waitFor(() => expect(source.ended).toBe(true))
      expect(failures).toEqual([])
    })
  })

  test('end when the server stops', async () => {
    await withGraphQL(async ({ port, source, server }) => {
      const { socket, received } = await openSocket(port)
      socket.write(`${subscription}Content-Length: ${query.length}\r\n\r\n${query}`)
      await vi.waitFor(() => expect(received()).toContain('data: {"data":{"tick":1}}'))
      await server.stop(3_600_000)
      await vi.waitFor(() => expect(source.ended).toBe(true))
      await vi.waitFor(() => expect(received()).toMatch(/\r\n0\r\n\r\n$/))
    })
  })
})

describe('a subscriber who does not read', () => {
  /** A server whose subscription has more to say than any buffer holds, and a socket that has asked for it. */
  const withEndlessStream = async (stallMs: number, use: (lent: Endless) => Promise<void>) => {
    const source = { told: 0, ended: false }
    async function* endless() {
      try {
        for (;;) {
          source.told++
          yield { talk: 'x'.repeat(64 * 1024) }
        }
      } finally {
        source.ended = true
      }
    }
    const yoga = createYoga<GraphQLCall>({
      schema: createSchema({
        typeDefs: 'type Query { a: Int } type Subscription { talk: String }',
        resolvers: { Subscription: { talk: { subscribe: endless } } },
      }),
      logging: false,
      plugins: [paramsFromCall()],
    })
    const server = createHttpServer({
      host: '127.0.0.1',
      port: 0,
      routes: { '/graphql': graphqlRoute({ yoga }) },
      corsOrigins: '*',
      stallMs,
      onError: (error) => expect.unreachable(String(error)),
    })
    const { port } = await server.listen()
    const socket = connect(port, '127.0.0.1')
    const query = '{"query":"subscription { talk }"}'
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${query.length}\r\n\r\n${query}`,
    )
    try {
      await use({ socket, source })
    } finally {
      socket.destroy()
      await server.stop(0)
    }
  }
  type Endless = { socket: Socket; source: { told: number; ended: boolean } }
  // What the system's buffers of a connection within one machine hold at most is some megabytes.
  const most = (32 * 1024 * 1024) / (64 * 1024)

  test('is told no more than the buffers hold, and goes on where it was once it reads', async () => {
    await withEndlessStream(60_000, async ({ socket, source }) => {
      let told = -1
      await vi.waitFor(
        () => {
          const before = told
          told = source.told
          expect(told).toBeGreaterThan(1)
          expect(told).toBe(before)
        },
        { interval: 100, timeout: 10_000 },
      )
      expect(told).toBeLessThan(most)
      socket.resume()
      await vi.waitFor(() => expect(source.told).toBeGreaterThan(told + most), 10_000)
      expect(source.ended).toBe(false)
    })
  })

  test('is cut off after a while, and its source ends', async () => {
    await withEndlessStream(200, async ({ socket, source }) => {
      await vi.waitFor(() => expect(source.ended).toBe(true), { timeout: 10_000 })
      expect(source.told).toBeLessThan(most)
      socket.on('error', () => undefined).resume()
      await vi.waitFor(() => expect(socket.closed).toBe(true))
    })
  })
})

describe('what stands before Yoga', () => {
  test('may answer by itself, or ask Yoga and change its answer', async () => {
    const seen: GraphQLCall[] = []
    const intercept: GraphQLRouteOptions['intercept'] = async (call, execute) => {
      seen.push(call)
      if (call.params.operationName === 'Stored') return { status: 200, body: 'stored' }
      const answer = await execute()
      return { ...answer, headers: { ...answer.headers, etag: '"1"' } }
    }
    await withGraphQL(
      async ({ url }) => {
        const stored = await post(url, '{"query":"query Stored { fail }","operationName":"Stored"}')
        expect(await stored.text()).toBe('stored')
        const executed = await post(url, '{"query":"{ hello }","variables":{"a":1}}')
        expect([executed.headers.get('etag'), await executed.json()]).toEqual([
          '"1"',
          { data: { hello: 'hello you' } },
        ])
        expect(seen[1]?.params).toMatchObject({ query: '{ hello }', variables: { a: 1 } })
      },
      { intercept },
    )
  })

  test('may show a page, which is asked for no parameters', async () => {
    const page = ({ request }: Call) =>
      request.headers.accept === 'text/html' ? Promise.resolve({ status: 200, body: 'page' }) : undefined
    await withGraphQL(
      async ({ url }) => {
        expect(await (await get(url, {}, { headers: { accept: 'text/html' } })).text()).toBe('page')
        expect((await get(url, {})).status).toBe(400)
      },
      { page },
    )
  })

  test("is told nothing of a resolver's failure: Yoga masks it in the answer", async () => {
    await withGraphQL(async ({ url, failures }) => {
      const text = await (await post(url, '{"query":"{ fail }"}')).text()
      expect(text).toContain('INTERNAL_SERVER_ERROR')
      expect(text).not.toContain('secret')
      expect(failures).toEqual([])
    })
  })
})
