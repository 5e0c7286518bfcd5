import type { Event as EventRow } from '../../../db/generated/client.ts'
import { statesBefore } from '../../../events/before-state.ts'
import { Event } from '../../../events/graphql/event.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { columnsOf, selectOf } from '../../../graphql/schema/select.ts'
import { type Kind, kinds } from '../../kinds.ts'
import { type TermRow, tableOf } from '../rows.ts'
import { termsVisibleTo, termsVisibleToSql } from '../visibility.ts'
import { mergedIdsOf } from './change.ts'
import { type AnyTerm, keysOf } from './term-object.ts'

/** What the fields of an event say of themselves. */
type Words = { id: string; after: string; before: string; merged?: string }

/** The type of the events of a kind of term. */
export const termEvent = (kind: Kind, Term: unknown, a: string, words: Words): void => {
  const { type, plural, idField } = kinds[kind]
  builder.objectRef<EventRow>(`${type}Event`).implement({
    description: `Something that happened to ${a}.`,
    interfaces: [Node, Event],
    fields: (t) => ({
      [idField]: t.exposeID('subjectId', { description: words.id }),
      [kind]: t.loadable({
        type: Term as AnyTerm,
        nullable: true,
        byPath: true,
        description: words.after,
        resolve: (event) => event.subjectId,
        load: async (ids: string[], context, _args, info) => {
          const rows = await tableOf(context.db, kind as 'tag').findMany({
            select: selectOf(context, info, type, keysOf(kind)),
            where: { id: { in: ids }, ...termsVisibleTo(context.viewer) },
          })
          const byId = new Map(rows.map((row) => [row.id, row]))
          return ids.map((id) => byId.get(id) ?? null)
        },
      }),
      ...(words.merged && {
        mergedIds: t.idList({
          description: words.merged,
          resolve: (event, _args, { viewer }) => mergedIdsOf(event, viewer),
        }),
      }),
      before: t.loadable({
        type: Term as AnyTerm,
        nullable: true,
        byPath: true,
        description: words.before,
        resolve: (event) => event.id,
        load: (ids: string[], context, _args, info) =>
          statesBefore<TermRow<'tag'>>(context, ids, {
            table: plural,
            columns: columnsOf(selectOf(context, info, type, keysOf(kind)), plural),
            visible: termsVisibleToSql(context.viewer, kind),
          }),
      }),
    }),
  })
}
