import { once } from 'node:events'
import { Readable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import type { Route } from '../../src/http/call.ts'
import { held, hello, openSocket, withServer } from '../support/http-server.ts'

const longerThanTheTest = 3_600_000

describe('stopping', () => {
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

  test('answers what is in flight, says that the connection ends, and takes no new one', async () => {
    const { route, arrived, deleteSomeEndpoints } = held()
    await withServer({ '/held': route }, async ({ port, url, server }) => {
      const { socket, received } = await openSocket(port)
      socket.write(request('/held'))
      await arrived
      const stopped = server.stop(longerThanTheTest)
      await expect(fetch(`${url}/held`)).rejects.toThrow()
      deleteSomeEndpoints()
      await once(socket, 'close')
      expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n[\s\S]*done$/i)
      await stopped
    })
  })

  test('closes connections that wait for nothing at once, used or not', async () => {
    await withServer({ '/hello': hello }, async ({ port, server }) => {
      const [used, fresh] = [await openSocket(port), await openSocket(port)]
      used.socket.write(request('/hello'))
      await vi.waitFor(() => expect(used.received()).toContain('hello /hello'))
      await server.stop(longerThanTheTest)
      await vi.waitFor(() => expect([used.socket.destroyed, fresh.socket.destroyed]).toEqual([true, true]))
      expect(fresh.received()).toBe('')
    })
  })

  test('ends streams at once and whole', async () => {
    const source = new Readable({ read: () => undefined })
    const stream: Route = { methods: ['GET'], answer: () => ({ status: 200, body: source }) }
    await withServer({ '/stream': stream }, async ({ port, server }) => {
      const { socket, received } = await openSocket(port)
      socket.write(request('/stream'))
      source.push('one')
      await vi.waitFor(() => expect(received()).toContain('one'))
      await server.stop(longerThanTheTest)
      expect(source.destroyed).toBe(true)
      // The last chunk of a chunked body: the client knows that nothing is missing.
      await vi.waitFor(() => expect(received()).toMatch(/\r\n0\r\n\r\n$/))
    })
  })

  test('cuts what does not end within the grace, and stopping twice is stopping once', async () => {
    const { route, arrived, deleteSomeEndpoints } = held()
    await withServer({ '/held': route }, async ({ port, server }) => {
      const { socket, received } = await openSocket(port)
      socket.write(request('/held'))
      await arrived
      await Promise.all([server.stop(100), server.stop(100_000)])
      await vi.waitFor(() => expect(socket.destroyed).toBe(true))
      expect(received()).toBe('')
      deleteSomeEndpoints()
    })
  })
})
