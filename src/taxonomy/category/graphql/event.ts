import type { Category as CategoryRow, Event as EventRow } from '../../../db/generated/client.ts'
import { statesBefore } from '../../../events/before-state.ts'
import { Event } from '../../../events/graphql/event.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { columnsOf, loadedBy, selectOf } from '../../../graphql/schema/select.ts'
import { mergedIdsOf } from '../../shared/graphql/change.ts'
import { shelvesVisibleTo, shelvesVisibleToSql } from '../../shared/visibility.ts'
import { Category } from './category.ts'

export const CategoryEvent = builder.objectRef<EventRow>('CategoryEvent').implement({
  description: 'Something that happened to a category.',
  interfaces: [Node, Event],
  fields: (t) => ({
    categoryId: t.exposeID('subjectId', { description: 'Which one it is; it may have been deleted since.' }),
    category: t.loadable({
      type: Category,
      nullable: true,
      byPath: true,
      description: 'How it is after the event; null once it is deleted.',
      resolve: (event, _args, context, info) => loadedBy(event.subjectId, context, info),
      load: async (ids: string[], context, _args, info) => {
        const select = selectOf(context, info, 'Category', { id: true, parentId: true, slugPath: true })
        const rows = await context.db.category.findMany({
          select,
          where: { id: { in: ids }, ...shelvesVisibleTo(context.viewer) },
        })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((id) => byId.get(id) ?? null)
      },
    }),
    mergedIds: t.idList({
      description: 'The categories that went into this one and are gone; empty unless they were merged.',
      resolve: (event, _args, { viewer }) => mergedIdsOf(event, viewer),
    }),
    before: t.loadable({
      type: Category,
      nullable: true,
      byPath: true,
      description:
        'The category before the event; null when there was none, or none that this caller may see. What is around it, its posts among it, is what is there now.',
      resolve: (event, _args, context, info) => loadedBy(event.id, context, info),
      load: (ids: string[], context, _args, info) =>
        statesBefore<CategoryRow>(context, ids, {
          table: 'categories',
          columns: columnsOf(
            selectOf(context, info, 'Category', { id: true, parentId: true, slugPath: true }),
            'categories',
          ),
          visible: shelvesVisibleToSql(context.viewer, 'categories'),
        }),
    }),
  }),
})
