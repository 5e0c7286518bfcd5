import type { Event as EventRow, Tag as TagRow } from '../../../db/generated/client.ts'
import { statesBefore } from '../../../events/before-state.ts'
import { Event } from '../../../events/graphql/event.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { columnsOf, loadedBy, selectOf } from '../../../graphql/schema/select.ts'
import { mergedIdsOf } from '../../shared/graphql/change.ts'
import { shelvesVisibleTo, shelvesVisibleToSql } from '../../shared/visibility.ts'
import { Tag } from './tag.ts'

export const TagEvent = builder.objectRef<EventRow>('TagEvent').implement({
  description: 'Something that happened to a tag.',
  interfaces: [Node, Event],
  fields: (t) => ({
    tagId: t.exposeID('subjectId', { description: 'Which one it is; it may have been deleted since.' }),
    tag: t.loadable({
      type: Tag,
      nullable: true,
      byPath: true,
      description: 'How it is after the event; null once it is deleted.',
      resolve: (event, _args, context, info) => loadedBy(event.subjectId, context, info),
      load: async (ids: string[], context, _args, info) => {
        const select = selectOf(context, info, 'Tag', { id: true })
        const rows = await context.db.tag.findMany({
          select,
          where: { id: { in: ids }, ...shelvesVisibleTo(context.viewer) },
        })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((id) => byId.get(id) ?? null)
      },
    }),
    mergedIds: t.idList({
      description: 'The tags that went into this one and are gone; empty unless they were merged.',
      resolve: (event, _args, { viewer }) => mergedIdsOf(event, viewer),
    }),
    before: t.loadable({
      type: Tag,
      nullable: true,
      byPath: true,
      description:
        'The tag before the event; null when there was none, or none that this caller may see. The posts under it are those of now.',
      resolve: (event, _args, context, info) => loadedBy(event.id, context, info),
      load: (ids: string[], context, _args, info) =>
        statesBefore<TagRow>(context, ids, {
          table: 'tags',
          columns: columnsOf(selectOf(context, info, 'Tag', { id: true }), 'tags'),
          visible: shelvesVisibleToSql(context.viewer, 'tags'),
        }),
    }),
  }),
})
