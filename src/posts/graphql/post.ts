import { builder } from '../../graphql/schema/builder.ts'
import { connectionType } from '../../graphql/schema/connection.ts'
import { Node } from '../../graphql/schema/node.ts'
import { readingMinutes } from '../../markup/outline/reading-time.ts'
import { absoluteUrl } from '../../urls/site-paths.ts'
import { ContentFormat, ExcerptSource, PostStatus, SourceFormat } from './enums.ts'
import { Heading, type HeadingShape, Image, type ImageShape, Seo } from './parts.ts'

const readScope = { scope: 'CONTENT_READ' } as const

/** A post in its live version, to everyone and in every field. */
export const Post = builder.prismaObject('Post', {
  description:
    'A post. A published one answers its live version to everyone; edits that are not live yet wait apart.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    legacyId: t.exposeString('legacyId', {
      nullable: true,
      description: 'The id in the system it came from, such as "1290"; null when it was written here.',
    }),
    guid: t.exposeString('guid', {
      nullable: true,
      description: 'The permanent identifier that feed readers know it by; null when it never had one.',
    }),
    slug: t.exposeString('slug', { description: 'The name in a URL; unique among posts.' }),
    path: t.exposeString('path', { description: 'The permalink as a path, such as /2009/07/some-post/.' }),
    url: t.field({
      type: 'URL',
      description: 'The permalink as an absolute URL: SITE_URL and the path.',
      select: { path: true },
      resolve: ({ path }, _args, { site }) => absoluteUrl(site, path),
    }),
    title: t.exposeString('title', { description: 'Plain text, with no markup and no entities.' }),
    status: t.expose('status', {
      type: PostStatus,
      description: 'Where it stands: without a key it is always PUBLISHED.',
    }),
    version: t.exposeInt('version', {
      description:
        'Rises by one with every save and every change of status; of what is live, for a published post.',
    }),
    hasUnpublishedChanges: t.boolean({
      nullable: true,
      authScopes: readScope,
      description: 'Whether edits wait that are not live yet. Needs content:read; null without it.',
      select: { draftId: true },
      resolve: ({ draftId }) => draftId !== null,
    }),
    format: t.expose('format', { type: SourceFormat, description: 'What the source is written in.' }),
    source: t.exposeString('source', {
      nullable: true,
      authScopes: readScope,
      description:
        'The body byte for byte as it was written or imported. Needs content:read; null without it.',
    }),
    content: t.string({
      description: 'The body, rendered when it was saved and sanitised.',
      args: {
        format: t.arg({
          type: ContentFormat,
          required: true,
          defaultValue: 'HTML',
          description: 'The form to answer in.',
        }),
      },
      select: ({ format }) =>
        format === 'TEXT'
          ? { contentText: true }
          : format === 'MARKDOWN'
            ? { contentMarkdown: true }
            : { content: true },
      resolve: (post, { format }) =>
        format === 'TEXT' ? post.contentText : format === 'MARKDOWN' ? post.contentMarkdown : post.content,
    }),
    excerpt: t.string({
      description: 'The start of the post or a summary; excerptSource says which.',
      args: {
        format: t.arg({
          type: ContentFormat,
          required: true,
          defaultValue: 'TEXT',
          description: 'The form to answer in.',
        }),
      },
      select: ({ format }) =>
        format === 'TEXT'
          ? { excerptText: true }
          : format === 'MARKDOWN'
            ? { excerptMarkdown: true }
            : { excerptHtml: true },
      resolve: (post, { format }) =>
        format === 'TEXT'
          ? post.excerptText
          : format === 'MARKDOWN'
            ? post.excerptMarkdown
            : post.excerptHtml,
    }),
    excerptSource: t.expose('excerptSource', {
      type: ExcerptSource,
      description: 'How the excerpt came about.',
    }),
    publishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was published, with the offset it was written with; null when it never was.',
      select: { publishedAt: true, publishedOffset: true },
      resolve: ({ publishedAt, publishedOffset }) =>
        publishedAt && { instant: publishedAt, offsetMinutes: publishedOffset },
    }),
    scheduledAt: t.expose('scheduledAt', {
      type: 'DateTime',
      nullable: true,
      authScopes: readScope,
      description: 'When it will be published; null when it is not scheduled. Needs content:read.',
    }),
    unpublishAt: t.expose('unpublishAt', {
      type: 'DateTime',
      nullable: true,
      authScopes: readScope,
      description: 'When it will be taken back to draft; null when it will not. Needs content:read.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it came into this system.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When it last changed; of what is live, for a published post.',
    }),
    layout: t.exposeString('layout', {
      nullable: true,
      description: 'The template that the front end should use, such as `post`; null when none was named.',
    }),
    images: t.field({
      type: [Image],
      description: 'The images found in the content, in order.',
      select: { images: true },
      resolve: ({ images }) => images as ImageShape[],
    }),
    coverImage: t.field({
      type: Image,
      nullable: true,
      description: 'The image that stands for the post; null when none was chosen.',
      select: { coverImage: true },
      resolve: ({ coverImage }) => coverImage as ImageShape | null,
    }),
    headings: t.field({
      type: [Heading],
      description: 'The headings of the content, in order: a table of contents.',
      select: { headings: true },
      resolve: ({ headings }) => headings as HeadingShape[],
    }),
    wordCount: t.exposeInt('wordCount', { description: 'How many words the content has.' }),
    readingTimeMinutes: t.int({
      description: 'How long it takes to read, in whole minutes and at least one, at 230 words a minute.',
      select: { wordCount: true },
      resolve: ({ wordCount }) => readingMinutes(wordCount),
    }),
    seo: t.field({
      type: Seo,
      description: 'What search engines should be told.',
      select: { seoTitle: true, seoDescription: true, canonicalUrl: true, noindex: true },
      resolve: (post) => ({
        title: post.seoTitle,
        description: post.seoDescription,
        canonicalUrl: post.canonicalUrl,
        noindex: post.noindex,
      }),
    }),
    metadata: t.field({
      type: 'JSON',
      description: 'Front matter that maps to no field, as an object, kept as it was written.',
      select: { metadata: true },
      resolve: ({ metadata }) => metadata,
    }),
  }),
})

export const PostConnection = connectionType('Post', 'posts', Post)
