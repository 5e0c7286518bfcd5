import { builder } from '../../../graphql/schema/builder.ts'
import { connectionType } from '../../../graphql/schema/connection.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { hasScope } from '../../../keys/viewer.ts'
import { sharedFields } from '../../graphql/fields.ts'
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

export const PostRevision = builder.prismaObject('PostRevision', {
  description:
    'One save of a post, or the newest of a run of them: who, when, what changed, and all that was written. What is made of the text (content, excerpt, headings, images, wordCount) is kept only while the revision is the pending draft and null otherwise. Needs content:read.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    ...sharedFields(t, 'revision'),
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
    path: t.string({
      nullable: true,
      description: 'The permalink that was given by hand; null when it follows PERMALINK.',
      select: { snapshot: true },
      resolve: ({ snapshot }) => readSnapshot(snapshot).path,
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
