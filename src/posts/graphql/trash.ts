import type { Event as EventRow } from '../../db/generated/client.ts'
import { Event } from '../../events/graphql/event.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { orProblem, resultType } from '../../graphql/schema/result.ts'
import { InvalidStateError, NotFoundError, TakenError, VersionConflictError } from '../../lib/errors.ts'
import { deleteAndForget } from '../forget.ts'
import { deletePost, restorePost, trashPost } from '../trash.ts'
import { expectedVersion } from './mutations.ts'
import { postInput } from './publish.ts'
import { postPayload } from './result.ts'

export const TrashPostInput = postInput('TrashPost', 'Which post to throw away.')
const RestorePostInput = postInput('RestorePost', 'Which post to take out of the trash.')
const DeletePostInput = builder.inputType('DeletePostInput', {
  description: 'Which post of the trash to delete for good, and whether to forget it.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The post.' }),
    expectedVersion: expectedVersion(t),
    forget: t.boolean({
      description:
        'Whether to forget what it was, too: `before`, `previous` and reasons of its events, the bodies of webhooks about it, with those of batches, and answers kept for repeats. That it was there stays, and the paths and cache tags to purge. With true it can be said of a post that was deleted before, for as long as its events are kept. Absent or null: the log keeps that as long as it keeps events.',
    }),
  }),
})

export const TrashPostResult = resultType('TrashPost', postPayload('TrashPost', 'thrown away'), [
  NotFoundError,
  VersionConflictError,
  TakenError,
])
const RestorePostResult = resultType('RestorePost', postPayload('RestorePost', 'taken out of the trash'), [
  NotFoundError,
  VersionConflictError,
])

const DeletePostPayload = builder
  .objectRef<{ value: string; events: EventRow[] }>('DeletePostPayload')
  .implement({
    description: 'The post that was deleted.',
    fields: (t) => ({
      deletedId: t.id({ description: 'The global id that it had.', resolve: ({ value }) => value }),
      event: t.field({
        type: Event,
        nullable: true,
        description: 'What subscribers are told.',
        resolve: ({ events }) => events[0] ?? null,
      }),
    }),
  })
const DeletePostResult = resultType('DeletePost', DeletePostPayload, [
  NotFoundError,
  VersionConflictError,
  InvalidStateError,
])

const authScopes = { scope: 'CONTENT_PUBLISH' } as const

builder.mutationFields((t) => ({
  trashPost: t.field({
    type: TrashPostResult,
    description: 'Throws a post away; it is public no longer and can be restored. Needs content:publish.',
    authScopes,
    args: { input: t.arg({ type: TrashPostInput, required: true, description: 'Which post.' }) },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => trashPost(w, input))),
  }),
  restorePost: t.field({
    type: RestorePostResult,
    description: 'Takes a post out of the trash, as a draft. Needs content:write.',
    authScopes: { scope: 'CONTENT_WRITE' },
    args: { input: t.arg({ type: RestorePostInput, required: true, description: 'Which post.' }) },
    resolve: (_root, { input }, { write, viewer }) => orProblem(write(viewer, (w) => restorePost(w, input))),
  }),
  deletePost: t.field({
    type: DeletePostResult,
    description:
      'Deletes a post of the trash for good, with its revisions, and with `forget` what the log and webhooks keep of it. Needs content:publish.',
    authScopes,
    args: { input: t.arg({ type: DeletePostInput, required: true, description: 'Which post.' }) },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(
        input.forget ? deleteAndForget(write, viewer, input) : write(viewer, (w) => deletePost(w, input)),
      ),
  }),
}))
