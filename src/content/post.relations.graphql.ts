import type { GraphQLResolveInfo } from 'graphql'
import { Author } from '../authors/author.graphql.ts'
import {
  type Author as AuthorRow,
  type Category as CategoryRow,
  Prisma,
  type Tag as TagRow,
} from '../db/generated/client.ts'
import { builder } from '../graphql/builder.ts'
import type { Context } from '../graphql/context.ts'
import { columnsOf, loadedBy, selectOf } from '../graphql/select.ts'
import { Category } from '../taxonomy/category.graphql.ts'
import { Tag } from '../taxonomy/tag.graphql.ts'
import { Origin } from './post.parts.graphql.ts'

// One statement a level, however many posts there are: nested includes would read a statement more a relation, with
// every column of every row.
builder.prismaObjectFields('Post', (t) => ({
  author: t.loadable({
    type: Author,
    nullable: true,
    byPath: true,
    description: 'The main author: the first of `authors`; null when none is named.',
    resolve: (post, _args, context, info) => loadedBy(post.id, context, info),
    load: async (postIds: string[], context, _args, info) => {
      const rows = await filedUnder<AuthorRow>(postIds, authors, context, info)
      return postIds.map((postId) => rows.find((row) => row.postId === postId) ?? null)
    },
  }),
  authors: t.loadableGroup({
    type: Author,
    byPath: true,
    description: 'Who wrote it, in the written order; the first is the main author.',
    resolve: (post, _args, context, info) => loadedBy(post.id, context, info),
    load: (postIds: string[], context, _args, info) => filedUnder<AuthorRow>(postIds, authors, context, info),
    group: (row) => (row as Filed<AuthorRow>).postId,
  }),
  categories: t.loadableGroup({
    type: Category,
    byPath: true,
    description: 'The categories it is filed under, in the written order.',
    resolve: (post, _args, context, info) => loadedBy(post.id, context, info),
    load: (postIds: string[], context, _args, info) =>
      filedUnder<CategoryRow>(postIds, categories, context, info),
    group: (row) => (row as Filed<CategoryRow>).postId,
  }),
  tags: t.loadableGroup({
    type: Tag,
    byPath: true,
    description: 'The tags it bears, in the written order.',
    resolve: (post, _args, context, info) => loadedBy(post.id, context, info),
    load: (postIds: string[], context, _args, info) => filedUnder<TagRow>(postIds, tags, context, info),
    group: (row) => (row as Filed<TagRow>).postId,
  }),
  origin: t.loadable({
    type: Origin,
    nullable: true,
    byPath: true,
    description: 'Where it was imported from; null when it was written here.',
    resolve: (post, _args, context, info) => loadedBy(post.id, context, info),
    load: async (postIds: string[], { db }) => {
      const rows = await db.postOrigin.findMany({
        where: { postId: { in: postIds } },
        omit: { frontMatter: true },
      })
      const byPost = new Map(rows.map((row) => [row.postId, row]))
      return postIds.map((postId) => byPost.get(postId) ?? null)
    },
  }),
}))

type Link = { type: string; table: string; via: string; key: string }
const authors: Link = { type: 'Author', table: 'authors', via: 'post_authors', key: 'author_id' }
const categories: Link = { type: 'Category', table: 'categories', via: 'post_categories', key: 'category_id' }
const tags: Link = { type: 'Tag', table: 'tags', via: 'post_tags', key: 'tag_id' }

type Filed<Row> = Row & { postId: string }

const filedUnder = <Row>(postIds: string[], link: Link, context: Context, info: GraphQLResolveInfo) => {
  const columns = columnsOf(selectOf(context, info, link.type, { id: true }), link.table)
  const [table, via, key] = [link.table, link.via, link.key].map((name) => Prisma.raw(name))
  return context.db.$queryRaw<Filed<Row>[]>`
    SELECT ${via}.post_id AS "postId", ${columns}
    FROM ${via} JOIN ${table} ON ${table}.id = ${via}.${key}
    WHERE ${via}.post_id = ANY(${postIds})
    ORDER BY ${via}.post_id, ${via}.position`
}
