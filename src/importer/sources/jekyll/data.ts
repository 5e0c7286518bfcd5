import { plainText } from '../../../markup/outline/plain-text.ts'
import { slugify, slugProblem } from '../../../urls/slug.ts'
import type { ImportedAuthor, ImportedCategory, ImportFinding } from '../../entry.ts'
import { utf8Text } from '../files/utf8.ts'
import { scalarText } from '../front-matter/fields.ts'
import { isMap } from '../front-matter/front-matter.ts'
import { readYaml } from '../front-matter/yaml.ts'
import { nameWithoutAddress } from './authors.ts'

/** Reads `_data/authors.yml`: a map from key to author, or a list of authors. `known` finds them by key, slug and name. */
export const readAuthors = (
  bytes: Uint8Array,
  file: string,
): { authors: ImportedAuthor[]; known: Map<string, ImportedAuthor>; findings: ImportFinding[] } => {
  const { entries, findings } = readEntries(bytes, file, authorKeys)
  const known = new Map<string, ImportedAuthor>()
  const authors = entries.map(({ key, slug, name, fields }) => {
    const author: ImportedAuthor = {
      slug,
      name,
      bio: textOf(fields.bio ?? fields.description),
      websiteUrl: textOf(fields.website ?? fields.url),
      avatarUrl: textOf(fields.avatar ?? fields.image),
    }
    if (key !== null) known.set(key, author)
    return author
  })
  for (const author of authors) if (!known.has(author.slug)) known.set(author.slug, author)
  for (const author of authors) if (!known.has(author.name)) known.set(author.name, author)
  return { authors, known, findings }
}

/** Reads `_data/categories.yml`: categories with slug, name, description and the parent's slug. Parents come first. */
export const readCategories = (
  bytes: Uint8Array,
  file: string,
): { categories: ImportedCategory[]; findings: ImportFinding[] } => {
  const { entries, findings } = readEntries(bytes, file, categoryKeys)
  const bySlug = new Map(entries.map((entry) => [entry.slug, entry]))
  const done = new Map<string, ImportedCategory>()
  const visit = (entry: Entry, below: Set<string>): void => {
    if (done.has(entry.slug)) return
    let parent = textOf(entry.fields.parent)
    const above = parent === null ? undefined : bySlug.get(parent)
    if (parent !== null && (above === undefined || below.has(parent) || parent === entry.slug)) {
      findings.push(parentFinding(file, entry, parent, above !== undefined))
      parent = null
    } else if (above) visit(above, new Set([...below, entry.slug]))
    const description = textOf(entry.fields.description)
    done.set(entry.slug, { slug: entry.slug, name: entry.name, description, parent })
  }
  for (const entry of entries) visit(entry, new Set())
  return { categories: [...done.values()], findings }
}

type Entry = {
  key: string | null
  slug: string
  name: string
  fields: Record<string, unknown>
  line: number | null
}

const authorKeys = new Set('slug name display_name bio description website url avatar image'.split(' '))
const categoryKeys = new Set('slug name description parent'.split(' '))

const readEntries = (
  bytes: Uint8Array,
  file: string,
  keys: Set<string>,
): { entries: Entry[]; findings: ImportFinding[] } => {
  const { text, finding } = utf8Text(bytes, file)
  if (text === null) return { entries: [], findings: [finding] }
  const { value, lines, findings } = readYaml(text, file, 1)
  const rows: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value ?? {})
  const entries = new Map<string, Entry>()
  const unused = new Set<string>()
  for (const [key, fields] of rows) {
    const line = lines.get(key) ?? null
    const entry = isMap(fields) ? entryOf(key, fields, line) : null
    if (entry === null)
      findings.push(
        entryFinding(
          file,
          line,
          'data-entry',
          `The entry ${JSON.stringify(key)} has no name or slug.`,
          'Give it a "name" or a "slug".',
        ),
      )
    else if (entries.has(entry.slug))
      findings.push(
        entryFinding(
          file,
          line,
          'data-entry-twice',
          `The slug "${entry.slug}" is there twice; the first one is used.`,
          'Give one of them another slug.',
        ),
      )
    else entries.set(entry.slug, entry)
    for (const each of Object.keys(entry?.fields ?? {})) if (!keys.has(each)) unused.add(each)
  }
  if (unused.size > 0) findings.push(unusedFinding(file, unused))
  return { entries: [...entries.values()], findings }
}

const entryOf = (
  key: string | number,
  fields: Record<string, unknown>,
  line: number | null,
): Entry | null => {
  const ownKey = typeof key === 'string' ? key : null
  const named = textOf(fields.slug) ?? ownKey
  const written = named === null ? null : nameWithoutAddress(named)
  const name = nameWithoutAddress(
    plainText(textOf(fields.name) ?? textOf(fields.display_name) ?? written ?? ''),
  )
  const slug = written !== null && slugProblem(written) === null ? written : slugify(written ?? name)
  return name === '' || slug === '' ? null : { key: ownKey, slug, name, fields, line }
}

const textOf = (value: unknown): string | null => scalarText(value ?? null)?.trim() || null

const entryFinding = (
  file: string,
  line: number | null,
  rule: string,
  message: string,
  action: string,
): ImportFinding => ({ file, line, rule, message, action, severity: 'error' })

const parentFinding = (file: string, entry: Entry, parent: string, isCycle: boolean): ImportFinding => {
  const why = isCycle ? 'leads back to itself' : 'is not in the file'
  const message = `The parent "${parent}" of the category "${entry.slug}" ${why}; it becomes a category at the top.`
  return entryFinding(
    file,
    entry.line,
    'category-parent',
    message,
    'Name a category of the file by its slug.',
  )
}

const unusedFinding = (file: string, keys: Set<string>): ImportFinding => {
  const message = `Not imported, since there is no field for it: ${[...keys].join(', ')}.`
  const action = 'Put what matters into the bio or the description.'
  return { file, line: null, rule: 'data-field-unused', message, action, severity: 'warning' }
}
