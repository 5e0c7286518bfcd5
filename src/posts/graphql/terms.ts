import type { GraphQLResolveInfo } from 'graphql'
import { Prisma } from '../../db/generated/client.ts'
import { columnName } from '../../db/page.ts'
import { readerOf } from '../../graphql/limits/answer-size.ts'
import type { Context } from '../../graphql/schema/context.ts'
import { columnsOf, fieldsOf, selectOf } from '../../graphql/schema/select.ts'
import { prefixOf } from '../../lib/id.ts'
import { shelvesVisibleToSql } from '../../taxonomy/shared/visibility.ts'

/** What a post is filed under: the link table of what is live, and the list of ids in what a revision or an event keeps. */
type Link = {
  type: string
  table: 'authors' | 'categories' | 'tags'
  via: string
  key: string
  written: string
}

export const authors: Link = {
  type: 'Author',
  table: 'authors',
  via: 'post_authors',
  key: 'author_id',
  written: 'authorIds',
}
export const categories: Link = {
  type: 'Category',
  table: 'categories',
  via: 'post_categories',
  key: 'category_id',
  written: 'categoryIds',
}
export const tags: Link = {
  type: 'Tag',
  table: 'tags',
  via: 'post_tags',
  key: 'tag_id',
  written: 'tagIds',
}

/** An author or a term, with the id of the post, the revision or the event that names it. */
export type Filed<Row> = Row & { filedId: string }

/**
 * What posts, revisions and past states are filed under, in the written order: one statement, however many there are. What
 * a revision or an event names and exists no longer is left out.
 *
 * @param ids of posts, for what is live, of revisions, for what they hold, and of events, for what they keep.
 */
export const filedUnder = async <Row>(
  ids: string[],
  link: Link,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Filed<Row>[]> => {
  const select = selectOf(context, info, link.type, { id: true })
  const columns = columnsOf(select, link.table)
  const read = <One>(statement: Prisma.Sql) =>
    readerOf(context, info)<Filed<One>>(statement, ['filedId', ...fieldsOf(select)])
  const { revision: revisions = [], event: events = [], post: posts = [] } = Object.groupBy(ids, kindOf)
  const found = await Promise.all([
    posts.length > 0 ? read<Row>(underPosts(posts, link, columns)) : [],
    revisions.length > 0 ? read<Row>(underRevisions(revisions, link, columns)) : [],
    events.length > 0 ? read<Row>(underPast(events, link, columns, context)) : [],
  ])
  return found.flat()
}

const kindOf = (id: string): 'revision' | 'event' | 'post' => {
  const prefix = prefixOf(id)
  return prefix === 'revision' || prefix === 'event' ? prefix : 'post'
}

const underPosts = (ids: string[], link: Link, columns: Prisma.Sql): Prisma.Sql => {
  const [table, via, key] = [link.table, link.via, link.key].map((name) => Prisma.raw(name))
  return Prisma.sql`
    SELECT ${via}.post_id AS "filedId", ${columns}
    FROM ${via} JOIN ${table} ON ${table}.id = ${via}.${key}
    WHERE ${via}.post_id = ANY(${ids})
    ORDER BY ${via}.post_id, ${via}.position`
}

const underRevisions = (ids: string[], link: Link, columns: Prisma.Sql): Prisma.Sql => {
  const table = Prisma.raw(link.table)
  return Prisma.sql`
    SELECT revision.id AS "filedId", ${columns}
    FROM post_revisions revision
    CROSS JOIN LATERAL json_array_elements_text(revision.snapshot->${link.written}::text)
      WITH ORDINALITY AS written(id, position)
    JOIN ${table} ON ${table}.id = written.id
    WHERE revision.id = ANY(${ids})
    ORDER BY revision.id, written.position`
}

/** What was public once is public for good, and what is merged or deleted since has no row: the rule is asked all the same. */
const underPast = (ids: string[], link: Link, columns: Prisma.Sql, { viewer }: Context): Prisma.Sql => {
  const table = Prisma.raw(link.table)
  return Prisma.sql`
    SELECT event.id AS "filedId", ${columns}
    FROM events event
    CROSS JOIN LATERAL json_array_elements_text(event.before->${columnName(link.written)}::text)
      WITH ORDINALITY AS named(id, position)
    JOIN ${table} ON ${table}.id = named.id
    WHERE event.id = ANY(${ids}) AND ${shelvesVisibleToSql(viewer, link.table)}
    ORDER BY event.id, named.position`
}
