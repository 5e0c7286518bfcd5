import type { Author as AuthorRow, Event as EventRow } from '../../../db/generated/client.ts'
import { statesBefore } from '../../../events/before-state.ts'
import { Event } from '../../../events/graphql/event.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { columnsOf, loadedBy, selectOf } from '../../../graphql/schema/select.ts'
import { shelvesVisibleTo, shelvesVisibleToSql } from '../../shared/visibility.ts'
import { Author } from './author.ts'

export const AuthorEvent = builder.objectRef<EventRow>('AuthorEvent').implement({
  description: 'Something that happened to an author.',
  interfaces: [Node, Event],
  fields: (t) => ({
    authorId: t.exposeID('subjectId', { description: 'Who it is; they may have been deleted since.' }),
    author: t.loadable({
      type: Author,
      nullable: true,
      byPath: true,
      description: 'The author after the event; null once they are deleted.',
      resolve: (event, _args, context, info) => loadedBy(event.subjectId, context, info),
      load: async (ids: string[], context, _args, info) => {
        const select = selectOf(context, info, 'Author', { id: true })
        const rows = await context.db.author.findMany({
          select,
          where: { id: { in: ids }, ...shelvesVisibleTo(context.viewer) },
        })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((id) => byId.get(id) ?? null)
      },
    }),
    before: t.loadable({
      type: Author,
      nullable: true,
      byPath: true,
      description:
        'The author before the event; null when there was none, or none that this caller may see. The posts under it are those of now.',
      resolve: (event, _args, context, info) => loadedBy(event.id, context, info),
      load: (ids: string[], context, _args, info) =>
        statesBefore<AuthorRow>(context, ids, {
          table: 'authors',
          columns: columnsOf(selectOf(context, info, 'Author', { id: true }), 'authors'),
          visible: shelvesVisibleToSql(context.viewer, 'authors'),
        }),
    }),
  }),
})
