import type { OffsetDateTime } from '../lib/offset-date-time.ts'
import type { SourceDialect } from '../markup/rendered.ts'
import type { Kind, kinds } from '../taxonomy/kinds.ts'

/** What every import source yields, one thing at a time; the run (run.ts) knows no source's own format. */
export type ImportEntry =
  | { kind: 'post'; post: ImportedPost }
  | { kind: Kind; term: ImportedTerm }
  | { kind: 'finding'; finding: ImportFinding }

export type ImportedPost = {
  /** Relative to the imported folder, with slashes on every platform. */
  file: string
  /** Where the body starts in the file; the first line is 1. */
  line: number
  sourceId: string | null
  legacyId: string | null
  guid: string | null
  /** Plain text: tags removed and entities decoded already. So are all names below. */
  title: string
  slug: string | null
  /** The permalink: percent-escapes decoded, with a slash in front, otherwise as written. Null: the site's pattern. */
  path: string | null
  date: ImportedDate | null
  updated: ImportedDate | null
  /** PUBLISHED with a date in the future is a scheduled post. */
  status: 'DRAFT' | 'PUBLISHED'
  layout: string | null
  excerpt: string | null
  /** The body, byte for byte as in the file. */
  source: string
  format: 'MARKDOWN' | 'HTML'
  /** The program whose notation the body is in, parts of which are hidden there. */
  dialect: SourceDialect | null
  coverImage: { url: string; alt: string | null } | null
  seo: { title?: string; description?: string; canonicalUrl?: string; noindex?: boolean } | null
  /**
   * Front matter that maps to no field, as written: an object without prototype, of JSON values. Its keys keep their
   * order but for those that look like array indexes ("2009"), which JavaScript puts first.
   */
  metadata: Record<string, unknown>
  /** The raw text between the file's `---` lines; '' where a source has none. */
  frontMatter: string
  /** Old paths of the post, in the form of `path`. */
  redirectFrom: string[]
} & ImportedTerms

/** The terms of each kind in order, each once: names or slugs as written, of an author with the slug that the source names. */
type ImportedTerms = {
  [K in Kind as (typeof kinds)[K]['plural']]: K extends 'author' ? NamedTerm[] : string[]
}
export type NamedTerm = { slug?: string; name: string }

/** `text` is the date as written. */
export type ImportedDate = OffsetDateTime & { text: string }

export type ImportedAuthor = {
  slug: string
  name: string
  bio: string | null
  websiteUrl: string | null
  avatarUrl: string | null
}

export type ImportedCategory = {
  slug: string
  name: string
  description: string | null
  /** The parent's slug; a parent comes before its children. */
  parent: string | null
}

/** A term of a list of the source's own, with what is written of it. */
export type ImportedTerm = ImportedAuthor | ImportedCategory

/** Something that a person must know. An error: what it is about did not go in as written; a warning: it did. */
export type ImportFinding = {
  file: string
  line: number | null
  /** Kebab-case, stable. */
  rule: string
  message: string
  /** What to do about it. */
  action: string
  severity: 'error' | 'warning'
}

/** The source as a whole cannot be read. The message is one line that says what to do. */
export class ImportSourceError extends Error {
  override name = 'ImportSourceError'
}
