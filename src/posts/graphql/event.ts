import type { Event as EventRow, Post as PostRow } from '../../db/generated/client.ts'
import { statesBefore } from '../../events/before-state.ts'
import { Event } from '../../events/graphql/event.ts'
import { readCounted } from '../../graphql/limits/answer-size.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { Node } from '../../graphql/schema/node.ts'
import { columnsOf, selectOf } from '../../graphql/schema/select.ts'
import { textFields } from '../events.ts'
import { visibleTo, visibleToSql } from '../query/visibility.ts'
import { Post } from './post.ts'

export const PostEvent = builder.objectRef<EventRow>('PostEvent').implement({
  description: 'Something that happened to a post.',
  interfaces: [Node, Event],
  fields: (t) => ({
    postId: t.exposeID('subjectId', { description: 'The post; it may have been deleted since.' }),
    post: t.loadable({
      type: Post,
      nullable: true,
      byPath: true,
      description:
        'The post after the event; null when it is not for this caller. In a webhook: the state that the event committed.',
      resolve: (event) => event.subjectId,
      load: async (ids: string[], context, _args, info) => {
        const rows = await context.db.post.findMany({
          select: selectOf(context, info, 'Post', { id: true }),
          where: { AND: [{ id: { in: ids } }, visibleTo(context.viewer)] },
        })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((id) => byId.get(id) ?? null)
      },
    }),
    reason: t.string({
      nullable: true,
      authScopes: { scope: 'CONTENT_READ' },
      description:
        'Why it came otherwise than somebody asked for, in a sentence: what ended a schedule, or why a post that was taken back kept its old slug. Null when there is nothing to say. Needs content:read; null without it.',
      resolve: ({ detail }) => (detail as { reason?: string } | null)?.reason ?? null,
    }),
    before: t.loadable({
      type: Post,
      nullable: true,
      byPath: true,
      description:
        'The post before the event: with content:read as it was right before, else the last state that was public. Null when there was none, or none that is kept still. Its own values are as they were, and so is which authors, categories and tags it had and where it stood among other posts; those themselves are as they are now. It has the id of the post: a client that keeps objects by their ids should not ask for it here.',
      resolve: (event) => event.id,
      load: (ids: string[], context, _args, info) => {
        const select: Record<string, unknown> = selectOf(context, info, 'Post', { id: true })
        const texts = textFields.filter((field) => select[field] === true)
        const past = (count?: (bytes: number) => void) =>
          statesBefore<PostRow>(context, ids, {
            table: 'posts',
            columns: columnsOf(select, 'posts'),
            visible: visibleToSql(context.viewer),
            ...{ texts, count },
          })
        return texts.length > 0 ? readCounted(context, info, past) : past()
      },
    }),
  }),
})
