import { type Post, Prisma, type SourceFormat } from '../../db/generated/client.ts'
import { formatOffsetDateTime, type OffsetDateTime, parseOffsetDateTime } from '../../lib/offset-date-time.ts'
import { foldKey } from '../../lib/text.ts'

/** A field of a post that a person writes. */
type Field<Column extends keyof Post, Value, Input, Columns> = {
  /** Of a post of which nothing is written yet. */
  empty: Value
  /** The columns that hold it, the way from them, and the way to those that follow from it alone. */
  from: readonly Column[]
  read: (post: Pick<Post, Column>) => Value
  columns: (value: Value) => Columns
  /** The value that an input leaves behind. Absent leaves alone, null clears where there can be none. */
  given: (input: Input | null | undefined, before: Value) => Value
  /** Whether there is always one: null is refused. */
  isRequired?: true
  /** Of a text, or of each text of a field with parts. */
  maxLength?: number
  partMaxLength?: number
  /** What an event calls it, if not by its own name. */
  eventName?: string
  /** Whether an event leaves out the value that it had. */
  isLeftOutOfEvents?: true
}

const field = <Column extends keyof Post, Value, Input, Columns>(
  of: Field<Column, Value, Input, Columns>,
): Field<Column, Value, Input, Columns> => of

// What one request may carry, and far above the longest known post.
export const maxSourceLength = 5_000_000

type Seo = { title: string | null; description: string | null; canonicalUrl: string | null; noindex: boolean }
type CoverImage = { url: string; alt: string | null }
/** What a caller may say of a part: null is as good as absent. */
type Parts<Value> = { [Part in keyof Value]?: Value[Part] | null }

const noSeo: Seo = { title: null, description: null, canonicalUrl: null, noindex: false }

/** A text in a column of its own, which may be cleared. */
const optionalText = <Column extends TextColumn>(column: Column, maxLength: number) =>
  field({
    empty: null,
    from: [column],
    read: (post: Pick<Post, Column>) => post[column] as string | null,
    columns: (text) => ({ [column]: text }) as Record<Column, string | null>,
    given: (input: string | null | undefined, before) => orCleared(input, before),
    maxLength,
  })

type TextColumn = {
  [Column in keyof Post]: null extends Post[Column]
    ? Post[Column] extends string | null
      ? Column
      : never
    : never
}[keyof Post]

/**
 * Everything that a person writes of a post beside its terms, each field once: what a snapshot keeps, what an input says, which
 * columns hold it and what an event tells of it are read from here, in this order.
 */
export const postFields = {
  title: field({
    empty: '',
    from: ['title'],
    read: ({ title }): string => title,
    columns: (title) => ({ title, titleKey: foldKey(title) }),
    given: (input: string | null | undefined, before) => input?.trim() ?? before,
    isRequired: true,
    // It fits any page and feed.
    maxLength: 1_000,
  }),
  source: field({
    empty: '',
    from: ['source'],
    read: ({ source }): string => source,
    columns: (source) => ({ source }),
    given: (input: string | null | undefined, before) => input ?? before,
    isRequired: true,
    maxLength: maxSourceLength,
    eventName: 'content',
    // It may be large, and a receiver that wants it asks for it.
    isLeftOutOfEvents: true,
  }),
  format: field({
    empty: 'MARKDOWN' as SourceFormat,
    from: ['format'],
    read: ({ format }): SourceFormat => format,
    columns: (format) => ({ format }),
    given: (input: SourceFormat | null | undefined, before) => input ?? before,
    isRequired: true,
    isLeftOutOfEvents: true,
  }),
  // Where a post lives follows from more than these two: permalink.ts makes the columns.
  slug: field({
    empty: '',
    from: ['slug'],
    read: ({ slug }): string => slug,
    columns: () => ({}),
    // An empty slug is made from the title when the post is saved.
    given: (input: string | null | undefined, before) => (input === undefined ? before : (input ?? '')),
  }),
  /** Null when the path follows PERMALINK. */
  path: field({
    empty: null,
    from: ['path', 'pathIsManual'],
    read: ({ path, pathIsManual }): string | null => (pathIsManual ? path : null),
    columns: () => ({}),
    given: (input: string | null | undefined, before) => orCleared(input, before),
  }),
  excerpt: optionalText('excerptManual', 20_000),
  layout: optionalText('layout', 200),
  /** RFC 3339 with the offset it was written with. */
  publishedAt: field({
    empty: null,
    from: ['publishedAt', 'publishedOffset'],
    read: ({ publishedAt, publishedOffset }): string | null =>
      publishedAt && formatOffsetDateTime({ instant: publishedAt, offsetMinutes: publishedOffset }),
    columns: (written) => {
      const published = written === null ? null : parseOffsetDateTime(written)
      return {
        publishedAt: published?.instant ?? null,
        publishedOffset: published?.offsetMinutes ?? 0,
      }
    },
    given: (input: OffsetDateTime | null | undefined, before) =>
      orCleared(input && formatOffsetDateTime(input), before),
  }),
  seo: field({
    empty: noSeo,
    from: ['seoTitle', 'seoDescription', 'canonicalUrl', 'noindex'],
    read: ({ seoTitle, seoDescription, canonicalUrl, noindex }): Seo => ({
      title: seoTitle,
      description: seoDescription,
      canonicalUrl,
      noindex,
    }),
    columns: ({ title, description, canonicalUrl, noindex }) => ({
      seoTitle: title,
      seoDescription: description,
      canonicalUrl,
      noindex,
    }),
    given: (input: Parts<Seo> | null | undefined, before) =>
      input === undefined ? before : { ...noSeo, ...defined(input ?? {}) },
    partMaxLength: 5_000,
  }),
  coverImage: field({
    empty: null,
    from: ['coverImage'],
    read: ({ coverImage }) => coverImage as CoverImage | null,
    columns: (coverImage) => ({ coverImage: coverImage ?? Prisma.DbNull }),
    given: (input: { url: string; alt?: string | null } | null | undefined, before) =>
      input ? { alt: null, ...input } : orCleared(input, before),
    partMaxLength: 5_000,
  }),
  metadata: field({
    empty: {},
    from: ['metadata'],
    read: ({ metadata }) => metadata as Prisma.JsonObject,
    columns: (metadata) => ({ metadata: metadata as Prisma.InputJsonObject }),
    given: (input: unknown, before) => (input === undefined ? before : ((input ?? {}) as Prisma.JsonObject)),
  }),
}

export type PostField = keyof typeof postFields
type Definition<F extends PostField> = (typeof postFields)[F]
type UnionToIntersection<Union> = (Union extends unknown ? (of: Union) => void : never) extends (
  of: infer All,
) => void
  ? All
  : never

/** The values of all fields. */
export type PostValues = { -readonly [F in PostField]: ReturnType<Definition<F>['read']> }
/** What a caller may say of them. */
export type PostFieldsInput = { [F in PostField]?: Parameters<Definition<F>['given']>[0] }
/** The columns that follow from them alone. */
export type WrittenColumns = UnionToIntersection<ReturnType<Definition<PostField>['columns']>>

export const postFieldNames = Object.keys(postFields) as PostField[]

/** Something of each field; the types of what goes in and comes out are the fields' own. */
const ofEach = (of: (field: Field<never, never, never, unknown>, name: PostField) => unknown) =>
  Object.fromEntries(postFieldNames.map((name) => [name, of(postFields[name] as never, name)]))

/** The values of a stored post. */
export const readValues = (post: Post): PostValues => ofEach((field) => field.read(post)) as PostValues

/** The values of a post of which nothing is written yet. */
export const emptyValues = ofEach((field) => field.empty) as PostValues

/** The values that an input leaves behind. */
export const givenValues = (input: PostFieldsInput, before: PostValues): PostValues =>
  ofEach((field, name) => field.given(input[name] as never, before[name] as never)) as PostValues

/** The columns of values, but for those of the place and those of what is rendered. */
export const writtenColumns = (values: PostValues): WrittenColumns =>
  Object.assign(
    {},
    ...postFieldNames.map((name) => (postFields[name].columns as (value: unknown) => object)(values[name])),
  )

const orCleared = <T>(value: T | null | undefined, fallback: T | null): T | null =>
  value === undefined ? fallback : value

const defined = <T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], null | undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, entry]) => entry != null)) as never
