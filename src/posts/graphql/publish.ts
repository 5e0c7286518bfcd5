import { builder } from '../../graphql/schema/builder.ts'
import { orProblem, resultType } from '../../graphql/schema/result.ts'
import {
  InvalidStateError,
  NotFoundError,
  TakenError,
  ValidationError,
  VersionConflictError,
} from '../../lib/errors.ts'
import { publishPost } from '../publish.ts'
import { unpublishPost } from '../take-back.ts'
import { expectedVersion, type InputFields } from './mutations.ts'
import { postPayload } from './result.ts'

export const PublishPostInput = builder.inputType('PublishPostInput', {
  description: 'Which post to publish, and when.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The post.' }),
    at: t.field({ type: 'DateTime', description: 'A time in the future. Absent or null: now.' }),
    unpublishAt: t.field({
      type: 'DateTime',
      description: 'When to take it back to draft. Absent: as it is; null: never.',
    }),
    expectedVersion: expectedVersion(t),
  }),
})

/** Which post, and the version that the decision was made on: the input of every change of status. */
export const postInput = (name: string, description: string) =>
  builder.inputType(`${name}Input`, {
    description,
    fields: (t: InputFields) => ({
      id: t.id({ required: true, description: 'The post.' }),
      expectedVersion: expectedVersion(t),
    }),
  })

export const UnpublishPostInput = postInput('UnpublishPost', 'Which post to take back to draft.')

export const PublishPostResult = resultType(
  'PublishPost',
  postPayload('PublishPost', 'published or scheduled'),
  [ValidationError, NotFoundError, VersionConflictError, InvalidStateError, TakenError],
)
export const UnpublishPostResult = resultType('UnpublishPost', postPayload('UnpublishPost', 'taken back'), [
  NotFoundError,
  VersionConflictError,
  InvalidStateError,
  TakenError,
])

const authScopes = { scope: 'CONTENT_PUBLISH' } as const

builder.mutationFields((t) => ({
  publishPost: t.field({
    type: PublishPostResult,
    description:
      'Makes a draft public, or the pending edits of a published post live, now or at a time in the future. Needs content:publish.',
    authScopes,
    args: { input: t.arg({ type: PublishPostInput, required: true, description: 'Which post, and when.' }) },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => publishPost(w, input))),
  }),
  unpublishPost: t.field({
    type: UnpublishPostResult,
    description:
      'Takes a published post back to draft, or cancels a schedule. Where another post has come to have the slug of its pending edits it keeps its own, and the event says so. Needs content:publish.',
    authScopes,
    args: { input: t.arg({ type: UnpublishPostInput, required: true, description: 'Which post.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(write(viewer, (w) => unpublishPost(w, input))),
  }),
}))
