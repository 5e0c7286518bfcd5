import { pageOrder, pageWhere, readPage, toConnection } from '../../../db/page.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../../graphql/schema/connection.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { absoluteUrl, authorPath } from '../../../urls/site-paths.ts'
import { shelfFilterFields, shelfOrderInput } from '../../shared/graphql/list.ts'
import { shelfOrdering, shelfWhere, withPosts } from '../../shared/list.ts'
import { shelvesVisibleTo } from '../../shared/visibility.ts'

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

const AuthorFilter = builder.inputType('AuthorFilter', {
  description: 'Which authors a list holds: those of whom everything that is given here is true.',
  fields: (t) => shelfFilterFields(t, 'authors'),
})

const AuthorOrder = shelfOrderInput('Author')

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
    description:
      'One author; null when there is none, and without content:read when they were never public: only drafts named them.',
    args: { by: t.arg({ type: AuthorBy, required: true, description: 'What to look for.' }) },
    resolve: (query, _root, { by }, { db, viewer }) => {
      const name = by.id != null ? { id: by.id } : { slug: by.slug ?? '' }
      return db.author.findUnique({ ...query, where: { ...name, ...shelvesVisibleTo(viewer) } })
    },
  }),
  authors: t.field({
    type: AuthorConnection,
    description:
      'All authors by name; without content:read those that are public: made on purpose, or named by a published post at some time.',
    args: {
      ...connectionArgs(t.arg),
      filter: t.arg({ type: AuthorFilter, description: 'Which ones; null: all.' }),
      orderBy: t.arg({ type: AuthorOrder, description: 'In which order; null: by name.' }),
    },
    resolve: async (_root, { filter, orderBy, ...args }, context, info) => {
      const page = readPage(args, shelfOrdering('authors', orderBy))
      const keys = { id: true, nameKey: true, createdAt: true, updatedAt: true } as const
      const select = selectOf(context, info, 'Author', keys, nodePaths)
      const wanted = {
        AND: [shelvesVisibleTo(context.viewer), shelfWhere(filter), withPosts(filter?.hasPosts)],
      }
      const rows = await context.db.author.findMany({
        select,
        where: { AND: [wanted, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.author.count({ where: wanted }))
    },
  }),
}))

registerNode('author', 'Author', (ids, context, info) =>
  context.db.author.findMany({
    select: selectOf(context, info, 'Author', { id: true }),
    where: { id: { in: ids }, ...shelvesVisibleTo(context.viewer) },
  }),
)
