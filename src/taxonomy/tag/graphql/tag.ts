import { pageOrder, pageWhere, readPage, toConnection } from '../../../db/page.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../../graphql/schema/connection.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { absoluteUrl, tagPath } from '../../../urls/site-paths.ts'
import { Term, TermBy, TermFilter, TermOrder } from '../../shared/graphql/term.ts'
import { shelfOrdering, shelfWhere, withPosts } from '../../shared/list.ts'
import { shelvesVisibleTo } from '../../shared/visibility.ts'

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

builder.queryFields((t) => ({
  tag: t.prismaField({
    type: 'Tag',
    nullable: true,
    description:
      'One tag; null when there is none, and without content:read when it was never public: only drafts bore it.',
    args: { by: t.arg({ type: TermBy, required: true, description: 'What to look for.' }) },
    resolve: (query, _root, { by }, { db, viewer }) => {
      const name = by.id != null ? { id: by.id } : { slug: by.slug ?? '' }
      return db.tag.findUnique({ ...query, where: { ...name, AND: shelvesVisibleTo(viewer) } })
    },
  }),
  tags: t.field({
    type: TagConnection,
    description:
      'All tags by name; without content:read those that are public: made on purpose, or borne by a published post at some time.',
    args: {
      ...connectionArgs(t.arg),
      filter: t.arg({ type: TermFilter, description: 'Which ones; null: all.' }),
      orderBy: t.arg({ type: TermOrder, description: 'In which order; null: by name.' }),
    },
    resolve: async (_root, { filter, orderBy, ...args }, context, info) => {
      const page = readPage(args, shelfOrdering('tags', orderBy))
      const keys = { id: true, nameKey: true, createdAt: true, updatedAt: true } as const
      const select = selectOf(context, info, 'Tag', keys, nodePaths)
      // A tag has no parent.
      const wanted = {
        AND: [
          shelvesVisibleTo(context.viewer),
          shelfWhere(filter),
          withPosts(filter?.hasPosts),
          ...(filter?.parentId == null ? [] : [{ id: { in: [] } }]),
        ],
      }
      const rows = await context.db.tag.findMany({
        select,
        where: { AND: [wanted, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.tag.count({ where: wanted }))
    },
  }),
}))

registerNode('tag', 'Tag', (ids, context, info) =>
  context.db.tag.findMany({
    select: selectOf(context, info, 'Tag', { id: true }),
    where: { AND: [{ id: { in: ids } }, shelvesVisibleTo(context.viewer)] },
  }),
)
