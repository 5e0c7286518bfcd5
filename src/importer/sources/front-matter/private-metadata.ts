import { isMap } from './front-matter.ts'

/**
 * The metadata that everyone may read, and the keys that are kept back: those that hold people's data or secrets, however
 * deep they lie and in whatever spelling (`author_email`, `authorEmail`). docs/importing.md has the list. Nothing is lost:
 * the front matter as it was written stays with the post, for keys with `content:read`.
 */
export const withoutPrivate = (metadata: Values): { metadata: Values; keptBack: string[] } => {
  const keptBack: string[] = []
  const publicPart = (map: Values, above: string): Values => {
    const kept: Values = Object.create(null)
    for (const [key, value] of Object.entries(map)) {
      const name = above + key
      const inner = isPrivate(key, value) ? nothing : publicValue(value, name)
      if (inner !== nothing) kept[key] = inner
      else keptBack.push(name)
    }
    return kept
  }
  const publicValue = (value: unknown, name: string): unknown => {
    if (typeof value === 'string') return hasAddress(value) ? nothing : value
    if (Array.isArray(value)) {
      const items = value.map((item) => publicValue(item, name)).filter((item) => item !== nothing)
      return items.length === 0 && value.length > 0 ? nothing : tellItems(items, value, name)
    }
    if (!isMap(value)) return value
    const inner = publicPart(value, `${name}.`)
    return Object.keys(inner).length === 0 && Object.keys(value).length > 0 ? nothing : inner
  }
  const tellItems = (items: unknown[], all: unknown[], name: string): unknown[] => {
    if (items.length < all.length) keptBack.push(name)
    return items
  }
  const publicMetadata = publicPart(metadata, '')
  const names = new Set(keptBack)
  // Where a whole map is kept back, its keys need no mention.
  const isWithin = (name: string) => [...names].some((each) => name.startsWith(`${each}.`))
  return { metadata: publicMetadata, keptBack: [...names].filter((name) => !isWithin(name)) }
}

type Values = Record<string, unknown>

const nothing = Symbol('nothing')

const listOf = (text: string): Set<string> => new Set(text.split(' '))

// A key is private when one of its words is, or all of them written together.
const privateWords = listOf(
  'email emails mail password passwd pwd passphrase secret secrets token tokens credential credentials login ip phone telephone birthday birthdate iban ssn',
)
const privateKeys = listOf(
  'pass apikey accesskey privatekey ipaddress ipaddr remoteaddr remoteaddress useragent userpass usernicename',
)
// Lists of what other people wrote or are. A `comments: true` says only that there may be some.
const privateLists = listOf(
  'comments commenters pingbacks trackbacks webmentions subscribers recipients meta postmeta',
)
const privateNotes = listOf('private internal confidential')

const isPrivate = (key: string, value: unknown): boolean => {
  const parts = wordsOf(key)
  const whole = parts.join('')
  if (parts.some((part) => privateWords.has(part)) || privateKeys.has(whole)) return true
  // Written together, such as `authoremail`.
  if (/email|password|passwd|passphrase|credential/.test(whole) || hasAddress(key)) return true
  const isScalar = typeof value !== 'object' || value === null
  if (privateLists.has(whole) && !isScalar) return true
  return typeof value !== 'boolean' && parts.some((part) => privateNotes.has(part))
}

/** `authorEmail`, `author_email` and `author-email` are the words author and email. */
const wordsOf = (key: string): string[] => {
  const spaced = key.replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2').replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1 $2')
  return spaced.toLowerCase().match(/[\p{L}\d]+/gu) ?? []
}

/** An e-mail address anywhere in a text, but not a handle (`@ann@example.social`), a URL's user or `photo@2x.png`. */
export const emailAddress =
  /(?<![\p{L}\d@./_%+-])[\p{L}\d._%+-]{1,64}@(?!\dx\.)(?:[\p{L}\d-]{1,63}\.)+\p{L}{2,24}(?![\p{L}\d-])/u

const hasAddress = (text: string): boolean => text.includes('@') && emailAddress.test(text)
