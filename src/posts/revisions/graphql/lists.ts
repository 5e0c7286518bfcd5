import type { GraphQLResolveInfo } from 'graphql'
import type { PostRevision as RevisionRow } from '../../../db/generated/client.ts'
import { type Connection, type Ordering, pageSql, readPage, toConnection } from '../../../db/page.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { type ConnectionArgs, connectionArgs, nodePaths } from '../../../graphql/schema/connection.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { columnsOf, selectOf } from '../../../graphql/schema/select.ts'
import { PostRevision, PostRevisionConnection } from './revision.ts'

const newestFirst: Ordering = { name: 'Post.revisions', field: 'version', direction: 'desc', kind: 'int' }
const authScopes = { scope: 'CONTENT_READ' } as const

builder.prismaObjectFields('Post', (t) => ({
  draft: t.loadable({
    type: PostRevision,
    nullable: true,
    byPath: true,
    authScopes,
    description:
      'Edits over a published post that are not live yet; null when nothing is pending. Needs content:read; null without it.',
    resolve: (post) => post.id,
    load: async (postIds: string[], context, _args, info) => {
      const rows = await context.db.postRevision.findMany({
        select: selectOf(context, info, 'PostRevision', { id: true, postId: true }),
        where: { draftOf: { is: { id: { in: postIds } } } },
      })
      const byPost = new Map(rows.map((row) => [row.postId, row]))
      return postIds.map((postId) => byPost.get(postId) ?? null)
    },
  }),
  revisions: t.loadable({
    type: PostRevisionConnection,
    nullable: true,
    byPath: true,
    authScopes,
    description:
      'The saves of the post, the newest first. Of a run of saves by one key within ten minutes the newest alone is kept, and what never was public is kept for a time. Needs content:read; null without it.',
    args: connectionArgs(t.arg),
    resolve: (post) => post.id,
    load: (postIds: string[], context, args, info) => revisionsOf(postIds, args, context, info),
  }),
}))

type RevisionKey = Pick<RevisionRow, 'id' | 'version'>

/** A page of revisions for each of many posts in one statement: the first n of each are cut in SQL. */
const revisionsOf = async (
  postIds: string[],
  args: ConnectionArgs,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Connection<RevisionKey>[]> => {
  const page = readPage(args, newestFirst)
  const select = selectOf(context, info, 'PostRevision', { id: true, version: true }, nodePaths)
  const { where, orderBy } = pageSql(page, 'post_revisions')
  const rows = await context.db.$queryRaw<(RevisionKey & { parentId: string })[]>`
    SELECT parent.id AS "parentId", page.*
    FROM unnest(${postIds}::text[]) AS parent(id)
    CROSS JOIN LATERAL (
      SELECT ${columnsOf(select, 'post_revisions')} FROM post_revisions
      WHERE post_revisions.post_id = parent.id AND ${where}
      ORDER BY ${orderBy} LIMIT ${page.limit + 1}
    ) page`
  const byPost = Map.groupBy(rows, (row) => row.parentId)
  let counts: Promise<Map<string, number>> | undefined
  return postIds.map((postId) =>
    toConnection(byPost.get(postId) ?? [], page, async () => {
      counts ??= countsOf(postIds, context)
      return (await counts).get(postId) ?? 0
    }),
  )
}

const countsOf = async (postIds: string[], { db }: Context): Promise<Map<string, number>> => {
  const where = { postId: { in: postIds } }
  const rows = await db.postRevision.groupBy({ by: ['postId'], where, _count: true })
  return new Map(rows.map((row) => [row.postId, row._count]))
}
