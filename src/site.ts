import { DateTime } from 'luxon'
import type { Config } from './config.ts'

/** What the publication itself decides: its address and the form of its paths. */
export type Site = {
  title: string
  url: string
  timezone: string
  permalink: string
  categoryPath: string
  tagPath: string
  authorPath: string
}

export const siteOf = (config: Config): Site => ({
  title: config.SITE_TITLE,
  url: config.SITE_URL,
  timezone: config.SITE_TIMEZONE,
  permalink: config.PERMALINK,
  categoryPath: config.CATEGORY_PATH,
  tagPath: config.TAG_PATH,
  authorPath: config.AUTHOR_PATH,
})

/** The permalink of a post: PERMALINK filled with its slug and with its date in the site's time zone. */
export const postPath = (site: Site, slug: string, date: Date): string => {
  const local = DateTime.fromJSDate(date, { zone: site.timezone })
  return fill(site.permalink, {
    year: local.toFormat('yyyy'),
    month: local.toFormat('MM'),
    day: local.toFormat('dd'),
    slug,
  })
}

/** @param slugPath the slugs from the root of the tree, joined by "/". */
export const categoryPath = (site: Site, slugPath: string): string =>
  fill(site.categoryPath, { path: slugPath, slug: slugPath.slice(slugPath.lastIndexOf('/') + 1) })

export const tagPath = (site: Site, slug: string): string => fill(site.tagPath, { slug })

export const authorPath = (site: Site, slug: string): string => fill(site.authorPath, { slug })

/** The absolute URL of a path of the site. */
export const absoluteUrl = (site: Site, path: string): string => new URL(site.url + path).href

const fill = (pattern: string, values: Record<string, string>): string =>
  pattern.replace(/:(\w+)/g, (placeholder, name: string) => values[name] ?? placeholder)
