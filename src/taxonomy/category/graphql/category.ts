import type { Category as CategoryRow } from '../../../db/generated/client.ts'
import { pageOrder, pageWhere, readPage, toConnection } from '../../../db/page.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../../graphql/schema/connection.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { columnsOf, loadedBy, selectOf } from '../../../graphql/schema/select.ts'
import { absoluteUrl, categoryPath } from '../../../urls/site-paths.ts'
import { Term, TermBy, TermFilter, TermOrder } from '../../shared/graphql/term.ts'
import { shelfOrdering, shelfWhere } from '../../shared/list.ts'
import { shelvesVisibleTo, shelvesVisibleToSql } from '../../shared/visibility.ts'
import { categoriesWithPosts } from '../list.ts'
import { lineOf } from '../tree.ts'

export const Category = builder.prismaObject('Category', {
  description: 'A section of the site. Categories form a tree.',
  interfaces: [Node, Term],
  // The two small columns by which the tree is walked come along.
  select: { id: true, parentId: true, slugPath: true },
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'The name in a URL; unique among categories.' }),
    name: t.exposeString('name', { description: 'The name as it is shown. Plain text.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is about, as plain text; null when nothing was written.',
    }),
    path: t.string({
      description: 'The path of its page on the site, as CATEGORY_PATH says.',
      resolve: ({ slugPath }, _args, { site }) => categoryPath(site, slugPath),
    }),
    url: t.field({
      type: 'URL',
      description: 'The absolute URL of its page.',
      resolve: ({ slugPath }, _args, { site }) => absoluteUrl(site, categoryPath(site, slugPath)),
    }),
    version: t.exposeInt('version', { description: 'Rises by one with every change.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When the category was last changed.',
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
    resolve: (category, _args, context, info) => loadedBy(category.parentId, context, info),
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
    resolve: (category, _args, context, info) => loadedBy(category.slugPath, context, info),
    load: async (slugPaths: string[], context, _args, info) => {
      const select = selectOf(context, info, 'Category', { id: true, slugPath: true })
      const line = slugPaths.flatMap((slugPath) => lineOf(slugPath).slice(0, -1))
      const rows = await context.db.category.findMany({
        select,
        where: { slugPath: { in: [...new Set(line)] }, ...shelvesVisibleTo(context.viewer) },
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
    resolve: (category, _args, context, info) => loadedBy(category.id, context, info),
    load: async (ids: string[], context, _args, info) => {
      const columns = columnsOf(selectOf(context, info, 'Category', { id: true }), 'categories')
      return context.db.$queryRaw<Row[]>`
        SELECT parent_id AS "parentKey", ${columns} FROM categories
        WHERE parent_id = ANY(${ids}) AND ${shelvesVisibleToSql(context.viewer, 'categories')} ORDER BY name_key, id`
    },
    group: (row) => (row as Row).parentKey,
  }),
}))

export const CategoryConnection = connectionType('Category', 'categories', Category)

builder.queryFields((t) => ({
  category: t.prismaField({
    type: 'Category',
    nullable: true,
    description:
      'One category; null when there is none, and without content:read when it was never public: only drafts were filed under it.',
    args: { by: t.arg({ type: TermBy, required: true, description: 'What to look for.' }) },
    resolve: (query, _root, { by }, { db, viewer }) => {
      const name = by.id != null ? { id: by.id } : { slug: by.slug ?? '' }
      return db.category.findUnique({ ...query, where: { ...name, ...shelvesVisibleTo(viewer) } })
    },
  }),
  categories: t.field({
    type: CategoryConnection,
    description:
      'All categories of the tree by name; without content:read those that are public: made on purpose, or above a published post at some time.',
    args: {
      ...connectionArgs(t.arg),
      filter: t.arg({ type: TermFilter, description: 'Which ones; null: all.' }),
      orderBy: t.arg({ type: TermOrder, description: 'In which order; null: by name.' }),
    },
    resolve: async (_root, { filter, orderBy, ...args }, context, info) => {
      const page = readPage(args, shelfOrdering('categories', orderBy))
      const select = selectOf(
        context,
        info,
        'Category',
        { id: true, nameKey: true, createdAt: true, updatedAt: true, parentId: true, slugPath: true },
        nodePaths,
      )
      const wanted = {
        AND: [
          shelvesVisibleTo(context.viewer),
          shelfWhere(filter),
          filter?.parentId === undefined ? {} : { parentId: filter.parentId },
          await categoriesWithPosts(context.db, filter?.hasPosts),
        ],
      }
      const rows = await context.db.category.findMany({
        select,
        where: { AND: [wanted, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.category.count({ where: wanted }))
    },
  }),
}))

registerNode('category', 'Category', (ids, context, info) =>
  context.db.category.findMany({
    select: selectOf(context, info, 'Category', { id: true }),
    where: { id: { in: ids }, ...shelvesVisibleTo(context.viewer) },
  }),
)
