import { type Ordering, pageOrder, pageWhere, readPage, toConnection } from '../db/page.ts'
import { builder } from '../graphql/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../graphql/connection.ts'
import { Node, registerNode } from '../graphql/node.ts'
import { selectOf } from '../graphql/select.ts'
import { absoluteUrl, authorPath } from '../site.ts'

export const Author = builder.prismaObject('Author', {
  description: 'Someone who writes posts.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'The name in a URL; unique among authors.' }),
    name: t.exposeString('name', { description: 'The name as it is shown. Plain text.' }),
    bio: t.exposeString('bio', {
      nullable: true,
      description: 'Who they are, as plain text; null when nothing was written.',
    }),
    websiteUrl: t.expose('websiteUrl', {
      type: 'URL',
      nullable: true,
      description: 'Their own site; null when unknown.',
    }),
    avatarUrl: t.expose('avatarUrl', {
      type: 'URL',
      nullable: true,
      description: 'A picture of them; null when there is none.',
    }),
    path: t.string({
      description: 'The path of their page on the site, as AUTHOR_PATH says.',
      select: { slug: true },
      resolve: ({ slug }, _args, { site }) => authorPath(site, slug),
    }),
    url: t.field({
      type: 'URL',
      description: 'The absolute URL of their page.',
      select: { slug: true },
      resolve: ({ slug }, _args, { site }) => absoluteUrl(site, authorPath(site, slug)),
    }),
    version: t.exposeInt('version', { description: 'Rises by one with every change.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When the author was last changed.' }),
  }),
})

export const AuthorConnection = connectionType('Author', 'authors', Author)

const byName: Ordering = { name: 'authors/NAME', field: 'nameKey', direction: 'asc', kind: 'text' }

const AuthorBy = builder.inputType('AuthorBy', {
  isOneOf: true,
  description: 'How to look up an author: by exactly one of these.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.' }),
    slug: t.string({ description: 'The name in the URL of their page.' }),
  }),
})

builder.queryFields((t) => ({
  author: t.prismaField({
    type: 'Author',
    nullable: true,
    description: 'One author; null when there is none.',
    args: { by: t.arg({ type: AuthorBy, required: true, description: 'What to look for.' }) },
    resolve: (query, _root, { by }, { db }) =>
      db.author.findUnique({ ...query, where: by.id != null ? { id: by.id } : { slug: by.slug ?? '' } }),
  }),
  authors: t.field({
    type: AuthorConnection,
    description: 'All authors by name.',
    args: connectionArgs(t.arg),
    resolve: async (_root, args, context, info) => {
      const page = readPage(args, byName)
      const select = selectOf(context, info, 'Author', { id: true, nameKey: true }, nodePaths)
      const rows = await context.db.author.findMany({
        select,
        where: pageWhere(page),
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.author.count())
    },
  }),
}))

registerNode('author', 'Author', (ids, context, info) =>
  context.db.author.findMany({
    select: selectOf(context, info, 'Author', { id: true }),
    where: { id: { in: ids } },
  }),
)
