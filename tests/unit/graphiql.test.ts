import { parse } from 'graphql'
import { describe, expect, test } from 'vitest'
import { exampleTabs, headersHint } from '../../src/http/playground/example-tabs.ts'
import { createGraphiql } from '../../src/http/playground/playground.ts'
import { get, withGraphQL } from '../support/graphql-server.ts'
import { withServer } from '../support/http-server.ts'

const title = 'Bob & Alice</script><script>alert(1)</script>'
const asBrowser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } }

/** Lends a server with the playground alone. */
const withPlayground = (use: (url: string) => Promise<void>): Promise<void> => {
  const graphiql = createGraphiql('/graphql', title)
  const page = graphiql.page
  return withServer(
    {
      ...graphiql.routes,
      '/graphql': { methods: ['GET'], answer: async (call) => (await page(call)) ?? { status: 406 } },
    },
    ({ url }) => use(url),
  )
}

/** The addresses of everything that the page loads. */
const assetsOf = async (url: string): Promise<URL[]> => {
  const page = await fetch(`${url}/graphql`, asBrowser)
  const html = await page.text()
  return [...html.matchAll(/ (?:src|href)="([^"]+)"/g)].map(([, address]) => new URL(address ?? '', page.url))
}

describe('the page', () => {
  test('is for a browser that asks for no query; everyone else gets the API', async () => {
    const { page } = createGraphiql('/graphql', title)
    await withGraphQL(
      async ({ url }) => {
        expect((await get(url, {}, asBrowser)).headers.get('content-type')).toBe('text/html; charset=utf-8')
        const withQuery = await get(url, { query: '{ hello }' }, asBrowser)
        expect(await withQuery.json()).toEqual({ data: { hello: 'hello you' } })
        expect((await get(url, {}, { headers: { accept: 'application/json' } })).status).toBe(400)
        expect((await fetch(`${url}/graphql`, { method: 'POST', ...asBrowser })).status).toBe(415)
      },
      { page },
    )
  })

  test('lets nothing run or load that is not of its own host, and no page frame it', async () => {
    await withPlayground(async (url) => {
      const { headers } = await fetch(`${url}/graphql`, asBrowser)
      const policy = new Map(
        headers
          .get('content-security-policy')
          ?.split('; ')
          .map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1).join(' ')]),
      )
      expect(policy.get('default-src')).toBe("'none'")
      expect(policy.get('script-src')).toBe("'self'")
      expect(policy.get('connect-src')).toBe("'self'")
      expect(policy.get('frame-ancestors')).toBe("'none'")
      expect([...policy.values()].join(' ')).not.toMatch(/https?:|\*|unsafe-eval/)
    })
  })

  test('has no script of its own but data, which no title can break out of', async () => {
    await withPlayground(async (url) => {
      const html = await (await fetch(`${url}/graphql`, asBrowser)).text()
      expect(html.match(/<script[^>]*>/g)).toEqual([
        '<script type="application/json" id="options">',
        expect.stringMatching(/^<script src="graphql\/assets\/graphiql\.js\?v=[0-9a-f]{16}">$/),
        expect.stringMatching(/^<script src="graphql\/assets\/start\.js\?v=[0-9a-f]{16}">$/),
      ])
      const options = JSON.parse(/id="options">(.*)<\/script>/.exec(html)?.[1] ?? '')
      expect(options.title).not.toContain('<')
      expect(options.defaultTabs).toHaveLength(exampleTabs.length)
    })
  })

  test('is asked for again after an upgrade', async () => {
    await withPlayground(async (url) => {
      const { headers } = await fetch(`${url}/graphql`, asBrowser)
      expect([headers.get('cache-control'), headers.get('vary')]).toEqual(['no-cache', 'Accept'])
    })
  })
})

describe('what the page loads', () => {
  test('comes from the same host and is kept for good under its hash', async () => {
    await withPlayground(async (url) => {
      const assets = await assetsOf(url)
      expect(assets).toHaveLength(4)
      for (const asset of assets) {
        expect(asset.href.startsWith(`${url}/graphql/assets/`)).toBe(true)
        const response = await fetch(asset)
        expect([asset.pathname, response.status]).toEqual([asset.pathname, 200])
        expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        expect((await response.text()).length).toBeGreaterThan(100)
        expect((await fetch(asset.href.replace(/v=\w+/, 'v=older'))).headers.get('cache-control')).toBe(
          'no-cache',
        )
      }
    })
  })

  test('includes the workers that the start script names', async () => {
    await withPlayground(async (url) => {
      const start = (await assetsOf(url)).find(({ pathname }) => pathname.endsWith('/start.js'))
      const script = await (await fetch(start ?? '')).text()
      const workers = script.match(/[\w.]+\.worker\.js/g) ?? []
      expect(workers).toHaveLength(3)
      for (const worker of workers) {
        const response = await fetch(start?.href.replace('start.js', worker) ?? '')
        expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
      }
    })
  })

  test('is compressed for whoever takes it so, to the same bytes', async () => {
    await withPlayground(async (url) => {
      const plain = { headers: { 'accept-encoding': 'identity' } }
      for (const asset of await assetsOf(url)) {
        const text = await (await fetch(asset, plain)).text()
        // fetch unpacks by itself; the length on the wire shows that there was something to unpack.
        const packed = await fetch(asset, { headers: { 'accept-encoding': 'gzip' } })
        expect(packed.headers.get('content-encoding')).toBe('gzip')
        expect(Number(packed.headers.get('content-length'))).toBeLessThan(Buffer.byteLength(text))
        expect(await packed.text()).toBe(text)
      }
    })
  })

  test('fetches no style, font or source map from elsewhere', async () => {
    await withPlayground(async (url) => {
      for (const asset of await assetsOf(url)) {
        const text = await (await fetch(asset)).text()
        expect(text).not.toMatch(/@import\s|url\(\s*["']?(https?:)?\/\/|sourceMappingURL=http/)
      }
    })
  })
})

describe('the examples', () => {
  test('are GraphQL with JSON variables', () => {
    for (const { query, variables } of exampleTabs) {
      expect(parse(query).kind).toBe('Document')
      expect(JSON.parse(variables ?? '{}')).toBeTypeOf('object')
    }
  })

  test('send no key until the reader puts one in', () => {
    for (const { headers } of exampleTabs) expect(headers).toBe(headersHint)
    const withoutComments = headersHint.replaceAll(/^\s*\/\/.*$/gm, '')
    expect(JSON.parse(withoutComments)).toEqual({})
    expect(JSON.parse(headersHint.replace(/^\s*\/\/ (?!")[^\n]*$/gm, '').replace('// "', '"'))).toEqual({
      Authorization: 'Bearer pw_...',
    })
  })
})
