import { Prisma } from '../../db/generated/client.ts'
import { type Page, pageSql } from '../../db/page.ts'
import { isFound, type SearchCondition } from '../../search/query.ts'
import { type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import { linkSql } from '../../taxonomy/shared/post-links-in-steps.ts'
import type { PostFilter, SlugFilter } from './filter.ts'
import { isDeep, type TermsBySlug } from './filter-slugs.ts'

/** What was looked up for a filter: its slugs, and its searches by their text; one without words finds nothing. */
export type Known = { terms: TermsBySlug; searches: Map<string, SearchCondition> }

/**
 * A condition on the table `posts`. For a page that is cut from them by date it may also say which links are on the page:
 * it is the same condition then, but PostgreSQL can begin with the links, in their order.
 */
export type Condition = (page?: Page) => Prisma.Sql

/**
 * How a filter is asked: of a list, from many posts at once, or of a few posts that are known by their ids. Of a list the
 * first look-ups in other tables are left to the planner, which makes joins of them and can begin with what is rare. Each
 * further one is planned by itself, and reads its links once: planning a hundred joins takes PostgreSQL minutes.
 */
export type Asked = 'of many' | 'of few'

// What a front end combines. With each one more there are twice as many plans to choose from.
const maxJoined = 3

/** A filter as a condition on the table `posts` that is true or false, never null: NOT turns it round. */
export const conditionOf = (filter: PostFilter, known: Known, asked: Asked, page?: Page): Prisma.Sql => {
  let joined = asked === 'of many' ? maxJoined : 0
  return partOf(filter, known, { asked, joins: () => joined-- > 0 }, page)
}

/** `joins` takes one of the joins that are left, if there is one. */
type Planning = { asked: Asked; joins: () => boolean }

const partOf = (filter: PostFilter, known: Known, planning: Planning, page?: Page): Prisma.Sql => {
  const { AND, OR, NOT, ids, status, publishedAt, updatedAt, search } = filter
  const inner = (part: PostFilter) => partOf(part, known, planning)
  return allOf([
    ...(AND ?? []).map((part) => partOf(part, known, planning, page)),
    ...(OR ? [anyOf(OR.map(inner))] : []),
    ...(NOT ? [not(inner(NOT))] : []),
    ...(ids ? [Prisma.sql`posts.id = ANY(${ids}::text[])`] : []),
    ...(status
      ? [anyOf([...new Set(status)].map((one) => Prisma.sql`posts.status = ${one}::"PostStatus"`))]
      : []),
    ...kindNames.flatMap((kind) => linked(kind, known.terms, filter[kinds[kind].plural], planning, page)),
    // Where there is a publishedAt, sort_date is the same, and has the index.
    ...(hasEnd(publishedAt)
      ? [Prisma.sql`posts.published_at IS NOT NULL`, ...within('sort_date', publishedAt)]
      : []),
    ...within('updated_at', updatedAt),
    ...(search == null ? [] : [isSought(known.searches.get(search), planning)]),
  ])
}

const linked = (
  kind: Kind,
  terms: TermsBySlug,
  filter: SlugFilter | null | undefined,
  planning: Planning,
  page: Page | undefined,
): Prisma.Sql[] => {
  const { any, all, none } = filter ?? {}
  const known = isDeep(kind, filter) ? terms[kind].withBelow : terms[kind].own
  const idsOf = (slugs: string[]) => [...new Set(slugs.flatMap((slug) => known.get(slug) ?? []))]
  return [
    ...(any ? [isLinkedToAny(kind, idsOf(any), planning, page)] : []),
    ...(all
      ? isLinkedToAll(
          kind,
          [...new Set(all)].map((slug) => idsOf([slug])),
          planning,
          page,
        )
      : []),
    ...(none ? [not(isLinkedToAny(kind, idsOf(none), planning))] : []),
  ]
}

const isLinkedToAny = (kind: Kind, ids: string[], { asked, joins }: Planning, page?: Page): Prisma.Sql => {
  if (ids.length === 0) return Prisma.sql`FALSE`
  if (asked === 'of many' && joins()) return isLinkedTo(kind, ids, page)
  const { table, key } = linkSql(kind)
  const under = Prisma.sql`link.${key} = ANY(${ids}::text[])`
  return asked === 'of many'
    ? readOnce(Prisma.sql`SELECT link.post_id FROM ${table} link WHERE ${under}`)
    : Prisma.sql`EXISTS (SELECT 1 FROM ${table} link WHERE link.post_id = posts.id AND ${under} OFFSET 0)`
}

/** The first of them may be joined; all others together are one condition. */
const isLinkedToAll = (kind: Kind, each: string[][], planning: Planning, page?: Page): Prisma.Sql[] => {
  if (each.some((ids) => ids.length === 0)) return [Prisma.sql`FALSE`]
  const { asked, joins } = planning
  const first: Prisma.Sql[] = []
  let rest = each
  for (let ids = rest[0]; ids && asked === 'of many' && joins(); ids = rest[0]) {
    first.push(isLinkedTo(kind, ids, page))
    rest = rest.slice(1)
  }
  if (rest.length === 0) return first
  const { table, key } = linkSql(kind)
  const numbers = rest.flatMap((ids, index) => ids.map(() => index))
  const named = Prisma.sql`FROM ${table} link
    JOIN unnest(${rest.flat()}::text[], ${numbers}::int[]) AS named(id, number) ON named.id = link.${key}`
  const isEach = Prisma.sql`GROUP BY link.post_id HAVING count(DISTINCT named.number) = ${rest.length}::int`
  const condition =
    asked === 'of many'
      ? readOnce(Prisma.sql`SELECT link.post_id ${named} ${isEach}`)
      : Prisma.sql`EXISTS (SELECT link.post_id ${named} WHERE link.post_id = posts.id ${isEach})`
  return [...first, condition]
}

const isSought = (found: SearchCondition | undefined, { asked, joins }: Planning): Prisma.Sql => {
  if (found === undefined || 'few' in found || asked === 'of few' || joins()) return isFoundBy(found)
  const condition = isFound(found, Prisma.sql`found.post_id`, Prisma.sql`found.words`)
  return readOnce(Prisma.sql`SELECT found.post_id FROM post_search found WHERE ${condition}`)
}

/** PostgreSQL makes a join of IN where it stands alone, and of nothing around it: here it looks posts up in what was read. */
const readOnce = (postIds: Prisma.Sql): Prisma.Sql => Prisma.sql`(posts.id IN (${postIds})) IS TRUE`

/** Whether a post is among what a search found. */
export const isFoundBy = (found: SearchCondition | undefined): Prisma.Sql => {
  if (found === undefined) return Prisma.sql`FALSE`
  const condition = isFound(found, Prisma.sql`posts.id`, Prisma.sql`found.words`)
  if ('few' in found) return condition
  return Prisma.sql`EXISTS (SELECT 1 FROM post_search found WHERE found.post_id = posts.id AND ${condition})`
}

/** Whether a post is linked to one of these. */
export const isLinkedTo = (kind: Kind, ids: string[], page?: Page): Prisma.Sql => {
  if (ids.length === 0) return Prisma.sql`FALSE`
  const { table, key } = linkSql(kind)
  // PostgreSQL knows that a post has one such link at most, and makes a join of it that the link's index puts in order.
  if (ids.length === 1 && page?.ordering.field === 'sortDate') {
    return Prisma.sql`EXISTS (
      SELECT 1 FROM ${table} link WHERE link.${key} = ${ids[0]}
      AND (link.post_id, link.status, link.sort_date) = (posts.id, posts.status, posts.sort_date)
      AND ${pageSql(page, 'link', 'post_id').where})`
  }
  return Prisma.sql`EXISTS (
    SELECT 1 FROM ${table} link WHERE link.post_id = posts.id AND link.${key} = ANY(${ids}::text[]))`
}

type Range = PostFilter['publishedAt']

const hasEnd = (range: Range): range is NonNullable<Range> => range?.from != null || range?.before != null

const within = (column: 'sort_date' | 'updated_at', range: Range): Prisma.Sql[] => {
  const name = Prisma.raw(`posts.${column}`)
  return [
    ...(range?.from ? [Prisma.sql`${name} >= ${range.from.instant}`] : []),
    ...(range?.before ? [Prisma.sql`${name} < ${range.before.instant}`] : []),
  ]
}

const allOf = (conditions: Prisma.Sql[]): Prisma.Sql => joined(conditions, ' AND ', 'TRUE')
const anyOf = (conditions: Prisma.Sql[]): Prisma.Sql => joined(conditions, ' OR ', 'FALSE')
const not = (condition: Prisma.Sql): Prisma.Sql => Prisma.sql`NOT (${condition})`

const joined = (conditions: Prisma.Sql[], operator: string, ofNone: string): Prisma.Sql =>
  conditions.length === 0 ? Prisma.raw(ofNone) : Prisma.join(conditions, operator, '(', ')')
