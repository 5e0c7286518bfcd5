import type { Post, PostRevision } from '../../db/generated/client.ts'
import type { builder } from '../../graphql/schema/builder.ts'
import { type OffsetDateTime, parseOffsetDateTime } from '../../lib/offset-date-time.ts'
import { readingMinutes } from '../../markup/outline/reading-time.ts'
import type { Rendered } from '../../markup/rendered.ts'
import { renderedIn } from '../fields/columns.ts'
import { type PostField, type PostValues, postFields } from '../fields/fields.ts'
import { readSnapshot } from '../revisions/stored-snapshot.ts'
import { ContentFormat, ExcerptSource, SourceFormat } from './enums.ts'
import { Heading, Image, Seo } from './parts.ts'

/** The two that show what somebody wrote of a post, and what was made of it: what is live, and a revision. */
type PostOrRevision = 'post' | 'revision'

// Pothos has other types for each model; what is read of a row is said by `written` and `made`.
type Fields = Parameters<Parameters<typeof builder.prismaObjectFields<'Post'>>[1]>[0]
type From<Value> = { select: { id: true }; resolve: (row: unknown) => Value }

/** What is written in a field: of a post from its columns, of a revision from its snapshot. */
const written = <F extends PostField>(shown: PostOrRevision, name: F): From<PostValues[F]> => {
  const { from, read } = postFields[name]
  const columns = Object.fromEntries(from.map((column) => [column, true]))
  const ofPost = { select: columns, resolve: read }
  const ofRevision = {
    select: { snapshot: true },
    resolve: ({ snapshot }: Pick<PostRevision, 'snapshot'>) => readSnapshot(snapshot)[name],
  }
  return (shown === 'post' ? ofPost : ofRevision) as unknown as From<PostValues[F]>
}

/** Of a post without the way by the text that a snapshot has: it costs more than all else of a row. */
const publicationOf = (shown: PostOrRevision): From<OffsetDateTime | null> => {
  const { select, resolve } = written(shown, 'publishedAt')
  const ofPost = ({ publishedAt, publishedOffset }: Post) =>
    publishedAt && { instant: publishedAt, offsetMinutes: publishedOffset }
  const ofRevision = (row: unknown) => parseOffsetDateTime(resolve(row) ?? '')
  return { select, resolve: (row) => (shown === 'post' ? ofPost(row as Post) : ofRevision(row)) }
}

/** What was made of it, by its name in a rendering; a revision keeps one only while it is the pending draft. */
const made = <R extends keyof Rendered>(shown: PostOrRevision, name: R): From<Rendered[R] | null> => {
  const column = renderedIn[name]
  const ofPost = { select: { [column]: true }, resolve: (post: Post) => post[column] }
  const ofRevision = {
    select: { rendered: true },
    resolve: ({ rendered }: { rendered: Rendered | null }) => rendered?.[name] ?? null,
  }
  return (shown === 'post' ? ofPost : ofRevision) as unknown as From<Rendered[R] | null>
}

/** The same in the form that is asked for. */
const madeIn = (
  shown: PostOrRevision,
  names: Record<Format, 'content' | 'text' | 'markdown' | ExcerptName>,
) => {
  const each = {
    HTML: made(shown, names.HTML),
    TEXT: made(shown, names.TEXT),
    MARKDOWN: made(shown, names.MARKDOWN),
  }
  return {
    select: ({ format }: { format: Format }) => each[format].select,
    resolve: (row: unknown, { format }: { format: Format }) => each[format].resolve(row),
  }
}

type Format = (typeof ContentFormat)['$inferType']
type ExcerptName = 'excerptHtml' | 'excerptText' | 'excerptMarkdown'

const formatOf = (defaultValue: 'HTML' | 'TEXT') =>
  ({ type: ContentFormat, required: true, defaultValue, description: 'The form to answer in.' }) as const

/** The fields that a post and its revisions have in common. */
export const sharedFields = (fields: unknown, shown: PostOrRevision) => {
  const t = fields as Fields
  const say = (ofPost: string, ofRevision: string) => (shown === 'post' ? ofPost : ofRevision)
  // Of a post everything was made; Pothos' types need to know it before.
  const canLack = (shown === 'revision') as true
  return {
    title: t.string({
      description: 'Plain text, with no markup and no entities.',
      ...written(shown, 'title'),
    }),
    slug: t.string({
      description: say(
        'The name in a URL; unique among posts.',
        'The name in a URL that it has, or would have when it is published.',
      ),
      ...written(shown, 'slug'),
    }),
    format: t.field({
      type: SourceFormat,
      description: 'What the source is written in.',
      ...written(shown, 'format'),
    }),
    source: t.string({
      nullable: (shown === 'post') as true,
      // Whoever sees a revision may see what is in it.
      ...(shown === 'post' && { authScopes: { scope: 'CONTENT_READ' as const } }),
      description: say(
        'The body byte for byte as it was written or imported. Needs content:read; null without it.',
        'The body byte for byte as it was written.',
      ),
      ...written(shown, 'source'),
    }),
    content: t.string({
      nullable: canLack,
      description: say(
        'The body, rendered when it was saved and sanitised.',
        'The body, rendered and sanitised; null when the revision is not the pending draft.',
      ),
      args: { format: t.arg(formatOf('HTML')) },
      ...madeIn(shown, { HTML: 'content', TEXT: 'text', MARKDOWN: 'markdown' }),
    }),
    excerpt: t.string({
      nullable: canLack,
      description: say(
        'The start of the post or a summary; excerptSource says which.',
        'The start or a summary of it; null when the revision is not the pending draft.',
      ),
      args: { format: t.arg(formatOf('TEXT')) },
      ...madeIn(shown, { HTML: 'excerptHtml', TEXT: 'excerptText', MARKDOWN: 'excerptMarkdown' }),
    }),
    excerptSource: t.field({
      type: ExcerptSource,
      nullable: canLack,
      description: say(
        'How the excerpt came about.',
        'How the excerpt came about; null when the revision is not the pending draft.',
      ),
      ...made(shown, 'excerptSource'),
    }),
    publishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: say(
        'When it was published, with the offset it was written with; null when it never was.',
        'The date it bears, with the offset it was written with; null when it bears none yet.',
      ),
      ...publicationOf(shown),
    }),
    layout: t.string({
      nullable: true,
      description: say(
        'The template that the front end should use, such as `post`; null when none was named.',
        'The template that the front end should use; null when none was named.',
      ),
      ...written(shown, 'layout'),
    }),
    images: t.field({
      type: [Image],
      nullable: canLack,
      description: say(
        'The images found in the content, in order.',
        'The images in its content, in order; null when the revision is not the pending draft.',
      ),
      ...made(shown, 'images'),
    }),
    coverImage: t.field({
      type: Image,
      nullable: true,
      description: say(
        'The image that stands for the post; null when none was chosen.',
        'The image that stands for it; null when none was chosen.',
      ),
      ...written(shown, 'coverImage'),
    }),
    headings: t.field({
      type: [Heading],
      nullable: canLack,
      description: say(
        'The headings of the content, in order: a table of contents.',
        'The headings of its content, in order; null when the revision is not the pending draft.',
      ),
      ...made(shown, 'headings'),
    }),
    wordCount: t.int({
      nullable: canLack,
      description: say(
        'How many words the content has.',
        'How many words its content has; null when the revision is not the pending draft.',
      ),
      ...made(shown, 'wordCount'),
    }),
    readingTimeMinutes: t.int({
      nullable: canLack,
      description: say(
        'How long it takes to read, in whole minutes and at least one, at 230 words a minute.',
        'How long it takes to read, in whole minutes, as for a post; null when the revision is not the pending draft.',
      ),
      select: made(shown, 'wordCount').select,
      resolve: (row) => {
        const words = made(shown, 'wordCount').resolve(row)
        return words === null ? null : readingMinutes(words)
      },
    }),
    seo: t.field({
      type: Seo,
      description: 'What search engines should be told.',
      ...written(shown, 'seo'),
    }),
    metadata: t.field({
      type: 'JSON',
      description: say(
        'Front matter that maps to no field, as an object, kept as it was written.',
        'Whatever else belongs to it, as an object.',
      ),
      ...written(shown, 'metadata'),
    }),
  }
}
