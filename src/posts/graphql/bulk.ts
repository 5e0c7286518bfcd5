import { builder } from '../../graphql/schema/builder.ts'
import { asProblem, orProblem, resultType } from '../../graphql/schema/result.ts'
import { ExpectedError, ValidationError } from '../../lib/errors.ts'
import { doMany, type OneResult } from '../bulk.ts'
import { publishPost } from '../publish.ts'
import { unpublishPost } from '../take-back.ts'
import { trashPost } from '../trash.ts'
import { PublishPostInput, PublishPostResult, UnpublishPostInput, UnpublishPostResult } from './publish.ts'
import type { Written } from './result.ts'
import { TrashPostInput, TrashPostResult } from './trash.ts'

const BulkPolicy = builder.enumType('BulkPolicy', {
  description: 'What happens to the others when one of many cannot be done.',
  values: {
    EACH: { description: 'They are done: each one stands for itself.' },
    ALL_OR_NOTHING: { description: 'They are not done either, and say so.' },
  } as const,
})

const policyField = {
  type: BulkPolicy,
  required: true,
  defaultValue: 'EACH',
  description: 'What one failure means for the others.',
} as const
const postsDescription = 'At most 100; each has a result, in this order.'

const PublishPostsInput = builder.inputType('PublishPostsInput', {
  description: 'Many posts to publish.',
  fields: (t) => ({
    posts: t.field({ type: [PublishPostInput], required: true, description: postsDescription }),
    policy: t.field(policyField),
  }),
})
const UnpublishPostsInput = builder.inputType('UnpublishPostsInput', {
  description: 'Many posts to take back to draft.',
  fields: (t) => ({
    posts: t.field({ type: [UnpublishPostInput], required: true, description: postsDescription }),
    policy: t.field(policyField),
  }),
})
const TrashPostsInput = builder.inputType('TrashPostsInput', {
  description: 'Many posts to throw away.',
  fields: (t) => ({
    posts: t.field({ type: [TrashPostInput], required: true, description: postsDescription }),
    policy: t.field(policyField),
  }),
})

type Results = { results: OneResult<Written['value']>[] }

const resultsPayload = (name: string, result: typeof PublishPostResult) =>
  builder.objectRef<Results>(`${name}Payload`).implement({
    description: 'What became of each post.',
    fields: (t) => ({
      results: t.field({
        type: [result],
        description: 'A result for each post, in the order of the input.',
        resolve: ({ results }) => results.map((one) => (one instanceof ExpectedError ? asProblem(one) : one)),
      }),
    }),
  })

const PublishPostsResult = resultType('PublishPosts', resultsPayload('PublishPosts', PublishPostResult), [
  ValidationError,
])
const UnpublishPostsResult = resultType(
  'UnpublishPosts',
  resultsPayload('UnpublishPosts', UnpublishPostResult),
  [ValidationError],
)
const TrashPostsResult = resultType('TrashPosts', resultsPayload('TrashPosts', TrashPostResult), [
  ValidationError,
])

const idOf = ({ id }: { id: string }): string => id
const asPayload = async (many: Promise<Results['results']>): Promise<Results> => ({ results: await many })
const authScopes = { scope: 'CONTENT_PUBLISH' } as const

builder.mutationFields((t) => ({
  publishPosts: t.field({
    type: PublishPostsResult,
    description: 'Publishes many posts, with an event for each. Needs content:publish.',
    authScopes,
    args: { input: t.arg({ type: PublishPostsInput, required: true, description: 'Which posts.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(asPayload(doMany(write, viewer, input.posts, input.policy, publishPost, idOf))),
  }),
  unpublishPosts: t.field({
    type: UnpublishPostsResult,
    description: 'Takes many posts back to draft, with an event for each. Needs content:publish.',
    authScopes,
    args: { input: t.arg({ type: UnpublishPostsInput, required: true, description: 'Which posts.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(asPayload(doMany(write, viewer, input.posts, input.policy, unpublishPost, idOf))),
  }),
  trashPosts: t.field({
    type: TrashPostsResult,
    description: 'Throws many posts away, with an event for each. Needs content:publish.',
    authScopes,
    args: { input: t.arg({ type: TrashPostsInput, required: true, description: 'Which posts.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(asPayload(doMany(write, viewer, input.posts, input.policy, trashPost, idOf))),
  }),
}))
