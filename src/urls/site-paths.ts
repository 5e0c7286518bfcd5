import { DateTime } from 'luxon'
import type { Config } from '../config.ts'
import { eachKind, type Kind, kinds } from '../taxonomy/kinds.ts'

/** What the publication itself decides: its address and the form of its paths. */
export type Site = {
  title: string
  url: string
  timezone: string
  permalink: string
  /** What the paths of the terms of each kind are made of. */
  termPaths: Record<Kind, string>
  /** The other hosts at which it is or was, each with its port where that is not the usual one. */
  aliases: readonly string[]
  /** The text search configuration of PostgreSQL that words are stemmed by; `simple` stems nothing. */
  searchLanguage: string
}

export const siteOf = (config: Config): Site => ({
  title: config.SITE_TITLE,
  url: config.SITE_URL,
  timezone: config.SITE_TIMEZONE,
  permalink: config.PERMALINK,
  termPaths: eachKind((kind) => config[kinds[kind].pathSetting]),
  aliases: config.SITE_ALIASES,
  searchLanguage: config.SEARCH_LANGUAGE,
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

/**
 * The path of a term's page.
 *
 * @param slugPath its slug; in a tree the slugs from the root, joined by "/".
 */
export const termPath = (site: Site, kind: Kind, slugPath: string): string =>
  fill(site.termPaths[kind], { path: slugPath, slug: slugPath.slice(slugPath.lastIndexOf('/') + 1) })

/** The absolute URL of a path of the site: a path has no escapes, so that its "%" is one. */
export const absoluteUrl = (site: Site, path: string): string =>
  new URL(site.url + path.replaceAll('%', '%25')).href

/** The hosts of the site, its own one first. */
export const hostsOf = (site: Site): string[] => [new URL(site.url).host, ...site.aliases]

/** The folder of its host that the site is in, such as /blog, decoded; empty at the root. */
export const baseOf = (site: Site): string =>
  decodeURIComponent(new URL(site.url).pathname).normalize('NFC').replace(/\/$/, '')

/** What the term is called that would have this path: by its slug, or in a tree by the slugs from the root; null for none. */
export const termAt = (
  site: Site,
  kind: Kind,
  path: string,
): { slugPath: string } | { slug: string } | null => {
  const slugPath = valueAt(site.termPaths[kind], 'path', path)
  if (slugPath !== null) return { slugPath }
  const slug = valueAt(site.termPaths[kind], 'slug', path)
  return slug === null ? null : { slug }
}

/** What a pattern's placeholder stands for in a path; null when the path is not of that form. */
const valueAt = (pattern: string, name: string, path: string): string | null => {
  const [before, after] = pattern.split(`:${name}`)
  if (before === undefined || after === undefined) return null
  const value = path.slice(before.length, path.length - after.length)
  return value !== '' && fill(pattern, { [name]: value }) === path ? value : null
}

const fill = (pattern: string, values: Record<string, string>): string =>
  pattern.replace(/:(\w+)/g, (placeholder, name: string) => values[name] ?? placeholder)
