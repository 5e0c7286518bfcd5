import { once } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { readGraphQLParams } from '../../src/http/body.ts'
import type { Route } from '../../src/http/call.ts'
import { firstError, get, json, post, withGraphQL } from '../support/graphql-server.ts'
import { openSocket, withServer } from '../support/http-server.ts'

describe('requests', () => {
  test('by POST and by GET are answered, with variables, operation name and unknown parameters', async () => {
    await withGraphQL(async ({ url }) => {
      const query = 'query A($name: String) { hello(name: $name) } query B { fail }'
      const params = { query, operationName: 'A', variables: { name: 'Zoë' }, somethingElse: 1 }
      const expected = { data: { hello: 'hello Zoë' } }
      expect(await (await post(url, JSON.stringify(params))).json()).toEqual(expected)
      const asText = { query, operationName: 'A', variables: '{"name":"Zoë"}' }
      expect(await (await get(url, asText)).json()).toEqual(expected)
    })
  })

  test('by HEAD have the headers of GET and no body', async () => {
    await withGraphQL(async ({ url }) => {
      const head = await get(url, { query: '{ hello }' }, { method: 'HEAD' })
      expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '30', ''])
    })
  })

  test('that change something are not taken by GET', async () => {
    await withGraphQL(async ({ url }) => {
      expect((await get(url, { query: 'mutation { touch }' })).status).toBe(405)
    })
  })

  test('in UTF-8, said in any spelling, are JSON; everything else is 415', async () => {
    await withGraphQL(async ({ url }) => {
      const body = '{"query":"{ hello }"}'
      for (const type of [
        'application/json; charset=utf-8',
        'Application/JSON;charset="UTF-8"',
        'application/json;x=y',
      ]) {
        expect((await post(url, body, { 'content-type': type })).status).toBe(200)
      }
      for (const type of [
        'text/plain',
        'application/graphql',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/json; charset=utf-16',
        'text/plain; application/json',
        'application/jsonp',
        '',
      ]) {
        const response = await post(url, Buffer.from(body), { 'content-type': type })
        expect([type, response.status]).toEqual([type, 415])
        expect((await firstError(response)).code).toBe('BAD_USER_INPUT')
      }
    })
  })

  test('with a Content-Encoding are 415, whatever it says', async () => {
    await withGraphQL(async ({ url }) => {
      for (const encoding of ['gzip', 'br', 'identity', 'none']) {
        const response = await post(url, '{"query":"{ hello }"}', { ...json, 'content-encoding': encoding })
        expect([encoding, response.status]).toEqual([encoding, 415])
      }
    })
  })

  test.each([
    ['{"query":', 'The body is not JSON.'],
    ['', 'The body is not JSON.'],
    ['[{"query":"{ hello }"}]', 'Send one GraphQL request at a time: batches are not supported.'],
    ['"{ hello }"', 'Send an object with "query", and "variables" and "operationName" if needed.'],
    ['null', 'Send an object with "query", and "variables" and "operationName" if needed.'],
    ['{}', 'Send a GraphQL document as the parameter "query".'],
    ['{"qeury":"{ hello }"}', 'Send a GraphQL document as the parameter "query".'],
    ['{"query":null}', 'Send a GraphQL document as the parameter "query".'],
    ['{"query":1}', 'The parameter "query" must be a string.'],
    ['{"query":"{ hello }","variables":"{}"}', 'The parameter "variables" must be an object.'],
    ['{"query":"{ hello }","variables":[]}', 'The parameter "variables" must be an object.'],
    ['{"query":"{ hello }","operationName":{}}', 'The parameter "operationName" must be a string.'],
    ['{"query":"{ hello }","extensions":1}', 'The parameter "extensions" must be an object.'],
  ])('%s is 400 and says why', async (body, message) => {
    await withGraphQL(async ({ url }) => {
      const response = await post(url, body)
      expect(response.status).toBe(400)
      expect(await firstError(response)).toEqual({ message, code: 'BAD_USER_INPUT' })
    })
  })

  test('that are not UTF-8, or whose query string holds broken JSON, are 400', async () => {
    await withGraphQL(async ({ url, failures }) => {
      const latin1 = Buffer.from('{"query":"{ hello(name: \\"Zoë\\") }"}', 'latin1')
      expect(await firstError(await post(url, latin1))).toMatchObject({ message: 'The body is not UTF-8.' })
      const broken = await get(url, { query: '{ hello }', variables: '{' })
      expect(broken.status).toBe(400)
      expect(await firstError(broken)).toMatchObject({ message: 'The parameter "variables" is not JSON.' })
      expect(failures).toEqual([])
    })
  })

  test('of an Apollo link with only a hash get the words that make it send whole queries', async () => {
    await withGraphQL(async ({ url }) => {
      const extensions = { persistedQuery: { version: 1, sha256Hash: 'ab' } }
      const expected = { message: 'PersistedQueryNotSupported', code: 'PERSISTED_QUERY_NOT_SUPPORTED' }
      for (const response of [
        await post(url, JSON.stringify({ extensions })),
        await get(url, { extensions: JSON.stringify(extensions) }),
      ]) {
        expect(response.status).toBe(200)
        expect(response.headers.get('cache-control')).toBe('private, no-store')
        expect(await firstError(response)).toEqual(expected)
      }
      const whole = await post(url, JSON.stringify({ query: '{ hello }', extensions }))
      expect(await whole.json()).toEqual({ data: { hello: 'hello you' } })
    })
  })
})

describe('a body of 1 MB', () => {
  const bodyOf = (bytes: number) => '{"query":"{ hello }"}'.padEnd(bytes)

  test('is the largest that is read', async () => {
    await withGraphQL(async ({ url }) => {
      expect((await post(url, bodyOf(1_000_000))).status).toBe(200)
      const response = await post(url, bodyOf(1_000_001))
      expect(response.status).toBe(413)
      expect(response.headers.get('connection')).toBe('close')
      expect(await firstError(response)).toEqual({
        message: 'The body is larger than 1,000,000 bytes.',
        code: 'BAD_USER_INPUT',
      })
    })
  })

  test('is refused by its announced length before a byte of it is sent', async () => {
    await withGraphQL(async ({ port }) => {
      const { socket, received } = await openSocket(port)
      socket.write(
        'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n',
      )
      await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1\.1 413 [\s\S]*larger than/))
      socket.destroy()
    })
  })

  test('is refused while it still comes, and the connection ends though the sender goes on', async () => {
    await withGraphQL(async ({ port, failures }) => {
      const { socket, received } = await openSocket(port)
      socket.write(
        'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      )
      const chunk = `10000\r\n${' '.repeat(0x10000)}\r\n`
      const sending = setInterval(() => socket.write(chunk), 1)
      await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1\.1 413 [\s\S]*larger than/), 10_000)
      await once(socket, 'close')
      clearInterval(sending)
      expect(failures).toEqual([])
    })
  })

  test('whose sender went away before it was read ends its call all the same', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
    const { promise: settled, resolve: settle } = Promise.withResolvers<unknown>()
    const route: Route = {
      methods: ['POST'],
      answer: async (call) => {
        arrive()
        await vi.waitFor(() => expect(call.request.destroyed).toBe(true))
        settle(await readGraphQLParams(call).catch((error: unknown) => error))
        return { status: 200 }
      },
    }
    await withServer({ '/late': route }, async (late) => {
      const { socket } = await openSocket(late.port)
      socket.write(
        'POST /late HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n',
      )
      await arrived
      socket.destroy()
      expect(await settled).toBeInstanceOf(Error)
    })
  })

  test('that stops halfway because its sender goes away is no failure', async () => {
    await withGraphQL(async ({ port, url, failures }) => {
      const { socket } = await openSocket(port)
      socket.write(
        'POST /graphql HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"query"',
      )
      socket.destroySoon()
      await once(socket, 'close')
      // Answered after the other's end was seen, on the same event loop.
      await post(url, '{"query":"{ hello }"}')
      expect(failures).toEqual([])
    })
  })
})
