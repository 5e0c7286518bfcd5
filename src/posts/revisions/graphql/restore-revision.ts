import { builder } from '../../../graphql/schema/builder.ts'
import { orProblem, resultType } from '../../../graphql/schema/result.ts'
import { NotFoundError, TakenError, ValidationError, VersionConflictError } from '../../../lib/errors.ts'
import { expectedVersion } from '../../graphql/mutations.ts'
import { postPayload } from '../../graphql/result.ts'
import { restorePostRevision } from '../restore-revision.ts'

const RestorePostRevisionInput = builder.inputType('RestorePostRevisionInput', {
  description: 'Which revision to bring back.',
  fields: (t) => ({
    revisionId: t.id({ required: true, description: 'The revision; it names its post.' }),
    expectedVersion: expectedVersion(t),
  }),
})

const RestorePostRevisionResult = resultType(
  'RestorePostRevision',
  postPayload('RestorePostRevision', 'brought back'),
  [ValidationError, NotFoundError, VersionConflictError, TakenError],
)

builder.mutationField('restorePostRevision', (t) =>
  t.field({
    type: RestorePostRevisionResult,
    description:
      'Saves what a revision holds as the newest edits. Over a published post they wait until publishPost makes them live. Authors and terms that exist no longer are left out. A schedule ends as with updatePost. Needs content:write.',
    authScopes: { scope: 'CONTENT_WRITE' },
    args: {
      input: t.arg({ type: RestorePostRevisionInput, required: true, description: 'Which revision.' }),
    },
    resolve: (_root, { input }, { write, viewer }) =>
      orProblem(write(viewer, (w) => restorePostRevision(w, input))),
  }),
)
