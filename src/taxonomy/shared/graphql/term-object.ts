import type { PrismaObjectRef } from '@pothos/plugin-prisma'
import { pageOrder, pageWhere, readPage, toConnection } from '../../../db/page.ts'
import type PrismaTypes from '../../../graphql/generated/pothos.ts'
import { builder, type SchemaTypes } from '../../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../../graphql/schema/connection.ts'
import { registerNode } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { absoluteUrl, termPath } from '../../../urls/site-paths.ts'
import { type Kind, kinds } from '../../kinds.ts'
import { termOrdering, termWhere, withPosts } from '../list.ts'
import { isTree, slugPathOf, tableOf } from '../rows.ts'
import { termsVisibleTo } from '../visibility.ts'
import type { TermBy, TermFilter, TermOrder } from './term.ts'

/**
 * Pothos has other types for each model. What all kinds have in common is written for one of them that has no more than
 * that, and holds for each.
 */
export type AnyTerm = PrismaObjectRef<SchemaTypes, PrismaTypes['Tag']>
export type AnyTermFields = Parameters<Parameters<typeof builder.prismaObjectFields<'Tag'>>[1]>[0]

/** The columns that the program itself needs of a row; in a tree also those by which it is walked. */
export const keysOf = (kind: Kind) => ({
  id: true as const,
  ...(isTree(kind) ? { parentId: true as const, slugPath: true as const } : {}),
})

/** The fields that a term of any kind has beside its name and what is written of it. */
export const termFields = (fields: unknown, kind: Kind, whose: 'its' | 'their') => {
  const t = fields as AnyTermFields
  return {
    slug: t.exposeString('slug', { description: `The name in a URL; unique among ${kinds[kind].plural}.` }),
    path: t.string({
      description: `The path of ${whose} page on the site, as ${kinds[kind].pathSetting} says.`,
      select: { slug: true },
      resolve: (row, _args, { site }) => termPath(site, kind, slugPathOf(row)),
    }),
    url: t.field({
      type: 'URL',
      description: `The absolute URL of ${whose} page.`,
      select: { slug: true },
      resolve: (row, _args, { site }) => absoluteUrl(site, termPath(site, kind, slugPathOf(row))),
    }),
    version: t.exposeInt('version', { description: 'Rises by one with every change.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: `When the ${kind} was last changed.`,
    }),
  }
}

type Ways = {
  /** What the look-up of one and the list of all say of themselves. */
  one: string
  all: string
  by: typeof TermBy
  filter: typeof TermFilter
  order: typeof TermOrder
}

/** The ways to the terms of a kind: by id or slug, as a list, as a node. */
export const termQueries = (kind: Kind, Term: unknown, { one, all, by: By, filter, order }: Ways): void => {
  const { type, plural } = kinds[kind]
  const Connection = connectionType(type, plural, Term as AnyTerm)

  builder.queryFields((t) => ({
    [kind]: t.prismaField({
      type: type as 'Tag',
      nullable: true,
      description: one,
      args: { by: t.arg({ type: By, required: true, description: 'What to look for.' }) },
      resolve: (query, _root, { by }, { db, viewer }) => {
        const name = by.id != null ? { id: by.id } : { slug: by.slug ?? '' }
        return tableOf(db, kind as 'tag').findUnique({
          ...query,
          where: { ...name, ...termsVisibleTo(viewer) },
        })
      },
    }),
    [plural]: t.field({
      type: Connection,
      description: all,
      args: {
        ...connectionArgs(t.arg),
        filter: t.arg({ type: filter, description: 'Which ones; null: all.' }),
        orderBy: t.arg({ type: order, description: 'In which order; null: by name.' }),
      },
      resolve: async (_root, { filter, orderBy, ...args }, context, info) => {
        const page = readPage(args, termOrdering(kind, orderBy))
        const keys = { ...keysOf(kind), nameKey: true, createdAt: true, updatedAt: true } as const
        const wanted = {
          AND: [
            termsVisibleTo(context.viewer),
            termWhere(filter),
            belowParent(kind, filter?.parentId),
            await withPosts(context.db, kind, filter?.hasPosts),
          ],
        }
        const table = tableOf(context.db, kind)
        const rows = await table.findMany({
          select: selectOf(context, info, type, keys, nodePaths),
          where: { AND: [wanted, pageWhere(page)] },
          orderBy: pageOrder(page),
          take: page.limit + 1,
        })
        return toConnection(rows, page, () => table.count({ where: wanted })) as never
      },
    }),
  }))

  registerNode(kind, type, (ids, context, info) =>
    tableOf(context.db, kind).findMany({
      select: selectOf(context, info, type, keysOf(kind)),
      where: { id: { in: ids }, ...termsVisibleTo(context.viewer) },
    }),
  )
}

/** Where there is no tree all are at the root. */
const belowParent = (kind: Kind, parentId: string | null | undefined): object => {
  if (isTree(kind)) return parentId === undefined ? {} : { parentId }
  return parentId == null ? {} : { id: { in: [] } }
}
