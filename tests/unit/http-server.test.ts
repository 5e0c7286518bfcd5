import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Readable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import type { Route } from '../../src/http/call.ts'
import { ListenError } from '../../src/http/listen.ts'
import { createHttpServer } from '../../src/http/server.ts'
import { held, hello, openSocket, withServer } from '../support/http-server.ts'

describe('routes', () => {
  test('are found by their exact path, whatever the query string', async () => {
    await withServer({ '/hello': hello }, async ({ url }) => {
      expect(await (await fetch(`${url}/hello?a=1?b`)).text()).toBe('hello /hello a=1?b')
      for (const path of ['/', '/hello/', '/Hello', '/hello%20', '//hello', '/constructor']) {
        const response = await fetch(url + path)
        expect(response.status).toBe(404)
        expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
      }
    })
  })

  test('are found by an absolute URL, as proxies send it', async () => {
    await withServer({ '/hello': hello }, async ({ port }) => {
      const { socket, received } = await openSocket(port)
      socket.write(
        'GET http://example.org/hello?x HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n',
      )
      await once(socket, 'close')
      expect(received()).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*hello \/hello x$/)
    })
  })

  test('take only their methods, and name them otherwise', async () => {
    await withServer({ '/hello': hello }, async ({ url }) => {
      for (const method of ['POST', 'PUT', 'DELETE']) {
        const response = await fetch(`${url}/hello`, { method })
        expect(response.status).toBe(405)
        expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
      }
      const options = await fetch(`${url}/hello`, { method: 'OPTIONS' })
      expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
    })
  })

  test('HEAD answers as GET does, without the body', async () => {
    await withServer({ '/hello': hello }, async ({ url }) => {
      const response = await fetch(`${url}/hello`, { method: 'HEAD' })
      expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([
        200,
        '13',
        '',
      ])
    })
  })
})

describe('every answer', () => {
  test('has security headers, of which a page may replace its policy', async () => {
    const page: Route = {
      methods: ['GET'],
      answer: () => ({ status: 200, headers: { 'content-security-policy': 'mine' }, body: '' }),
    }
    await withServer({ '/hello': hello, '/page': page }, async ({ url }) => {
      for (const path of ['/hello', '/nowhere']) {
        const { headers } = await fetch(url + path)
        expect(headers.get('x-content-type-options')).toBe('nosniff')
        expect(headers.get('referrer-policy')).toBe('no-referrer')
        expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
      }
      expect((await fetch(`${url}/page`)).headers.get('content-security-policy')).toBe('mine')
    })
  })

  test('has a request id: the one sent if it is harmless, else a new one', async () => {
    await withServer({ '/hello': hello }, async ({ url }) => {
      const idFor = async (sent: string) =>
        (await fetch(`${url}/hello`, { headers: { 'x-request-id': sent } })).headers.get('x-request-id')
      expect(await idFor('proxy-1.2:3_4')).toBe('proxy-1.2:3_4')
      for (const sent of ['', 'a b', '<b>', 'a'.repeat(129), 'a, b']) {
        expect(await idFor(sent)).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/)
      }
    })
  })

  test('to a failure is masked, and tells the request id that the log has', async () => {
    const broken: Route = { methods: ['GET'], answer: () => Promise.reject(new Error('secret table name')) }
    await withServer({ '/broken': broken }, async ({ url, failures }) => {
      const response = await fetch(`${url}/broken`)
      const requestId = response.headers.get('x-request-id')
      expect(response.status).toBe(500)
      expect(response.headers.get('cache-control')).toBe('private, no-store')
      expect(await response.json()).toEqual({
        errors: [
          { message: 'Internal server error.', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } },
        ],
      })
      expect(failures).toMatchObject([{ error: { message: 'secret table name' }, call: { requestId } }])
    })
  })
})

describe('listening', () => {
  const listenAt = (host: string, port: number) =>
    createHttpServer({ host, port, routes: {}, corsOrigins: '*', onError: () => undefined }).listen()

  test('on a port in use fails with one line that names the setting', async () => {
    await withServer({}, async ({ port }) => {
      const error = await listenAt('127.0.0.1', port).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(ListenError)
      expect((error as Error).message).toBe(
        `Port ${port} is in use by another program: stop that program, or choose another port with PORT.`,
      )
    })
  })

  test('on localhost is at both of its addresses, at one port', async () => {
    const server = createHttpServer({
      host: 'localhost',
      port: 0,
      routes: { '/hello': hello },
      corsOrigins: '*',
      onError: () => undefined,
    })
    const { port } = await server.listen()
    for (const host of ['127.0.0.1', '[::1]'])
      expect((await fetch(`http://${host}:${port}/hello`)).status).toBe(200)
    await server.stop(0)
    for (const host of ['127.0.0.1', '[::1]'])
      await expect(fetch(`http://${host}:${port}/hello`)).rejects.toThrow()
  })

  test.each(['127.0.0.1', '::1', '0.0.0.0', '::'])(
    'on localhost fails with one line when another program has the port at %s',
    async (host) => {
      const other = createServer().listen(0, host)
      await once(other, 'listening')
      const { port } = other.address() as AddressInfo
      const error = await listenAt('localhost', port).catch((reason: unknown) => reason)
      await new Promise((resolve) => other.close(resolve))
      expect(error).toBeInstanceOf(ListenError)
      expect((error as Error).message).toMatch(
        new RegExp(
          `^Port ${port} is in use by another program at (127\\.0\\.0\\.1|::1): stop that program, .*PORT\\.$`,
        ),
      )
      // Nothing is left bound of what could be had.
      const again = createServer().listen(port, '127.0.0.1')
      await once(again, 'listening')
      again.close()
    },
  )

  test('on a name that is unknown fails with one line that names the setting', async () => {
    const error = await listenAt('no-such-host.invalid', 0).catch((reason: unknown) => reason)
    expect((error as Error).message).toMatch(/^"no-such-host\.invalid" is no address .* HOST [^\n]*$/)
  })

  test('on an address that is not of this machine fails with one line that names the setting', async () => {
    // 192.0.2.0/24 is for documentation (RFC 5737): nobody has it.
    const error = await listenAt('192.0.2.1', 0).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ListenError)
    expect((error as Error).message).toMatch(
      /^"192\.0\.2\.1" is no address of this machine: set HOST to [^\n]*$/,
    )
  })
})

describe('a caller that goes away', () => {
  test('aborts the signal of its call, and is no failure', async () => {
    const { route, arrived, deleteSomeEndpoints } = held()
    await withServer({ '/held': route }, async ({ port, failures }) => {
      const { socket } = await openSocket(port)
      socket.write('GET /held HTTP/1.1\r\nHost: a\r\n\r\n')
      const call = await arrived
      expect(call.signal.aborted).toBe(false)
      socket.destroy()
      await vi.waitFor(() => expect(call.signal.aborted).toBe(true))
      deleteSomeEndpoints()
      expect(failures).toEqual([])
    })
  })

  test('destroys the source of a stream', async () => {
    const source = new Readable({ read: () => undefined })
    const stream: Route = { methods: ['GET'], answer: () => ({ status: 200, body: source }) }
    await withServer({ '/stream': stream }, async ({ port }) => {
      const { socket, received } = await openSocket(port)
      socket.write('GET /stream HTTP/1.1\r\nHost: a\r\n\r\n')
      source.push('one')
      await vi.waitFor(() => expect(received()).toContain('one'))
      socket.destroy()
      await vi.waitFor(() => expect(source.destroyed).toBe(true))
    })
  })
})
