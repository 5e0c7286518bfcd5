import type { Category as CategoryRow } from '../../../db/generated/client.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { columnsOf, selectOf } from '../../../graphql/schema/select.ts'
import { Term, TermBy, TermFilter, TermOrder } from '../../shared/graphql/term.ts'
import { termFields, termQueries } from '../../shared/graphql/term-object.ts'
import { lineOf } from '../../shared/tree.ts'
import { termsVisibleTo, termsVisibleToSql } from '../../shared/visibility.ts'

export const Category = builder.prismaObject('Category', {
  description: 'A section of the site. Categories form a tree.',
  interfaces: [Node, Term],
  // The two small columns by which the tree is walked come along.
  select: { id: true, parentId: true, slugPath: true },
  fields: (t) => ({
    ...termFields(t, 'category', 'its'),
    name: t.exposeString('name', { description: 'The name as it is shown. Plain text.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is about, as plain text; null when nothing was written.',
    }),
  }),
})

type Row = CategoryRow & { parentKey: string }

builder.prismaObjectFields('Category', (t) => ({
  parent: t.loadable({
    type: Category,
    nullable: true,
    byPath: true,
    description: 'The category above it; null at the root.',
    resolve: (category) => category.parentId,
    load: async (ids: string[], context, _args, info) => {
      const select = selectOf(context, info, 'Category', { id: true })
      const rows = await context.db.category.findMany({ select, where: { id: { in: ids } } })
      const byId = new Map(rows.map((row) => [row.id, row]))
      return ids.map((id) => byId.get(id) ?? null) as CategoryRow[]
    },
  }),
  ancestors: t.loadableGroup({
    type: Category,
    byPath: true,
    description: 'The categories above it, the root first; empty at the root.',
    resolve: (category) => category.slugPath,
    load: async (slugPaths: string[], context, _args, info) => {
      const select = selectOf(context, info, 'Category', { id: true, slugPath: true })
      const line = slugPaths.flatMap((slugPath) => lineOf(slugPath).slice(0, -1))
      const rows = await context.db.category.findMany({
        select,
        where: { slugPath: { in: [...new Set(line)] }, ...termsVisibleTo(context.viewer) },
      })
      const byPath = new Map(rows.map((row) => [row.slugPath, row]))
      return slugPaths.flatMap((parentKey) =>
        lineOf(parentKey)
          .slice(0, -1)
          .flatMap((path) => {
            const row = byPath.get(path)
            // Above a category that is past there may be none of that name by now.
            return row ? ({ ...row, parentKey } as Row) : []
          }),
      )
    },
    group: (row) => (row as Row).parentKey,
  }),
  children: t.loadableGroup({
    type: Category,
    byPath: true,
    description: 'The categories right below it that the caller may see, by name.',
    resolve: (category) => category.id,
    load: async (ids: string[], context, _args, info) => {
      const columns = columnsOf(selectOf(context, info, 'Category', { id: true }), 'categories')
      return context.db.$queryRaw<Row[]>`
        SELECT parent_id AS "parentKey", ${columns} FROM categories
        WHERE parent_id = ANY(${ids}) AND ${termsVisibleToSql(context.viewer, 'category')} ORDER BY name_key, id`
    },
    group: (row) => (row as Row).parentKey,
  }),
}))

termQueries('category', Category, {
  one: 'One category; null when there is none, and without content:read when it was never public: only drafts were filed under it.',
  all: 'All categories of the tree by name; without content:read those that are public: made on purpose, or above a published post at some time.',
  by: TermBy,
  filter: TermFilter,
  order: TermOrder,
})
