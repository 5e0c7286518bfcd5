import type { Event as EventRow, Post as PostRow } from '../db/generated/client.ts'
import {
  InvalidStateError,
  NotFoundError,
  TakenError,
  ValidationError,
  VersionConflictError,
} from '../errors.ts'
import { Event } from '../events/event.graphql.ts'
import { builder } from '../graphql/builder.ts'
import { ErrorInterface, resultOf } from '../graphql/result.ts'
import { selectOf } from '../graphql/select.ts'
import { SourceFormat } from './post.enums.graphql.ts'
import { Post } from './post.graphql.ts'
import { createPost, publishPost, unpublishPost, updatePost } from './post.ts'

type Written = { value: PostRow; events: EventRow[] }

const payload = (name: string, verb: string) =>
  builder.objectRef<Written>(`${name}Payload`).implement({
    description: `The post that was ${verb}.`,
    fields: (t) => ({
      post: t.field({
        type: Post,
        description: 'The post as it is now.',
        resolve: ({ value }, _args, context, info) =>
          context.db.post.findUniqueOrThrow({
            select: selectOf(context, info, 'Post', { id: true }),
            where: { id: value.id },
          }),
      }),
      event: t.field({
        type: Event,
        nullable: true,
        description: 'What subscribers are told; null when nothing changed, which is no error.',
        resolve: ({ events }) => events[0] ?? null,
      }),
    }),
  })

builder.objectType(VersionConflictError, {
  name: 'VersionConflictError',
  description: 'Someone saved the post since it was read. Nothing was written.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    current: t.field({
      type: Post,
      description: 'The post as it is now.',
      resolve: ({ currentId }, _args, context, info) =>
        context.db.post.findUniqueOrThrow({
          select: selectOf(context, info, 'Post', { id: true }),
          where: { id: currentId },
        }),
    }),
  }),
})

const SeoInput = builder.inputType('SeoInput', {
  description: 'What search engines should be told about a post.',
  fields: (t) => ({
    title: t.string({ description: 'For the title element; null = use the title.' }),
    description: t.string({ description: 'For the description meta element; null = use the excerpt.' }),
    canonicalUrl: t.field({ type: 'URL', description: 'The URL that should be indexed instead.' }),
    noindex: t.boolean({ description: 'Whether search engines should leave it out.' }),
  }),
})

const ImageInput = builder.inputType('ImageInput', {
  description: 'An image that stands for a post.',
  fields: (t) => ({
    url: t.field({ type: 'URL', required: true, description: 'Where it is.' }),
    alt: t.string({ description: 'What stands in for it for those who cannot see it.' }),
  }),
})

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0]

const contentFields = (t: InputFields) => ({
  slug: t.string({
    description: 'The name in a URL. Absent or null: made from the title, with a number when it is taken.',
  }),
  path: t.string({ description: 'The permalink, such as /about/. Absent or null: as PERMALINK says.' }),
  excerpt: t.string({
    description: 'A summary, in the format of the source. Absent or null: cut from the content.',
  }),
  publishedAt: t.field({
    type: 'DateTime',
    description: 'The date it bears. Absent or null: when it is published.',
  }),
  layout: t.string({ description: 'The template that the front end should use.' }),
  authors: t.stringList({ description: 'Slugs of authors; the first is the main author.' }),
  categories: t.stringList({ description: 'Slugs or names of categories that exist.' }),
  tags: t.stringList({ description: 'Slugs or names of tags; unknown ones are created.' }),
  seo: t.field({ type: SeoInput, description: 'What search engines should be told.' }),
  metadata: t.field({ type: 'JSON', description: 'An object of whatever else belongs to the post.' }),
  coverImage: t.field({ type: ImageInput, description: 'The image that stands for the post.' }),
})

const CreatePostInput = builder.inputType('CreatePostInput', {
  description: 'A new post: a title and a source at least.',
  fields: (t) => ({
    title: t.string({ required: true, description: 'Plain text.' }),
    source: t.string({ required: true, description: 'The body, kept byte for byte.' }),
    format: t.field({
      type: SourceFormat,
      required: true,
      defaultValue: 'MARKDOWN',
      description: 'What the source is written in.',
    }),
    ...contentFields(t),
  }),
})

const expectedVersion = (t: InputFields) =>
  t.int({ description: 'The version that the change was made from; when it is stale nothing is written.' })

const UpdatePostInput = builder.inputType('UpdatePostInput', {
  description: 'Changes to a post. Absent fields are left alone, null clears.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The post.' }),
    expectedVersion: expectedVersion(t),
    title: t.string({ description: 'Plain text.' }),
    source: t.string({ description: 'The body, kept byte for byte.' }),
    format: t.field({ type: SourceFormat, description: 'What the source is written in.' }),
    ...contentFields(t),
  }),
})

const PublishPostInput = builder.inputType('PublishPostInput', {
  description: 'Which post to publish.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The post.' }),
    expectedVersion: expectedVersion(t),
  }),
})

const UnpublishPostInput = builder.inputType('UnpublishPostInput', {
  description: 'Which post to take back to draft.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The post.' }),
    expectedVersion: expectedVersion(t),
  }),
})

const write = { scope: 'CONTENT_WRITE' } as const
const publish = { scope: 'CONTENT_PUBLISH' } as const

builder.mutationFields((t) => ({
  createPost: t.field({
    type: payload('CreatePost', 'created'),
    description: 'Creates a draft. Needs content:write.',
    authScopes: write,
    errors: resultOf('CreatePost', [ValidationError, TakenError]),
    args: { input: t.arg({ type: CreatePostInput, required: true, description: 'The new post.' }) },
    resolve: (_root, { input }, context) => context.write(context.viewer, (w) => createPost(w, input)),
  }),
  updatePost: t.field({
    type: payload('UpdatePost', 'saved'),
    description:
      'Saves a post. Over a published one the edits wait until publishPost makes them live. Needs content:write.',
    authScopes: write,
    errors: resultOf('UpdatePost', [ValidationError, NotFoundError, VersionConflictError, TakenError]),
    args: {
      input: t.arg({ type: UpdatePostInput, required: true, description: 'The post and its changes.' }),
    },
    resolve: (_root, { input }, context) => context.write(context.viewer, (w) => updatePost(w, input)),
  }),
  publishPost: t.field({
    type: payload('PublishPost', 'published'),
    description:
      'Makes a draft public, or the pending edits of a published post live. Needs content:publish.',
    authScopes: publish,
    errors: resultOf('PublishPost', [
      ValidationError,
      NotFoundError,
      VersionConflictError,
      InvalidStateError,
      TakenError,
    ]),
    args: { input: t.arg({ type: PublishPostInput, required: true, description: 'The post.' }) },
    resolve: (_root, { input }, context) => context.write(context.viewer, (w) => publishPost(w, input)),
  }),
  unpublishPost: t.field({
    type: payload('UnpublishPost', 'taken back'),
    description: 'Takes a published post back to draft. Needs content:publish.',
    authScopes: publish,
    errors: resultOf('UnpublishPost', [NotFoundError, VersionConflictError, InvalidStateError, TakenError]),
    args: { input: t.arg({ type: UnpublishPostInput, required: true, description: 'The post.' }) },
    resolve: (_root, { input }, context) => context.write(context.viewer, (w) => unpublishPost(w, input)),
  }),
}))
