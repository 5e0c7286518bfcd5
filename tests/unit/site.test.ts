import { expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { absoluteUrl, postPath, siteOf, termPath } from '../../src/urls/site-paths.ts'

const siteWith = (env: Record<string, string>) => siteOf(readConfig(env))
const newYearsEve = new Date('2026-12-31T23:30:00Z')

test('a permalink has the date that the site’s clocks showed', () => {
  const site = siteWith({ SITE_TIMEZONE: 'Europe/Amsterdam', PERMALINK: '/:year/:month/:day/:slug/' })
  expect(postPath(site, 'toast', newYearsEve)).toBe('/2027/01/01/toast/')
  expect(postPath(siteWith({}), 'toast', newYearsEve)).toBe('/2026/12/toast/')
})

test('the page of a category shows its line or its slug alone, as CATEGORY_PATH says', () => {
  expect(termPath(siteWith({}), 'category', 'workshop/press-room')).toBe('/category/workshop/press-room/')
  expect(termPath(siteWith({ CATEGORY_PATH: '/c/:slug' }), 'category', 'workshop/press-room')).toBe(
    '/c/press-room',
  )
})

test('pages of tags and authors, and the site in a folder of its host', () => {
  const site = siteWith({ SITE_URL: 'https://example.com/blog/', TAG_PATH: '/t/:slug/' })
  expect(termPath(site, 'tag', 'ink')).toBe('/t/ink/')
  expect(termPath(site, 'author', 'halima')).toBe('/author/halima/')
  expect(absoluteUrl(site, '/t/ink/')).toBe('https://example.com/blog/t/ink/')
})

test('an address can be decoded to its path, whatever signs the path has', () => {
  for (const path of ['/100%-pure/', '/100%/', '/2011/日本/', '/a b/'])
    expect(decodeURIComponent(new URL(absoluteUrl(siteWith({}), path)).pathname)).toBe(path)
})
