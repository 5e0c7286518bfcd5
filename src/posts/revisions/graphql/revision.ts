import type { PostRevision as RevisionRow } from '../../../db/generated/client.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { connectionType } from '../../../graphql/schema/connection.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { hasScope } from '../../../keys/viewer.ts'
import { parseOffsetDateTime } from '../../../lib/offset-date-time.ts'
import { readingMinutes } from '../../../markup/outline/reading-time.ts'
import type { Rendered } from '../../../markup/rendered.ts'
import { ContentFormat, ExcerptSource, SourceFormat } from '../../graphql/enums.ts'
import { Heading, Image, Seo } from '../../graphql/parts.ts'
import type { Snapshot } from '../snapshot.ts'
import { readSnapshot } from '../stored-snapshot.ts'

const PostRevisionAction = builder.enumType('PostRevisionAction', {
  description: 'What somebody did that made a revision of a post.',
  values: {
    CREATED: { value: 'created', description: 'The post was begun as a draft.' },
    IMPORTED: { value: 'imported', description: 'An import brought it in, or brought it up to date.' },
    SAVED: { value: 'saved', description: 'Somebody changed what was written.' },
    RESTORED: { value: 'restored', description: 'What an older revision holds was brought back.' },
    PUBLISHED: { value: 'published', description: 'It went live, or its pending edits did.' },
    UNPUBLISHED: { value: 'unpublished', description: 'It was taken back to draft.' },
    SCHEDULED: { value: 'scheduled', description: 'It was given a time to be published at.' },
    UNSCHEDULED: { value: 'unscheduled', description: 'Its schedule was cancelled.' },
    TRASHED: { value: 'trashed', description: 'It was thrown away.' },
    STATE: { value: 'state', description: 'Its status or times changed, and nothing that was written.' },
  } as const,
})

const format = {
  type: ContentFormat,
  required: true,
  defaultValue: 'HTML',
  description: 'The form to answer in.',
} as const

const written = ({ snapshot }: Pick<RevisionRow, 'snapshot'>): Snapshot => readSnapshot(snapshot)
/** JSON columns hold what this program wrote there. */
const made = ({ rendered }: { rendered: unknown }) => rendered as Rendered | null
/** What a rendering calls the content and the excerpt, by the form of the answer. */
const madeContent = { HTML: 'content', TEXT: 'text', MARKDOWN: 'markdown' } as const
const madeExcerpt = { HTML: 'excerptHtml', TEXT: 'excerptText', MARKDOWN: 'excerptMarkdown' } as const
const fromWritten = { snapshot: true } as const
const fromMade = { rendered: true } as const

export const PostRevision = builder.prismaObject('PostRevision', {
  description:
    'One save of a post, or the newest of a run of them: who, when, what changed, and all that was written. What is made of the text (content, excerpt, headings, images, wordCount) is kept only while the revision is the pending draft and null otherwise. Needs content:read.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    version: t.exposeInt('version', { description: 'The version of the post that this save made.' }),
    action: t.field({
      type: PostRevisionAction,
      description: 'What was done.',
      select: { action: true },
      resolve: ({ action }) => action as (typeof PostRevisionAction)['$inferType'],
    }),
    actor: t.exposeString('actor', {
      nullable: true,
      description:
        'The name of the API key, or of the part of the program, that saved it; null when unknown.',
    }),
    actorId: t.exposeID('actorId', {
      nullable: true,
      description: 'The global id of the API key that saved it; null when the program itself did.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was saved.' }),
    changedFields: t.exposeStringList('changedFields', {
      description: 'The names of the fields that differ from the save before it; empty for the first one.',
    }),
    title: t.string({
      description: 'Plain text, with no markup and no entities.',
      select: fromWritten,
      resolve: (revision) => written(revision).title,
    }),
    slug: t.string({
      description: 'The name in a URL that it has, or would have when it is published.',
      select: fromWritten,
      resolve: (revision) => written(revision).slug,
    }),
    path: t.string({
      nullable: true,
      description: 'The permalink that was given by hand; null when it follows PERMALINK.',
      select: fromWritten,
      resolve: (revision) => written(revision).path,
    }),
    format: t.field({
      type: SourceFormat,
      description: 'What the source is written in.',
      select: fromWritten,
      resolve: (revision) => written(revision).format,
    }),
    source: t.string({
      description: 'The body byte for byte as it was written.',
      select: fromWritten,
      resolve: (revision) => written(revision).source,
    }),
    content: t.string({
      nullable: true,
      description: 'The body, rendered and sanitised; null when the revision is not the pending draft.',
      args: { format: t.arg(format) },
      select: fromMade,
      resolve: (revision, args) => made(revision)?.[madeContent[args.format]] ?? null,
    }),
    excerpt: t.string({
      nullable: true,
      description: 'The start or a summary of it; null when the revision is not the pending draft.',
      args: { format: t.arg({ ...format, defaultValue: 'TEXT' }) },
      select: fromMade,
      resolve: (revision, args) => made(revision)?.[madeExcerpt[args.format]] ?? null,
    }),
    excerptSource: t.field({
      type: ExcerptSource,
      nullable: true,
      description: 'How the excerpt came about; null when the revision is not the pending draft.',
      select: fromMade,
      resolve: (revision) => made(revision)?.excerptSource ?? null,
    }),
    publishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The date it bears, with the offset it was written with; null when it bears none yet.',
      select: fromWritten,
      resolve: (revision) => {
        const { publishedAt } = written(revision)
        return publishedAt === null ? null : parseOffsetDateTime(publishedAt)
      },
    }),
    layout: t.string({
      nullable: true,
      description: 'The template that the front end should use; null when none was named.',
      select: fromWritten,
      resolve: (revision) => written(revision).layout,
    }),
    images: t.field({
      type: [Image],
      nullable: true,
      description: 'The images in its content, in order; null when the revision is not the pending draft.',
      select: fromMade,
      resolve: (revision) => made(revision)?.images ?? null,
    }),
    coverImage: t.field({
      type: Image,
      nullable: true,
      description: 'The image that stands for it; null when none was chosen.',
      select: fromWritten,
      resolve: (revision) => written(revision).coverImage,
    }),
    headings: t.field({
      type: [Heading],
      nullable: true,
      description: 'The headings of its content, in order; null when the revision is not the pending draft.',
      select: fromMade,
      resolve: (revision) => made(revision)?.headings ?? null,
    }),
    wordCount: t.int({
      nullable: true,
      description: 'How many words its content has; null when the revision is not the pending draft.',
      select: fromMade,
      resolve: (revision) => made(revision)?.wordCount ?? null,
    }),
    readingTimeMinutes: t.int({
      nullable: true,
      description:
        'How long it takes to read, in whole minutes, as for a post; null when the revision is not the pending draft.',
      select: fromMade,
      resolve: (revision) => {
        const rendered = made(revision)
        return rendered && readingMinutes(rendered.wordCount)
      },
    }),
    seo: t.field({
      type: Seo,
      description: 'What search engines should be told.',
      select: fromWritten,
      resolve: (revision) => written(revision).seo,
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'Whatever else belongs to it, as an object.',
      select: fromWritten,
      resolve: (revision) => written(revision).metadata,
    }),
  }),
})

export const PostRevisionConnection = connectionType('PostRevision', 'revisions of a post', PostRevision)

registerNode('revision', 'PostRevision', async (ids, context, info) =>
  hasScope(context.viewer, 'CONTENT_READ')
    ? context.db.postRevision.findMany({
        select: selectOf(context, info, 'PostRevision', { id: true }),
        where: { id: { in: ids } },
      })
    : [],
)
