import { plainText } from '../../../markup/outline/plain-text.ts'
import { pathProblem, slugify, slugProblem } from '../../../urls/slug.ts'
import type { ImportEntry, ImportedAuthor, ImportedDate, ImportedPost } from '../../entry.ts'
import { parseImportDate } from '../front-matter/date.ts'
import { Fields, listed, scalarText } from '../front-matter/fields.ts'
import type { FrontMatter } from '../front-matter/front-matter.ts'
import { type Clock, hiddenBy, hiddenLater } from '../front-matter/hidden-by.ts'
import { withoutPrivate } from '../front-matter/private-metadata.ts'
import { authorsOf } from './authors.ts'
import type { JekyllConfig } from './config.ts'
import { defaultsFor } from './defaults.ts'
import { coverImageOf } from './image.ts'
import { liquidFindings } from './liquid.ts'

export type JekyllFile = {
  /** From the folder that was given. */
  file: string
  /** From the root of its site: what `_config.yml` knows it by. */
  sitePath: string
  isDraft: boolean
}

/** What a site says about all its posts. */
export type JekyllSiteData = Pick<JekyllConfig, 'defaults' | 'collectionsDir' | 'author'> & {
  authors: Map<string, ImportedAuthor>
}

/** What a post's file name says: `2009-07-23-some-post.md`; drafts need no date. */
export type NamedPost = { dateText: string | null; slug: string }

/**
 * One post of a Jekyll site, after whatever is to be said about it; with an error among the findings there is no post.
 */
export const jekyllPost = (
  { file, sitePath, isDraft }: JekyllFile,
  frontMatter: FrontMatter,
  site: JekyllSiteData,
  clock: Clock,
): ImportEntry[] => {
  const defaults = defaultsFor(site, sitePath, isDraft ? ['posts', 'drafts'] : ['posts'])
  const fields = new Fields(frontMatter, file, defaults)
  const named = namedPost(file)
  const post: Omit<ImportedPost, 'metadata'> = {
    file,
    line: frontMatter.bodyLine,
    ...identityOf(fields),
    title: fields.name('title') ?? titleOf(named.slug),
    slug: slugOf(fields, named),
    path: permalinkOf(fields),
    date: dateOf(fields, named, clock.timezone),
    updated: updatedOf(fields, clock.timezone),
    status: statusOf(fields, isDraft, clock),
    authors: authorsOf(fields, site.authors, site.author),
    categories: categoriesOf(fields, defaults),
    tags: termsOf(fields, 'tag', 'tags'),
    layout: layoutOf(fields),
    excerpt: fields.text('excerpt'),
    source: frontMatter.body,
    format: /\.html?$/i.test(file) ? 'HTML' : 'MARKDOWN',
    dialect: dialectOf(fields),
    coverImage: coverImageOf(fields),
    seo: seoOf(fields),
    frontMatter: frontMatter.text,
    redirectFrom: redirectsOf(fields),
  }
  if (post.date === null && post.status === 'PUBLISHED' && !hasError(fields)) {
    fields.error(
      'date',
      'date-missing',
      'The post has no date.',
      'Add "date:", or start the file name with YYYY-MM-DD-.',
    )
  }
  // Last of the fields: by now every one has been taken from the front matter.
  const { metadata, keptBack } = withoutPrivate(fields.rest())
  if (keptBack.length > 0) fields.warn(firstKey(keptBack), 'private-kept-back', ...keptBackFor(keptBack))
  const liquid = post.dialect === 'JEKYLL' ? liquidFindings(file, frontMatter) : []
  const findings = [...frontMatter.findings, ...fields.findings, ...liquid]
  const entries: ImportEntry[] = findings.map((finding) => ({ kind: 'finding', finding }))
  if (!hasError(fields)) entries.push({ kind: 'post', post: { ...post, metadata } })
  return entries
}

const firstKey = ([first = '']: string[]): string => first.split('.', 1)[0] ?? ''

const keptBackFor = (keys: string[]): [message: string, action: string] => [
  `Not in the metadata, which everyone may read: ${listed(keys)}.`,
  'Keys with content:read find it in origin { frontMatter }; to show it, give it another name.',
]

const hasError = (fields: Fields): boolean => fields.findings.some(({ severity }) => severity === 'error')

const namedPost = (file: string): NamedPost => {
  const base = (file.split('/').at(-1) ?? file).replace(/\.[^.]+$/, '')
  const [, dateText = null, slug = base] = /^(\d{4}-\d{1,2}-\d{1,2})-(.+)$/s.exec(base) ?? []
  return { dateText, slug: slug.normalize('NFC') }
}

/** Jekyll's titleize_slug. */
const titleOf = (slug: string): string => {
  const words = slug.split(/[-_\s]+/).filter(Boolean)
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ')
}

const identityOf = (fields: Fields): Pick<ImportedPost, 'sourceId' | 'legacyId' | 'guid'> => {
  const id = fields.text('id')?.trim() ?? null
  return { sourceId: id, legacyId: id, guid: fields.text('guid')?.trim() ?? null }
}

const slugOf = (fields: Fields, named: NamedPost): string | null => {
  const written = fields.text('slug')?.trim()
  if (written === undefined)
    return slugProblem(named.slug) === null ? named.slug : slugify(named.slug) || null
  const problem = slugProblem(written)
  if (problem === null) return written
  const slug = slugify(written) || null
  fields.warn('slug', 'slug-rewritten', `${problem} "${slug}" is used.`, 'Write the slug that you want.')
  return slug
}

const permalinkStyles = new Set(['date', 'pretty', 'ordinal', 'weekdate', 'none'])

const permalinkOf = (fields: Fields): string | null => {
  const written = fields.text('permalink')?.trim()
  if (written === undefined) return null
  const isTemplate = permalinkStyles.has(written) || /\/:[a-z]|\{\{/.test(`/${written}`)
  const path = asSitePath(written)
  const problem = isTemplate ? 'It is a template.' : pathProblem(path)
  if (problem === null) return path
  if (!fields.isOwn('permalink')) return null
  fields.keep('permalink')
  const message = `The permalink ${JSON.stringify(written)} is not used: ${problem} It is kept as metadata.`
  fields.warn(
    'permalink',
    'permalink-unusable',
    message,
    'Write the path that the post had, or let PERMALINK make one.',
  )
  return null
}

const redirectsOf = (fields: Fields): string[] => {
  const paths: string[] = []
  for (const written of fields.list('redirect_from')) {
    const path = asSitePath(written.trim())
    const problem = pathProblem(path)
    if (problem === null) paths.push(path)
    else
      fields.warn(
        'redirect_from',
        'redirect-unusable',
        `A redirect is left out: ${problem}`,
        'Write the old path.',
      )
  }
  return [...new Set(paths)]
}

/** A path as Jekyll takes it: with or without the slash in front, or a whole URL; percent-escapes decoded. */
const asSitePath = (written: string): string => {
  const path = written.replace(/^https?:\/\/[^/]+/i, '').replace(/^(?!\/)/, '/')
  try {
    return decodeURIComponent(path.replace(/%(?![0-9a-f]{2})/gi, '%25')).normalize('NFC')
  } catch {
    return path
  }
}

const dateOf = (fields: Fields, named: NamedPost, timezone: string): ImportedDate | null => {
  const written = scalarText(fields.take('date'))
  if (written === undefined) {
    const action = 'Write it like 2009-07-23T09:20:48+02:00.'
    fields.error('date', 'field-type', '"date" must be a date, and is a list or a map.', action)
    return null
  }
  if (written.trim() !== '') return readDate(fields, 'date', written, timezone)
  return named.dateText === null ? null : readDate(fields, 'date', named.dateText, timezone, 'file name')
}

const updatedOf = (fields: Fields, timezone: string): ImportedDate | null => {
  for (const key of ['last_modified_at', 'modified']) {
    const written = fields.text(key)
    if (written === null) continue
    const date = parseImportDate(written, timezone)
    if (!('problem' in date)) return date
    fields.keep(key)
    const message = `The date ${JSON.stringify(written)} ("${key}") ${date.problem}; it is kept as metadata alone.`
    fields.warn(key, 'date-unusable', message, 'Write it like 2009-07-23T09:20:48+02:00.')
  }
  return null
}

const readDate = (
  fields: Fields,
  key: string,
  text: string,
  timezone: string,
  where = `"${key}"`,
): ImportedDate | null => {
  const date = parseImportDate(text, timezone)
  if (!('problem' in date)) return date
  const message = `The date ${JSON.stringify(text)} (${where}) ${date.problem}.`
  fields.error(key, 'date-invalid', message, 'Write it like 2009-07-23T09:20:48+02:00.')
  return null
}

/** What says in any way that it is not public stays a draft: a post is published later more easily than taken back. */
const statusOf = (fields: Fields, isDraft: boolean, clock: Clock): ImportedPost['status'] => {
  for (const key of ['published', 'draft']) fields.flag(key)
  const hiding = hiddenBy(fields.all, clock)
  const told = hiding.filter(({ isUsual }) => !isUsual)
  for (const { key, why } of isDraft ? [] : told) {
    const action = 'Publish it here, or change the key and import again, if everyone may read it.'
    fields.warn(firstKey([key]), 'kept-as-draft', `It is a draft, since "${key}" ${why}.`, action)
  }
  if (isDraft || hiding.length > 0) return 'DRAFT'
  for (const { key, at } of hiddenLater(fields.all, clock)) {
    const message = `"${key}" hides it from ${at.toISOString()} on; here it stays public.`
    fields.warn(key, 'expires-later', message, 'Set unpublishAt here, or import again then.')
  }
  return 'PUBLISHED'
}

/** Those that the site gives the post come first, as in Jekyll; of other lists the post's own is all that counts. */
const categoriesOf = (fields: Fields, defaults: Record<string, unknown>): string[] => {
  const given = new Fields({ data: defaults, lines: new Map() }, '')
  const own = termsOf(fields, 'category', 'categories')
  return given.has('categories') ? [...new Set([...termsOf(given, '', 'categories'), ...own])] : own
}

/**
 * The singular key holds names as they are; the plural one a list, or, as in Jekyll, one text of names with spaces
 * between them. A text with commas is split at the commas: Jekyll would leave them hanging on the names.
 */
const termsOf = (fields: Fields, singular: string, plural: string): string[] => {
  const split = (text: string) => text.split(text.includes(',') ? ',' : /\s+/)
  const names = [...fields.list(singular), ...fields.list(plural, split)]
  return [...new Set(names.map(plainText).filter(Boolean))]
}

/** `layout: false` and `layout: none` say that there is none. */
const layoutOf = (fields: Fields): string | null => {
  const layout = fields.text('layout')?.trim()
  return layout === undefined || layout === 'false' || layout === 'none' ? null : layout
}

/** Jekyll 4 lets a file switch Liquid off; what looks like a comment is text then. */
const dialectOf = (fields: Fields): ImportedPost['dialect'] => {
  const isLiquid = fields.flag('render_with_liquid') !== false
  fields.keep('render_with_liquid')
  return isLiquid ? 'JEKYLL' : 'KRAMDOWN'
}

const seoOf = (fields: Fields): ImportedPost['seo'] => {
  const description = fields.name('description')
  const canonicalUrl = fields.text('canonical_url')?.trim()
  const noindex = fields.flag('noindex')
  if (description === null && canonicalUrl === undefined && noindex === null) return null
  return {
    ...(description !== null && { description }),
    ...(canonicalUrl !== undefined && { canonicalUrl }),
    ...(noindex !== null && { noindex }),
  }
}
