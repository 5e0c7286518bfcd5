import { type Ordering, pageOrder, pageWhere, readPage, toConnection } from '../db/page.ts'
import { builder } from '../graphql/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../graphql/connection.ts'
import { Node, registerNode } from '../graphql/node.ts'
import { selectOf } from '../graphql/select.ts'
import { absoluteUrl, tagPath } from '../site.ts'
import { Term, TermBy } from './term.graphql.ts'
import { tagsVisibleTo } from './visibility.ts'

export const Tag = builder.prismaObject('Tag', {
  description: 'A word that posts are filed under. One spelling is canonical: `KDE` and `kde` are one tag.',
  interfaces: [Node, Term],
  select: { id: true },
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'The name in a URL; unique among tags.' }),
    name: t.exposeString('name', { description: 'The canonical spelling. Plain text.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is about, as plain text; null when nothing was written.',
    }),
    path: t.string({
      description: 'The path of its page on the site, as TAG_PATH says.',
      select: { slug: true },
      resolve: ({ slug }, _args, { site }) => tagPath(site, slug),
    }),
    url: t.field({
      type: 'URL',
      description: 'The absolute URL of its page.',
      select: { slug: true },
      resolve: ({ slug }, _args, { site }) => absoluteUrl(site, tagPath(site, slug)),
    }),
    version: t.exposeInt('version', { description: 'Rises by one with every change.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the tag was last changed.' }),
  }),
})

export const TagConnection = connectionType('Tag', 'tags', Tag)

const byName: Ordering = { name: 'tags/NAME', field: 'nameKey', direction: 'asc', kind: 'text' }

builder.queryFields((t) => ({
  tag: t.prismaField({
    type: 'Tag',
    nullable: true,
    description:
      'One tag; null when there is none, and without content:read when no published post bears it.',
    args: { by: t.arg({ type: TermBy, required: true, description: 'What to look for.' }) },
    resolve: (query, _root, { by }, { db, viewer }) => {
      const name = by.id != null ? { id: by.id } : { slug: by.slug ?? '' }
      return db.tag.findUnique({ ...query, where: { ...name, AND: tagsVisibleTo(viewer) } })
    },
  }),
  tags: t.field({
    type: TagConnection,
    description: 'All tags by name; without content:read those of published posts.',
    args: connectionArgs(t.arg),
    resolve: async (_root, args, context, info) => {
      const page = readPage(args, byName)
      const select = selectOf(context, info, 'Tag', { id: true, nameKey: true }, nodePaths)
      const visible = tagsVisibleTo(context.viewer)
      const rows = await context.db.tag.findMany({
        select,
        where: { AND: [visible, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.tag.count({ where: visible }))
    },
  }),
}))

registerNode('tag', 'Tag', (ids, context, info) =>
  context.db.tag.findMany({
    select: selectOf(context, info, 'Tag', { id: true }),
    where: { AND: [{ id: { in: ids } }, tagsVisibleTo(context.viewer)] },
  }),
)
