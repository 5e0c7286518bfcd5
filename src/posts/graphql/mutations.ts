import { builder } from '../../graphql/schema/builder.ts'
import { orProblem, resultType } from '../../graphql/schema/result.ts'
import { NotFoundError, TakenError, ValidationError, VersionConflictError } from '../../lib/errors.ts'
import { kindNames, kinds } from '../../taxonomy/kinds.ts'
import { createPost, updatePost } from '../post.ts'
import { sourcesOf } from '../rendering.ts'
import { SourceFormat } from './enums.ts'
import { postPayload } from './result.ts'
import { termTypes } from './term-types.ts'

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

export type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0]

const termLists = (t: InputFields) =>
  Object.fromEntries(
    kindNames.map((kind) => [kinds[kind].plural, t.stringList({ description: termTypes[kind].input })]),
  )

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
  ...termLists(t),
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

/** The argument of every change that may meet another one. */
export const expectedVersion = (t: InputFields) =>
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

const authScopes = { scope: 'CONTENT_WRITE' } as const

const CreatePostResult = resultType('CreatePost', postPayload('CreatePost', 'created'), [
  ValidationError,
  TakenError,
])
const UpdatePostResult = resultType('UpdatePost', postPayload('UpdatePost', 'saved'), [
  ValidationError,
  NotFoundError,
  VersionConflictError,
  TakenError,
])

builder.mutationFields((t) => ({
  createPost: t.field({
    type: CreatePostResult,
    description: 'Creates a draft. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: CreatePostInput, required: true, description: 'What to write.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(write(viewer, (w) => createPost(w, input), { sources: sourcesOf(input) })),
  }),
  updatePost: t.field({
    type: UpdatePostResult,
    description:
      'Saves a post. Over a published one the edits wait until publishPost makes them live. What is scheduled is scheduled as it was looked at: an edit by a key without content:publish ends the schedule, and the event is POST_UNSCHEDULED with its reason. Needs content:write.',
    authScopes,
    args: {
      input: t.arg({ type: UpdatePostInput, required: true, description: 'Which post, and its changes.' }),
    },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => updatePost(w, input))),
  }),
}))
