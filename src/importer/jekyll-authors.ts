import { plainText } from '../content/plain-text.ts'
import { slugify, slugProblem } from '../slug.ts'
import { type Fields, scalarText } from './fields.ts'
import { isMap } from './front-matter.ts'
import type { ImportedAuthor, ImportedPost } from './item.ts'

type PostAuthor = ImportedPost['authors'][number]

/**
 * The authors of a post, from `author` and then `authors`: names, keys or slugs of `_data/authors.yml` (which `known`
 * finds authors by), or maps with a `name` and perhaps a `slug`. Each is listed once.
 */
export function authorsOf(fields: Fields, known: Map<string, ImportedAuthor>): PostAuthor[] {
  const authors = [...authorsUnder(fields, 'author', known), ...authorsUnder(fields, 'authors', known)]
  const byIdentity = new Map<string, PostAuthor>()
  for (const author of authors) {
    const identity = author.slug ?? author.name
    if (!byIdentity.has(identity)) byIdentity.set(identity, author)
  }
  return [...byIdentity.values()]
}

function authorsUnder(fields: Fields, key: string, known: Map<string, ImportedAuthor>): PostAuthor[] {
  const value = fields.take(key)
  const items: unknown[] = Array.isArray(value) ? value : [value]
  const authors: PostAuthor[] = []
  for (const item of items) {
    const text = scalarText(item)?.trim()
    if (text === '') continue
    const author = text === undefined ? authorOfMap(item, known) : authorOfText(text, known)
    if (author === null) fields.wrongType(key, 'a name, a map with a "name", or a list of them')
    else authors.push(author)
  }
  // Only name and slug have a place: the rest is not lost.
  if (items.some((item) => isMap(item) && Object.keys(item).some((part) => !nameKeys.has(part))))
    fields.keep(key)
  return authors
}

const nameKeys = new Set(['name', 'slug'])

function authorOfText(text: string, known: Map<string, ImportedAuthor>): PostAuthor | null {
  const author = known.get(text)
  if (author) return { slug: author.slug, name: author.name }
  const name = plainText(text)
  return name === '' ? null : { name }
}

function authorOfMap(item: unknown, known: Map<string, ImportedAuthor>): PostAuthor | null {
  if (!isMap(item)) return null
  const slug = scalarText(item.slug ?? null)?.trim() ?? ''
  const name = scalarText(item.name ?? null)?.trim() ?? ''
  if (slug === '') return name === '' ? null : authorOfText(name, known)
  return {
    slug: slugProblem(slug) === null ? slug : slugify(slug),
    name: plainText(name) || known.get(slug)?.name || slug,
  }
}
