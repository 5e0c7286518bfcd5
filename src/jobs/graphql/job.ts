import { builder, type SchemaTypes } from '../../graphql/schema/builder.ts'
import { Node, registerNode } from '../../graphql/schema/node.ts'
import { selectOf } from '../../graphql/schema/select.ts'
import { hasScope } from '../../keys/viewer.ts'
import { type JobKind, jobKinds } from '../job.ts'

const descriptions: Record<JobKind, string> = {
  RENAME: 'Posts are made to be found by the new name of something that they are filed under.',
  DELETE: 'An author or a term is taken off its posts, and then deleted.',
  MERGE: 'Posts are filed under the target of a merge; then the sources are deleted.',
}

const BackgroundJobKind = builder.enumType('BackgroundJobKind', {
  description: 'What a background job does.',
  values: Object.fromEntries(jobKinds.map((kind) => [kind, { description: descriptions[kind] }])),
})

export const BackgroundJob = builder.prismaObject('BackgroundJob', {
  description:
    'What goes on behind a mutation, since there are too many posts for one transaction. It outlives a restart, and can be looked up with `node` until a day after its end. Needs content:read.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    kind: t.field({
      type: BackgroundJobKind,
      description: 'What it does.',
      select: { kind: true },
      resolve: ({ kind }) => kind as JobKind,
    }),
    subjectId: t.exposeID('subjectId', {
      description: 'The global id of what it is about: of a merge the target.',
    }),
    processed: t.exposeInt('processed', { description: 'How many posts it has gone through.' }),
    total: t.exposeInt('total', { description: 'About how many posts it goes through, all in all.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the mutation asked for it.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last came on.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null while it goes on, or waits for a worker.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'Why it ended before it was done; null when it was not, or has not ended.',
    }),
  }),
})

registerNode('job', 'BackgroundJob', async (ids, context, info) =>
  hasScope(context.viewer, 'CONTENT_READ')
    ? context.db.backgroundJob.findMany({
        select: selectOf(context, info, 'BackgroundJob', { id: true }),
        where: { id: { in: ids } },
      })
    : [],
)

type FieldsOf<Shape> = PothosSchemaTypes.ObjectFieldBuilder<SchemaTypes, Shape>

/** The field `job` of a payload. */
export const jobField = <Value extends { jobId: string | null }>(t: FieldsOf<{ value: Value }>) =>
  t.field({
    type: BackgroundJob,
    nullable: true,
    description: 'What goes on behind the mutation, for very many posts; null when all is done.',
    resolve: ({ value: { jobId } }, _args, context, info) =>
      jobId === null
        ? null
        : context.db.backgroundJob.findUnique({
            select: selectOf(context, info, 'BackgroundJob', { id: true }),
            where: { id: jobId },
          }),
  })
