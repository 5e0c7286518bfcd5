import type { GraphQLResolveInfo } from 'graphql'
import { type Post as PostRow, Prisma } from '../db/generated/client.ts'
import {
  type Connection,
  type Ordering,
  type Page,
  pageOrder,
  pageSql,
  pageWhere,
  readPage,
  toConnection,
} from '../db/page.ts'
import { builder } from '../graphql/builder.ts'
import { type ConnectionArgs, connectionArgs, nodePaths } from '../graphql/connection.ts'
import type { Context } from '../graphql/context.ts'
import { columnsOf, loadedBy, selectOf } from '../graphql/select.ts'
import { Term } from '../taxonomy/term.graphql.ts'
import { PostConnection } from './post.graphql.ts'
import { listedByDefault, visibleTo, visibleToSql } from './visibility.ts'

const newestFirst = (list: string): Ordering => ({
  name: `${list}/PUBLISHED_AT`,
  field: 'sortDate',
  direction: 'desc',
  kind: 'date',
})

builder.queryField('posts', (t) =>
  t.field({
    type: PostConnection,
    description: 'Published posts, newest first.',
    args: connectionArgs(t.arg),
    resolve: async (_root, args, context, info) => {
      const page = readPage(args, newestFirst('posts'))
      const listed = { AND: [visibleTo(context.viewer), listedByDefault] }
      const select = selectOf(context, info, 'Post', { id: true, sortDate: true }, nodePaths)
      const rows = await context.db.post.findMany({
        select,
        where: { AND: [listed, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.post.count({ where: listed }))
    },
  }),
)

/** How posts hang under something: the rows of the link table `links` and the thing's ids `parents` that they answer to. */
type Under = { list: string; rows: Prisma.Sql }

const underAuthor: Under = {
  list: 'Author.posts',
  rows: Prisma.sql`SELECT post_id FROM post_authors WHERE author_id = parent.id`,
}
const underTag: Under = {
  list: 'Tag.posts',
  rows: Prisma.sql`SELECT post_id FROM post_tags WHERE tag_id = parent.id`,
}
const underCategory: Under = {
  list: 'Category.posts',
  rows: Prisma.sql`SELECT post_id FROM post_categories WHERE category_id = parent.id`,
}
const underCategoryTree: Under = {
  list: 'Category.posts+descendants',
  rows: Prisma.sql`
    SELECT DISTINCT post_id FROM post_categories JOIN categories below ON below.id = post_categories.category_id
    WHERE below.slug_path = (SELECT slug_path FROM categories WHERE id = parent.id)
       OR starts_with(below.slug_path, (SELECT slug_path FROM categories WHERE id = parent.id) || '/')`,
}

builder.interfaceField(Term, 'postCount', (t) =>
  t.int({
    description: 'How many posts under it the caller can see in lists.',
    resolve: () => {
      throw new Error('Category and Tag resolve this.')
    },
  }),
)

builder.prismaObjectFields('Author', (t) => ({
  postCount: t.loadable({
    type: 'Int',
    // By path, so that each mutation of a request counts anew.
    byPath: true,
    description: 'How many of their posts the caller can see in lists.',
    resolve: (author) => author.id,
    load: (ids: string[], context) => countsUnder(underAuthor, ids, context),
  }),
  posts: t.loadable({
    type: PostConnection,
    byPath: true,
    description: 'Their published posts, newest first.',
    args: connectionArgs(t.arg),
    resolve: (author, _args, context, info) => loadedBy(author.id, context, info),
    load: (ids: string[], context, args, info) => postsUnder(underAuthor, ids, args, context, info),
  }),
}))

builder.prismaObjectFields('Tag', (t) => ({
  postCount: t.loadable({
    type: 'Int',
    // By path, so that each mutation of a request counts anew.
    byPath: true,
    description: 'How many posts with this tag the caller can see in lists.',
    resolve: (tag) => tag.id,
    load: (ids: string[], context) => countsUnder(underTag, ids, context),
  }),
  posts: t.loadable({
    type: PostConnection,
    byPath: true,
    description: 'Published posts with this tag, newest first.',
    args: connectionArgs(t.arg),
    resolve: (tag, _args, context, info) => loadedBy(tag.id, context, info),
    load: (ids: string[], context, args, info) => postsUnder(underTag, ids, args, context, info),
  }),
}))

builder.prismaObjectFields('Category', (t) => ({
  postCount: t.loadable({
    type: 'Int',
    // By path, so that each mutation of a request counts anew.
    byPath: true,
    description: 'How many posts in this category and those below it the caller can see in lists.',
    resolve: (category) => category.id,
    load: (ids: string[], context) => countsUnder(underCategoryTree, ids, context),
  }),
  posts: t.loadable({
    type: PostConnection,
    byPath: true,
    description: 'Published posts of this category, newest first.',
    args: {
      ...connectionArgs(t.arg),
      includeDescendants: t.arg.boolean({
        required: true,
        defaultValue: true,
        description: 'Whether posts of the categories below it belong to it, too.',
      }),
    },
    resolve: (category, _args, context, info) => loadedBy(category.id, context, info),
    load: (ids: string[], context, args, info) =>
      postsUnder(args.includeDescendants ? underCategoryTree : underCategory, ids, args, context, info),
  }),
}))

type PostKey = Pick<PostRow, 'id' | 'sortDate'>

/** A page of posts for each of many parents in one statement: the first n of each are cut in SQL. */
const postsUnder = async (
  under: Under,
  ids: string[],
  args: ConnectionArgs,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Connection<PostKey>[]> => {
  const page = readPage(args, newestFirst(under.list))
  const select = selectOf(context, info, 'Post', { id: true, sortDate: true }, nodePaths)
  const rows = await pageOfEach(under, ids, page, columnsOf(select, 'posts'), context)
  const byParent = Map.groupBy(rows, (row) => row.parentId)
  let counts: Promise<number[]> | undefined
  return ids.map((id, index) =>
    toConnection(byParent.get(id) ?? [], page, async () => {
      counts ??= countsUnder(under, ids, context)
      return (await counts)[index] ?? 0
    }),
  )
}

const pageOfEach = (
  under: Under,
  ids: string[],
  page: Page,
  columns: Prisma.Sql,
  { db, viewer }: Context,
) => {
  const { where, orderBy } = pageSql(page, 'posts', 'sort_date')
  return db.$queryRaw<(PostKey & { parentId: string })[]>`
    SELECT parent.id AS "parentId", page.*
    FROM unnest(${ids}::text[]) AS parent(id)
    CROSS JOIN LATERAL (
      SELECT ${columns} FROM (${under.rows}) links JOIN posts ON posts.id = links.post_id
      WHERE ${visibleToSql(viewer)} AND posts.status = 'PUBLISHED' AND ${where}
      ORDER BY ${orderBy} LIMIT ${page.limit + 1}
    ) page`
}

const countsUnder = async (under: Under, ids: string[], { db, viewer }: Context): Promise<number[]> => {
  const rows = await db.$queryRaw<{ id: string; count: number }[]>`
    SELECT parent.id, (
      SELECT count(*)::int FROM (${under.rows}) links JOIN posts ON posts.id = links.post_id
      WHERE ${visibleToSql(viewer)} AND posts.status = 'PUBLISHED'
    ) AS count
    FROM unnest(${ids}::text[]) AS parent(id)`
  const byId = new Map(rows.map((row) => [row.id, row.count]))
  return ids.map((id) => byId.get(id) ?? 0)
}
