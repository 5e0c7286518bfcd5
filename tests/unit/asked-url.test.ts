import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { readUrl } from '../../src/urls/parse-url.ts'
import { siteOf } from '../../src/urls/site-paths.ts'

const siteAt = (SITE_URL: string, SITE_ALIASES = '') => siteOf(readConfig({ SITE_URL, SITE_ALIASES }))
const site = siteAt('https://blog.example.com', 'www.example.com, OLD.example.net:8080,bücher.example')
const pathsOf = (url: string, of = site) => readUrl(of, url)?.paths ?? null

test.each([
  '/2009/07/some-post/',
  '/2009/07/some-post',
  '2009/07/some-post/',
  'https://blog.example.com/2009/07/some-post/',
  'http://blog.example.com/2009/07/some-post',
  'HTTPS://BLOG.Example.Com/2009/07/some-post/',
  'https://blog.example.com:443/2009/07/some-post/',
  '//blog.example.com/2009/07/some-post/',
  'https://www.example.com/2009/07/some-post/',
  'http://old.example.net:8080/2009/07/some-post/',
  'https://xn--bcher-kva.example/2009/07/some-post/',
  'https://bücher.example/2009/07/some-post/',
  '/2009/07/some-post/?utm_source=x&p=12#more',
  '/2009/07/some%2Dpost/',
])('%s is an address of the post', (url) => {
  expect(pathsOf(url)).toContain('/2009/07/some-post/')
})

test.each([
  'https://elsewhere.example.com/2009/07/some-post/',
  'https://blog.example.com.evil.net/2009/07/some-post/',
  'https://blog.example.com@evil.net/2009/07/some-post/',
  'https://blog.example.com:8443/2009/07/some-post/',
  'https://old.example.net/2009/07/some-post/',
  '//evil.net/2009/07/some-post/',
  'ftp://blog.example.com/2009/07/some-post/',
  'javascript:alert(1)',
  'mailto:a@blog.example.com',
  'https:/2009/07/some-post/',
  'https://',
  'https://[::1/',
  '/2009\\07/some-post/',
  '\ud800',
  '/a\0b',
  `/${'a'.repeat(100_000)}`,
])('%s is none', (url) => {
  expect(readUrl(site, url)).toBeNull()
})

test('nothing but escapes, normal forms and the slash at the end is made equal', () => {
  expect(pathsOf('/A//b/../c')).toEqual(['/A//b/../c', '/A//b/../c/'])
  expect(pathsOf('/a//')).toEqual(['/a//'])
  expect(pathsOf('/caf%C3%A9/')).toContain('/café/')
  expect(pathsOf('/cafe%CC%81')).toContain('/café/')
  expect(pathsOf('/cafe\u0301/')).toContain('/café/')
  expect(pathsOf('/caf%c3%a9')).toContain('/café/')
})

test.each(['/100%/', '/a%zz/', '/%ff/', '/a%2Fb/', '/a%00b/'])('%s is taken as it is written', (path) => {
  expect(pathsOf(path)).toEqual([path, path.slice(0, -1)])
})

describe('a site in a folder of its host', () => {
  const blog = siteAt('https://example.com/my%20blog/', 'old.example.com')

  test('has the addresses in it, and paths may name it or not', () => {
    expect(pathsOf('https://example.com/my%20blog/a/', blog)).toEqual(['/a/', '/a'])
    expect(pathsOf('https://example.com/my blog', blog)).toEqual(['/'])
    expect(pathsOf('/a/', blog)).toEqual(['/a/', '/a'])
    expect(pathsOf('/my%20blog/a/', blog)).toContain('/a/')
    expect(pathsOf('/my%20blog/a/', blog)?.[0]).toBe('/my blog/a/')
  })

  test('has none beside it, but an alias may have had the site at its root', () => {
    expect(pathsOf('https://example.com/a/', blog)).toEqual([])
    expect(pathsOf('https://example.com/my%20blogs/a/', blog)).toEqual([])
    expect(pathsOf('https://old.example.com/a/', blog)).toEqual(['/a/', '/a'])
  })
})

describe("WordPress's ids", () => {
  test.each(['/?p=12', '?p=12', 'https://blog.example.com?p=12', '/index.php?page_id=12', '/?x=1&p=12#c'])(
    'count at the root: %s',
    (url) => {
      expect(readUrl(site, url)).toMatchObject({ paths: [], legacy: { id: '12' } })
    },
  )

  test.each(['/about/?p=12', '/?p=', '/?page=12', '/?P=12'])('do not count otherwise: %s', (url) => {
    expect(readUrl(site, url)?.legacy).toBeNull()
  })
})

test('settings that are no hosts are refused', () => {
  for (const SITE_ALIASES of [
    'https://www.example.com',
    'a.example,b example',
    'a.example/blog',
    'me@a.example',
  ])
    expect(() => readConfig({ SITE_ALIASES }), SITE_ALIASES).toThrow(/SITE_ALIASES must be hosts alone/)
})
