import type { GraphQLResolveInfo } from 'graphql'
import { Prisma } from '../../db/generated/client.ts'
import { columnName } from '../../db/page.ts'
import { readerOf } from '../../graphql/limits/answer-size.ts'
import type { Context } from '../../graphql/schema/context.ts'
import { columnsOf, fieldsOf, selectOf } from '../../graphql/schema/select.ts'
import { prefixOf } from '../../lib/id.ts'
import { type Kind, kinds } from '../../taxonomy/kinds.ts'
import type { TermRow } from '../../taxonomy/shared/rows.ts'
import { termsVisibleToSql } from '../../taxonomy/shared/visibility.ts'

/** A term, with the id of the post, the revision or the event that names it. */
export type LinkedTerm = TermRow<'tag'> & { linkedId: string }

/**
 * The terms of one kind of posts, revisions and past states, in the written order: one statement, however many there are.
 * What a revision or an event names and exists no longer is left out.
 *
 * @param ids of posts, for what is live, of revisions, for what they hold, and of events, for what they keep.
 */
export const linkedTerms = async (
  ids: string[],
  kind: Kind,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<LinkedTerm[]> => {
  const select = selectOf(context, info, kinds[kind].type, { id: true })
  const columns = columnsOf(select, kinds[kind].plural)
  const read = (statement: Prisma.Sql) =>
    readerOf(context, info)<LinkedTerm>(statement, ['linkedId', ...fieldsOf(select)])
  const { revision: revisions = [], event: events = [], post: posts = [] } = Object.groupBy(ids, namedBy)
  const found = await Promise.all([
    posts.length > 0 ? read(ofPosts(posts, kind, columns)) : [],
    revisions.length > 0 ? read(ofRevisions(revisions, kind, columns)) : [],
    events.length > 0 ? read(ofPastStates(events, kind, columns, context)) : [],
  ])
  return found.flat()
}

const namedBy = (id: string): 'revision' | 'event' | 'post' => {
  const prefix = prefixOf(id)
  return prefix === 'revision' || prefix === 'event' ? prefix : 'post'
}

const ofPosts = (ids: string[], kind: Kind, columns: Prisma.Sql): Prisma.Sql => {
  const { plural, links, idColumn } = kinds[kind]
  const [terms, link, id] = [plural, links, idColumn].map((name) => Prisma.raw(name))
  return Prisma.sql`
    SELECT ${link}.post_id AS "linkedId", ${columns}
    FROM ${link} JOIN ${terms} ON ${terms}.id = ${link}.${id}
    WHERE ${link}.post_id = ANY(${ids})
    ORDER BY ${link}.post_id, ${link}.position`
}

const ofRevisions = (ids: string[], kind: Kind, columns: Prisma.Sql): Prisma.Sql => {
  const terms = Prisma.raw(kinds[kind].plural)
  return Prisma.sql`
    SELECT revision.id AS "linkedId", ${columns}
    FROM post_revisions revision
    CROSS JOIN LATERAL json_array_elements_text(revision.snapshot->${kinds[kind].idsField}::text)
      WITH ORDINALITY AS written(id, position)
    JOIN ${terms} ON ${terms}.id = written.id
    WHERE revision.id = ANY(${ids})
    ORDER BY revision.id, written.position`
}

/** What was public once is public for good, and what is merged or deleted since has no row: the rule is asked all the same. */
const ofPastStates = (ids: string[], kind: Kind, columns: Prisma.Sql, { viewer }: Context): Prisma.Sql => {
  const terms = Prisma.raw(kinds[kind].plural)
  return Prisma.sql`
    SELECT event.id AS "linkedId", ${columns}
    FROM events event
    CROSS JOIN LATERAL json_array_elements_text(event.before->${columnName(kinds[kind].idsField)}::text)
      WITH ORDINALITY AS named(id, position)
    JOIN ${terms} ON ${terms}.id = named.id
    WHERE event.id = ANY(${ids}) AND ${termsVisibleToSql(viewer, kind)}
    ORDER BY event.id, named.position`
}
