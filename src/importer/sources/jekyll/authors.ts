import { plainText } from '../../../markup/outline/plain-text.ts'
import { slugify, slugProblem } from '../../../urls/slug.ts'
import type { ImportedAuthor, ImportedPost } from '../../entry.ts'
import { type Fields, scalarText } from '../front-matter/fields.ts'
import { isMap } from '../front-matter/front-matter.ts'
import { emailAddress } from '../front-matter/private-metadata.ts'

type PostAuthor = ImportedPost['authors'][number]

/**
 * The authors of a post, from `author` and then `authors`; where they name nobody, the author of the whole site. They are
 * names, keys or slugs of `_data/authors.yml` (which `known` finds authors by), maps as `authorOfMap` takes them, or lists
 * of those. Each is listed once.
 */
export const authorsOf = (
  fields: Fields,
  known: Map<string, ImportedAuthor>,
  siteAuthor: unknown,
): PostAuthor[] => {
  const own = [...authorsUnder(fields, 'author', known), ...authorsUnder(fields, 'authors', known)]
  const authors = own.length > 0 ? own : itemsOf(siteAuthor || null).map((item) => authorOf(item, known))
  const byIdentity = new Map<string, PostAuthor>()
  for (const author of authors) {
    const identity = author?.slug ?? author?.name
    if (author && identity !== undefined && !byIdentity.has(identity)) byIdentity.set(identity, author)
  }
  return [...byIdentity.values()]
}

const authorsUnder = (fields: Fields, key: string, known: Map<string, ImportedAuthor>): PostAuthor[] => {
  const items = itemsOf(fields.take(key))
  const authors: PostAuthor[] = []
  for (const item of items) {
    if (scalarText(item)?.trim() === '') continue
    const author = authorOf(item, known)
    if (author === null) fields.wrongType(key, 'a name, a map with a "name", or a list of them')
    else authors.push(author)
  }
  // Only name and slug have a place: the rest is not lost.
  if (items.some((item) => isMap(item) && Object.keys(item).some((part) => !nameKeys.has(part))))
    fields.keep(key)
  return authors
}

const nameKeys = new Set(['name', 'slug'])

const itemsOf = (value: unknown): unknown[] => (Array.isArray(value) ? value.flat() : [value])

const authorOf = (item: unknown, known: Map<string, ImportedAuthor>): PostAuthor | null => {
  const text = scalarText(item)?.trim()
  return text === undefined ? authorOfMap(item, known) : authorOfText(text, known)
}

const authorOfText = (text: string, known: Map<string, ImportedAuthor>): PostAuthor | null => {
  const author = known.get(text)
  if (author) return { slug: author.slug, name: author.name }
  const name = nameWithoutAddress(plainText(text))
  return name === '' ? null : { name }
}

/**
 * The name is under `name`, `display_name` (WordPress), `first_name` and `last_name`, `full_name`, `nickname` or `title`; the
 * slug under `slug`, `login` or `username`, which is the name where there is no other. An e-mail address is neither.
 */
const authorOfMap = (item: unknown, known: Map<string, ImportedAuthor>): PostAuthor | null => {
  if (!isMap(item)) return null
  const text = (key: string) => scalarText(item[key] ?? null)?.trim() ?? ''
  const parts = `${text('first_name')} ${text('last_name')}`.trim()
  const names = [
    text('name'),
    text('display_name'),
    text('full_name'),
    parts,
    text('nickname'),
    text('title'),
  ]
  const name = names.map((each) => nameWithoutAddress(plainText(each))).find(Boolean) ?? ''
  const [slug = ''] = [text('slug'), text('login'), text('username')].filter(Boolean)
  if (slug === '') return name === '' ? null : authorOfText(name, known)
  const login = nameWithoutAddress(slug)
  return {
    slug: slugProblem(login) === null ? login : slugify(login) || 'author',
    name: name || known.get(slug)?.name || login,
  }
}

/** `Jane Roe <jane@example.org>` is Jane Roe, and a mere address what stands before its `@`. */
export const nameWithoutAddress = (name: string): string => {
  const address = name.includes('@') ? emailAddress.exec(name)?.[0] : undefined
  if (address === undefined) return name
  const rest = name
    .replace(address, ' ')
    .replace(/mailto:|[<>()[\]\s]+/gi, ' ')
    .trim()
  return rest === '' ? address.slice(0, address.indexOf('@')) : nameWithoutAddress(rest)
}
