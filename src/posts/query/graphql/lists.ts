import type { GraphQLResolveInfo } from 'graphql'
import { Prisma } from '../../../db/generated/client.ts'
import { type Connection, readPage, toConnection } from '../../../db/page.ts'
import { holdObjects, inTurn, readerOf } from '../../../graphql/limits/answer-size.ts'
import { defaultLimits } from '../../../graphql/limits/limits.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { nodePaths } from '../../../graphql/schema/connection.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { fieldsOf, selectOf } from '../../../graphql/schema/select.ts'
import { type Kind, kindNames, kinds } from '../../../taxonomy/kinds.ts'
import { Term } from '../../../taxonomy/shared/graphql/term.ts'
import type { AnyTermFields } from '../../../taxonomy/shared/graphql/term-object.ts'
import { isTree } from '../../../taxonomy/shared/rows.ts'
import { PostConnection } from '../../graphql/post.ts'
import { termTypes } from '../../graphql/term-types.ts'
import type { PostFilter } from '../filter.ts'
import { isAboutTrees, treesOf } from '../filter-slugs.ts'
import { orderingOf } from '../order.ts'
import { countOf, countsUnder, type Lists, listsUnder, pagesOf, wholeSet } from '../pages.ts'
import { type PostSet, postSet } from '../post-query.ts'
import { type PostListArgs, postListArgs } from './filter.ts'

builder.queryField('posts', (t) =>
  t.field({
    type: PostConnection,
    extensions: { lists: 1 },
    description: 'Posts: without a filter the published ones, newest first.',
    args: postListArgs(t.arg),
    resolve: async (_root, args, context, info) => {
      const set = await countedSet(context, info, args.filter)
      const lists = { each: [wholeSet], pairs: Prisma.empty }
      const counts = async () => new Map([[wholeSet.key, await countOf(context.db, set, wholeSet)]])
      const [page] = await connectionsOf('posts', set, lists, counts, args, context, info)
      return page as Connection<{ id: string }>
    },
  }),
)

builder.interfaceField(Term, 'postCount', (t) =>
  t.int({
    description: 'How many posts under it the caller can see in lists.',
    resolve: () => {
      throw new Error('Category and Tag resolve this.')
    },
  }),
)

for (const kind of kindNames) {
  const { posts, postCount } = termTypes[kind]
  const args = (t: Pick<AnyTermFields, 'arg'>) => ({
    ...postListArgs(t.arg),
    ...(isTree(kind) && {
      includeDescendants: t.arg.boolean({
        required: true,
        defaultValue: true,
        description: `Whether posts of the ${kinds[kind].plural} below it belong to it, too.`,
      }),
    }),
  })
  builder.prismaObjectFields(kinds[kind].type as 'Tag', (t) => ({
    postCount: t.loadable({
      type: 'Int',
      extensions: { lists: 1 },
      // By path, so that each mutation of a request counts anew.
      byPath: true,
      description: postCount,
      resolve: (term) => term.id,
      load: (ids: string[], context) => postCounts(under(kind, isTree(kind)), ids, context),
    }),
    posts: t.loadable({
      type: PostConnection,
      extensions: { lists: 1 },
      byPath: true,
      description: posts,
      args: args(t),
      resolve: (term) => term.id,
      load: (ids: string[], context, args, info) =>
        postsUnder(under(kind, args.includeDescendants ?? false), ids, args, context, info),
    }),
  }))
}

/** The posts of a filter. Terms below those that it names count as objects of the answer: they are read for each list. */
export const countedSet = (
  context: Context,
  info: GraphQLResolveInfo,
  filter: PostFilter | null | undefined,
  narrowedBy: PostFilter | null = null,
): Promise<PostSet> => {
  const read = async () => {
    const set = await postSet(context, filter, narrowedBy)
    holdObjects(set.termsBelow, context, info)
    return set
  }
  const isLarge = [filter, narrowedBy].some((one) => one != null && isAboutTrees(one))
  return isLarge ? inTurn(context, info, read) : read()
}

/** How posts hang under terms: `members` are their ids, as `key`, each with those that its posts are linked to. */
type Under = { list: string; kind: Kind; members: (ids: string[]) => Prisma.Sql }

const under = (kind: Kind, isDeep: boolean): Under => ({
  list: `${kinds[kind].type}.posts${isDeep ? '+descendants' : ''}`,
  kind,
  members: isDeep ? (ids) => treesOf(kind, ids) : themselves,
})

const themselves = (ids: string[]) => Prisma.sql`SELECT id AS key, id FROM unnest(${ids}::text[]) AS own(id)`

/** A page of posts for each of many parents in one statement: the first n of each are cut in SQL. */
const postsUnder = async (
  { list, kind, members }: Under,
  ids: string[],
  args: PostListArgs,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Connection<{ id: string }>[]> => {
  const set = await countedSet(context, info, args.filter)
  const lists = listsUnder(kind, await membersOf(members, ids, context, info), members(ids))
  const counts = () => countsUnder(context.db, set, kind, members(ids))
  return connectionsOf(list, set, lists, counts, args, context, info)
}

const postCounts = async ({ kind, members }: Under, ids: string[], context: Context): Promise<number[]> => {
  const counts = await countsUnder(context.db, await postSet(context, null), kind, members(ids))
  return ids.map((id) => counts.get(id) ?? 0)
}

const membersOf = async (
  members: Under['members'],
  ids: string[],
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Map<string, string[]>> => {
  if (members === themselves) return new Map(ids.map((id) => [id, [id]]))
  const rows = await inTurn(context, info, async () => {
    const some = Prisma.sql`${members(ids)} LIMIT ${ids.length + defaultLimits.objects + 1}`
    const found = await context.db.$queryRaw<{ key: string; id: string }[]>(some)
    holdObjects(Math.max(0, found.length - ids.length), context, info)
    return found
  })
  const byKey = Map.groupBy(rows, (row) => row.key)
  return new Map(ids.map((key) => [key, (byKey.get(key) ?? []).map(({ id }) => id)]))
}

/**
 * A page of each list, in their order.
 *
 * @param name of the lists, for their cursors.
 * @param count is called once, when somebody asks for a totalCount.
 */
export const connectionsOf = async (
  name: string,
  set: PostSet,
  lists: Lists,
  count: () => Promise<Map<string, number>>,
  args: PostListArgs,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Connection<{ id: string }>[]> => {
  const page = readPage(args, orderingOf(name, args.orderBy))
  const select = selectOf(context, info, 'Post', { id: true, [page.ordering.field]: true }, nodePaths)
  const sizes = lists.each.map(({ most = page.limit }) => Math.min(most, page.limit))
  holdObjects(
    sizes.reduce((sum, size) => sum + size, 0),
    context,
    info,
  )
  const read = readerOf(context, info)
  const rows = await pagesOf<{ id: string }>(read, set, page, fieldsOf(select), lists)
  let counts: Promise<Map<string, number>> | undefined
  return lists.each.map(({ key }) =>
    toConnection(rows.get(key) ?? [], page, async () => {
      counts ??= count()
      return (await counts).get(key) ?? 0
    }),
  )
}
