import { describe, expect, test } from 'vitest'
import { hello, withServer } from '../support/http-server.ts'

describe('cross-origin rules', () => {
  const preflight = (origin: string): RequestInit => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    },
  })

  test('with * every page may read, none with credentials, and answers do not depend on the origin', async () => {
    await withServer({ '/hello': hello }, async ({ url }) => {
      for (const init of [
        {},
        { headers: { origin: 'https://any.example' } },
        preflight('https://any.example'),
      ]) {
        const { headers } = await fetch(`${url}/hello`, init)
        expect(headers.get('access-control-allow-origin')).toBe('*')
        expect(headers.get('access-control-allow-credentials')).toBeNull()
        expect(headers.get('vary') ?? '').not.toContain('Origin')
      }
    })
  })

  test('with a list only its exact origins may read, and every answer varies by origin', async () => {
    const allowed = 'https://www.example.org'
    await withServer(
      { '/hello': hello },
      async ({ url }) => {
        const originFor = async (origin: string) => {
          const { headers } = await fetch(`${url}/hello`, { headers: { origin } })
          expect(headers.get('vary')).toBe('Accept, Origin')
          return headers.get('access-control-allow-origin')
        }
        expect(await originFor(allowed)).toBe(allowed)
        for (const other of [
          'https://example.org',
          'http://www.example.org',
          `${allowed}.evil.example`,
          'null',
        ]) {
          expect(await originFor(other)).toBeNull()
        }
      },
      [allowed],
    )
  })

  test('a preflight names methods, headers and how long it holds', async () => {
    await withServer({ '/hello': hello }, async ({ url }) => {
      const { status, headers } = await fetch(`${url}/hello`, preflight('https://any.example'))
      expect(status).toBe(204)
      expect(headers.get('access-control-allow-methods')).toBe('GET, POST')
      expect(headers.get('access-control-max-age')).toBe('7200')
      const allowed = headers.get('access-control-allow-headers')?.toLowerCase().split(', ')
      for (const name of [
        'authorization',
        'content-type',
        'idempotency-key',
        'apollo-require-preflight',
        'x-request-id',
        'if-none-match',
      ]) {
        expect(allowed).toContain(name)
      }
    })
  })

  test('pages may read the headers that clients act on', async () => {
    await withServer({ '/hello': hello }, async ({ url }) => {
      const { headers } = await fetch(`${url}/hello`)
      const exposed = headers.get('access-control-expose-headers')?.toLowerCase().split(', ')
      for (const name of ['etag', 'retry-after', 'x-request-id', 'ratelimit']) expect(exposed).toContain(name)
    })
  })
})
