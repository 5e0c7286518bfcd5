import type { Prisma, SourceFormat } from '../db/generated/client.ts'
import { ValidationError, type ValidationIssue } from '../lib/errors.ts'
import { formatOffsetDateTime, type OffsetDateTime } from '../lib/offset-date-time.ts'
import { textProblem } from '../lib/text.ts'
import { type ByName, type Kind, kindNames, kinds } from '../taxonomy/kinds.ts'
import { ensureTerms, findTerms } from '../taxonomy/shared/ensure.ts'
import { pathProblem, slugProblem } from '../urls/slug.ts'
import type { Write } from '../write/write.ts'
import type { Snapshot } from './revisions/snapshot.ts'

/** What a caller may say about a post. Absent leaves alone, null clears. */
export type PostInput = {
  title?: string | null
  source?: string | null
  format?: SourceFormat | null
  slug?: string | null
  path?: string | null
  excerpt?: string | null
  publishedAt?: OffsetDateTime | null
  layout?: string | null
  seo?: {
    title?: string | null
    description?: string | null
    canonicalUrl?: string | null
    noindex?: boolean | null
  } | null
  metadata?: unknown
  coverImage?: { url: string; alt?: string | null } | null
} & Partial<ByName<'plural', string[] | null>>

// A page of a list. A post of twenty years of blogs has a dozen at most.
const maxTerms = 100
// The title fits any page and feed; the source is what one request may carry, and far above the longest known post.
const maxLength = { title: 1_000, source: 5_000_000, excerpt: 20_000, layout: 200, term: 200, part: 5_000 }

/**
 * The snapshot that the input makes of another one.
 *
 * @throws ValidationError with every issue at once.
 */
export const withInput = async (w: Write, base: Snapshot, input: PostInput): Promise<Snapshot> => {
  const issues: ValidationIssue[] = [
    ...textIssues(input),
    ...partIssues(input),
    ...pathIssues(input),
    ...otherIssues(input),
  ]
  const found = await knownIdsOf(w, input, issues)
  if (issues.length > 0) throw new ValidationError(issues)
  const made = await madeIdsOf(w, input)
  return {
    title: given(input.title?.trim(), base.title),
    source: given(input.source, base.source),
    format: given(input.format, base.format),
    // An empty slug is made from the title when the post is saved.
    slug: input.slug === undefined ? base.slug : (input.slug ?? ''),
    path: orCleared(input.path, base.path),
    excerpt: orCleared(input.excerpt, base.excerpt),
    layout: orCleared(input.layout, base.layout),
    publishedAt: orCleared(input.publishedAt && formatOffsetDateTime(input.publishedAt), base.publishedAt),
    seo: input.seo === undefined ? base.seo : { ...noSeo, ...defined(input.seo ?? {}) },
    coverImage: input.coverImage
      ? { alt: null, ...input.coverImage }
      : orCleared(input.coverImage, base.coverImage),
    metadata: input.metadata === undefined ? base.metadata : ((input.metadata ?? {}) as Prisma.JsonObject),
    ...idsOf((kind) => found.get(kind) ?? made.get(kind) ?? base[kinds[kind].idsField]),
  }
}

/** The ids of terms of each kind, as a snapshot has them. */
const idsOf = (of: (kind: Kind) => string[]) =>
  Object.fromEntries(kindNames.map((kind) => [kinds[kind].idsField, of(kind)])) as ByName<
    'idsField',
    string[]
  >

export const noSeo: Snapshot['seo'] = { title: null, description: null, canonicalUrl: null, noindex: false }

export const emptySnapshot: Snapshot = {
  title: '',
  source: '',
  format: 'MARKDOWN',
  slug: '',
  path: null,
  excerpt: null,
  layout: null,
  publishedAt: null,
  seo: noSeo,
  coverImage: null,
  metadata: {},
  ...idsOf(() => []),
}

/** What is wrong with the texts of an input, before anything is looked up. */
export const textIssues = (input: PostInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  for (const field of ['title', 'source', 'excerpt', 'layout'] as const) {
    const problem = typeof input[field] === 'string' ? textProblem(input[field], maxLength[field]) : null
    if (problem) issues.push(issue(field, `The ${field} ${problem}.`))
  }
  for (const field of ['title', 'source', 'format'] as const) {
    if (input[field] === null)
      issues.push(issue(field, `The ${field} cannot be cleared; send a value or leave it out.`))
  }
  if (typeof input.title === 'string' && input.title.trim() === '') {
    issues.push(issue('title', 'The title is empty; give the post a title.'))
  }
  return issues
}

/** Of the texts within `seo` and `coverImage`. */
const partIssues = (input: PostInput): ValidationIssue[] =>
  (['seo', 'coverImage'] as const).flatMap((field) =>
    Object.entries(input[field] ?? {}).flatMap(([part, text]) => {
      const problem = typeof text === 'string' ? textProblem(text, maxLength.part) : null
      return problem ? [issue(field, `The ${part} of ${field} ${problem}.`, part)] : []
    }),
  )

const pathIssues = (input: PostInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  const slug = typeof input.slug === 'string' ? slugProblem(input.slug) : null
  if (slug) issues.push(issue('slug', slug))
  const path = typeof input.path === 'string' ? pathProblem(input.path) : null
  if (path) issues.push(issue('path', path))
  return issues
}

const otherIssues = (input: PostInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  const { metadata } = input
  if (metadata != null && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    issues.push(issue('metadata', 'The metadata must be a JSON object.'))
  } else if (metadata != null && !isStorable(metadata)) {
    issues.push(
      issue(
        'metadata',
        'The metadata contains a NUL character, half of a surrogate pair, or a key "__proto__"; remove it.',
      ),
    )
  }
  for (const field of kindNames.map((kind) => kinds[kind].plural)) {
    const count = input[field]?.length ?? 0
    if (count > maxTerms)
      issues.push(
        issue(
          field,
          `${field} has ${count} entries; at most ${maxTerms} are allowed. Name those that matter most.`,
        ),
      )
    for (const [index, word] of (input[field] ?? []).entries()) {
      const problem = word.trim() === '' ? 'is empty; leave it out' : textProblem(word, maxLength.term)
      if (problem) issues.push(issue(field, `Entry ${index + 1} of ${field} ${problem}.`, String(index)))
    }
  }
  return issues
}

/**
 * Whether every key and text of a JSON value can be stored; its depth is bounded by the request's limits. Prisma copies
 * objects key by key, on which `__proto__` would get lost without a word.
 */
const isStorable = (value: unknown): boolean => {
  if (typeof value === 'string') return textProblem(value, maxLength.source) === null
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(
    ([key, entry]) => key !== '__proto__' && isStorable(key) && isStorable(entry),
  )
}

type Ids = Map<Kind, string[]>

/** Of the kinds whose terms have to be there already, by what the input says of them. */
const knownIdsOf = async (w: Write, input: PostInput, issues: ValidationIssue[]): Promise<Ids> => {
  const ids: Ids = new Map()
  for (const kind of kindNames.filter((kind) => !kinds[kind].isMadeByPosts)) {
    const { plural, isFoundByName } = kinds[kind]
    const given = input[plural]
    if (given === undefined) continue
    const words = lookedUp(given)
    const found = await findTerms(w.tx, kind, words)
    for (const word of words.filter((word) => !found.has(word))) {
      const message = isFoundByName
        ? `There is no ${kind} "${word}"; create it first or correct its slug or name.`
        : `There is no ${kind} with the slug "${word}"; create it first or correct the slug.`
      issues.push(issue(plural, message))
    }
    ids.set(kind, unique(words.flatMap((word) => found.get(word)?.id ?? [])))
  }
  return ids
}

/** Of the kinds whose terms are made where there are none yet. */
const madeIdsOf = async (w: Write, input: PostInput): Promise<Ids> => {
  const ids: Ids = new Map()
  for (const kind of kindNames.filter((kind) => kinds[kind].isMadeByPosts)) {
    const given = input[kinds[kind].plural]
    if (given === undefined) continue
    const words = unique(given ?? [])
    const found = await ensureTerms(w, kind, words)
    ids.set(kind, unique(words.flatMap((word) => found.get(word)?.id ?? [])))
  }
  return ids
}

/** Each word once, but for those that no row can have, and none of too many: they are issues already. */
const lookedUp = (words: string[] | null): string[] =>
  words === null || words.length > maxTerms
    ? []
    : unique(words).filter((word) => word.trim() !== '' && textProblem(word, maxLength.term) === null)

const issue = (field: string, message: string, ...rest: string[]): ValidationIssue => ({
  message,
  path: ['input', field, ...rest],
})

const unique = <T>(values: T[]): T[] => [...new Set(values)]

const given = <T>(value: T | null | undefined, fallback: T): T => value ?? fallback

const orCleared = <T>(value: T | null | undefined, fallback: T | null): T | null =>
  value === undefined ? fallback : value

const defined = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], null | undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry != null)) as never
