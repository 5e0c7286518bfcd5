import { baseOf, hostsOf, type Site } from './site-paths.ts'

/** What somebody asks for who gives an address: the paths that it may mean, the best first, or an id of WordPress. */
export type AskedUrl = { paths: string[]; legacy: { id: string; guids: string[] } | null }

/**
 * Reads a path or an absolute URL of the site or one of its aliases. Null for anything that can be no page of the site.
 *
 * Paths are kept decoded and composed; they may be asked for percent-encoded, decomposed, and with or without the slash at
 * the end. Nothing else is made equal: case, double slashes and dots are as they are.
 */
export const readUrl = (site: Site, url: string): AskedUrl | null => {
  if (url.length > maxLength || url.includes('\0') || !url.isWellFormed()) return null
  // The expression of RFC 3986, appendix B, for what has no backslash: browsers take those for slashes.
  const parts = /^(?:([^:/?#\\]+):)?(?:\/\/([^/?#\\]*))?([^?#\\]*)(?:\?([^#]*))?(?:#.*)?$/s.exec(url)
  if (!parts) return null
  const [, scheme, authority, path = '', query = ''] = parts
  if (scheme !== undefined && (authority === undefined || !/^https?$/i.test(scheme))) return null
  const host = authority === undefined ? null : hostOf(site, scheme, authority)
  if (authority !== undefined && (host === null || !hostsOf(site).includes(host))) return null
  const forms = formsOf(path.startsWith('/') ? path : `/${path}`).flatMap((form) => within(site, host, form))
  const wanted = new URLSearchParams(query)
  const id = wanted.get('p') || wanted.get('page_id')
  if (id && forms.some((form) => form === '/' || form === '/index.php')) {
    return { paths: [], legacy: { id, guids: guidsOf(url) } }
  }
  return { paths: [...new Set(forms.flatMap(withEitherSlash))], legacy: null }
}

const maxLength = 8_000 // a path has at most 800 characters, and one may be nine when it is percent-encoded

const hostOf = (site: Site, scheme: string | undefined, authority: string): string | null =>
  URL.parse(`${scheme ?? new URL(site.url).protocol.slice(0, -1)}://${authority}`)?.host ?? null

/** As it was written, and decoded, each as it is and in both of Unicode's normal forms. */
const formsOf = (path: string): string[] => {
  const decoded = decode(path)
  const written = decoded === null ? [path] : [decoded, path]
  return [...new Set(written.flatMap((form) => [form.normalize('NFC'), form, form.normalize('NFD')]))]
}

/** Null where an escape is broken, or stands for what would make another address of it: a slash, or NUL. */
const decode = (path: string): string | null => {
  if (/%(?:2f|5c|00)/i.test(path)) return null
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}

/**
 * What is left of a path within SITE_URL, which may be a folder of its host. A path alone may be meant either way, and an
 * alias may have had the site at its root.
 */
const within = (site: Site, host: string | null, path: string): string[] => {
  const base = baseOf(site)
  if (base === '') return [path]
  const inside = path === base ? ['/'] : path.startsWith(`${base}/`) ? [path.slice(base.length)] : []
  if (host === null) return [path, ...inside]
  return host === hostsOf(site)[0] ? inside : [...inside, path]
}

const withEitherSlash = (path: string): string[] => {
  if (path === '/') return [path]
  // Of two slashes at the end none is the one that may be missing.
  if (path.endsWith('//')) return [path]
  return [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`]
}

/** WordPress makes a post's guid of this very address; it was never changed when a site went to https. */
const guidsOf = (url: string): string[] => {
  const [address = ''] = url.split('#')
  return ['http', 'https'].map((scheme) => address.replace(/^https?/i, scheme))
}
