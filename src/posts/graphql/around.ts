import type { GraphQLResolveInfo } from 'graphql'
import { type Post as PostRow, Prisma } from '../../db/generated/client.ts'
import { pageSize } from '../../db/page.ts'
import { readerOf } from '../../graphql/limits/answer-size.ts'
import { builder } from '../../graphql/schema/builder.ts'
import type { Context } from '../../graphql/schema/context.ts'
import { columnsOf, fieldsOf, selectOf } from '../../graphql/schema/select.ts'
import { prefixOf } from '../../lib/id.ts'
import { relatedIds } from '../query/related.ts'
import { visibleToSql } from '../query/visibility.ts'
import { placeIdOf, stateIdOf } from '../revisions/shown-state.ts'
import { Post } from './post.ts'

builder.prismaObjectFields('Post', (t) => ({
  next: t.loadable({
    type: Post,
    nullable: true,
    byPath: true,
    description:
      'The published post that was published right after it; null for the newest, and for a post that is not published.',
    resolve: placeIdOf,
    load: (ids: string[], context, _args, info) => neighboursOf(ids, 'next', context, info),
  }),
  previous: t.loadable({
    type: Post,
    nullable: true,
    byPath: true,
    description:
      'The published post that was published right before it; null for the oldest, and for a post that is not published.',
    resolve: placeIdOf,
    load: (ids: string[], context, _args, info) => neighboursOf(ids, 'previous', context, info),
  }),
  related: t.loadableList({
    type: Post,
    // It weighs hundreds of posts for each.
    extensions: { lists: 8 },
    byPath: true,
    description:
      'Published posts that share tags and categories with it, those that share the rarest first, then the newest. Of a tag or category with many posts the 200 that came in last are considered.',
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: 5,
        description: 'How many at most: 0 to 100.',
      }),
    },
    resolve: stateIdOf,
    load: (ids: string[], context, { first }, info) => relatedTo(ids, first, context, info),
  }),
}))

type Row = PostRow & { besideId: string }

/** By the index of lists: one step along it for each post, in one statement for all. */
const neighboursOf = async (
  ids: string[],
  side: 'next' | 'previous',
  context: Context,
  info: GraphQLResolveInfo,
): Promise<(PostRow | null)[]> => {
  const select = selectOf(context, info, 'Post', { id: true })
  const [compare, direction] = (side === 'next' ? ['>', 'ASC'] : ['<', 'DESC']).map((sql) => Prisma.raw(sql))
  const statement = Prisma.sql`
    SELECT own.key AS "besideId", beside.*
    FROM (${ownPlaces(ids)}) own
    CROSS JOIN LATERAL (
      SELECT ${columnsOf(select, 'posts')} FROM posts
      WHERE posts.status = 'PUBLISHED' AND ${visibleToSql(context.viewer)}
        AND (posts.sort_date, posts.id) ${compare} (own.sort_date, own.id) AND posts.id <> own.id
      ORDER BY posts.sort_date ${direction}, posts.id ${direction} LIMIT 1
    ) beside
    WHERE own.status = 'PUBLISHED'`
  const rows = await readerOf(context, info)<Row>(statement, ['besideId', ...fieldsOf(select)])
  const byId = new Map(rows.map((row) => [row.besideId, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** Where posts stand, by their ids, and where they stood, by those of the events that keep it. */
const ownPlaces = (ids: string[]): Prisma.Sql => {
  const events = ids.filter((id) => prefixOf(id) === 'event')
  const live = Prisma.sql`SELECT id AS key, id, sort_date, status FROM posts WHERE id = ANY(${ids})`
  if (events.length === 0) return live
  return Prisma.sql`${live}
    UNION ALL SELECT events.id, past.id, past.sort_date, past.status
    FROM events CROSS JOIN LATERAL json_populate_record(NULL::posts, events.before) past
    WHERE events.id = ANY(${events})`
}

/** Two statements for any number of posts: which ones, and what is asked for of them. */
const relatedTo = async (
  ids: string[],
  first: number,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<PostRow[][]> => {
  const found = await relatedIds(context, ids, pageSize('first', first))
  const select = selectOf(context, info, 'Post', { id: true })
  const related = [...new Set([...found.values()].flat())]
  const statement = Prisma.sql`
    SELECT ${columnsOf(select, 'posts')} FROM posts
    WHERE posts.id = ANY(${related}::text[]) AND posts.status = 'PUBLISHED'`
  const posts = await readerOf(context, info)<PostRow>(statement, fieldsOf(select))
  const byId = new Map(posts.map((post) => [post.id, post]))
  return ids.map((id) => (found.get(id) ?? []).flatMap((relatedId) => byId.get(relatedId) ?? []))
}
