import type { Event as EventRow } from '../db/generated/client.ts'
import { Event } from '../events/event.graphql.ts'
import { builder } from '../graphql/builder.ts'
import { Node } from '../graphql/node.ts'
import { loadedBy, selectOf } from '../graphql/select.ts'
import { Post } from './post.graphql.ts'
import { visibleTo } from './visibility.ts'

export const PostEvent = builder.objectRef<EventRow>('PostEvent').implement({
  description: 'Something that happened to a post.',
  interfaces: [Node, Event],
  fields: (t) => ({
    postId: t.exposeID('subjectId', { description: 'The post; it may have been deleted since.' }),
    version: t.exposeInt('subjectVersion', {
      description:
        'The version of the post that the event made: a receiver can drop what is older than what it has.',
    }),
    post: t.loadable({
      type: Post,
      nullable: true,
      byPath: true,
      description:
        'The post after the event; null when it is not for this caller. In a webhook: the state that the event committed.',
      resolve: (event, _args, context, info) => loadedBy(event.subjectId, context, info),
      load: async (ids: string[], context, _args, info) => {
        const rows = await context.db.post.findMany({
          select: selectOf(context, info, 'Post', { id: true }),
          where: { AND: [{ id: { in: ids } }, visibleTo(context.viewer)] },
        })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((id) => byId.get(id) ?? null)
      },
    }),
    changedFields: t.exposeStringList('changedFields', {
      description: 'The names of the fields that changed.',
    }),
    previous: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The values that changed fields had before, content excepted; null when nothing had a value.',
      resolve: ({ previous }) => previous,
    }),
    invalidates: t.exposeStringList('invalidates', {
      description: 'The cache tags of every answer that the event made stale.',
    }),
    paths: t.exposeStringList('paths', {
      description: 'The paths of every page of the site that shows the post, or showed it before.',
    }),
  }),
})
