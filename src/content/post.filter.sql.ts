import { Prisma } from '../db/generated/client.ts'
import { type Page, pageSql } from '../db/page.ts'
import { type Shelved, shelfOfCategories } from './post.filter.slugs.ts'
import type { PostFilter, SlugFilter } from './post.filter.ts'
import { type Found, isFound } from './search-query.ts'

/** What posts are filed under, by the names that a filter has for it. */
export type ShelfName = 'authors' | 'categories' | 'tags'

/** What was looked up for a filter: its slugs, and its searches by their text; one without words finds nothing. */
export type Known = { shelved: Shelved; searches: Map<string, Found> }

/**
 * A condition on the table `posts`. For a page that is cut from them by date it may also say which links are on the page:
 * it is the same condition then, but PostgreSQL can begin with the links, in their order.
 */
export type Condition = (page?: Page) => Prisma.Sql

/** A filter as a condition on the table `posts` that is true or false, never null: NOT turns it round. */
export const conditionOf = (filter: PostFilter, known: Known, page?: Page): Prisma.Sql => {
  const { AND, OR, NOT, ids, status, authors, categories, tags, publishedAt, updatedAt, search } = filter
  const { shelved } = known
  const inner = (part: PostFilter) => conditionOf(part, known)
  return allOf([
    ...(AND ?? []).map((part) => conditionOf(part, known, page)),
    ...(OR ? [anyOf(OR.map(inner))] : []),
    ...(NOT ? [not(inner(NOT))] : []),
    ...(ids ? [Prisma.sql`posts.id = ANY(${ids}::text[])`] : []),
    ...(status ? [anyOf(status.map((one) => Prisma.sql`posts.status = ${one}::"PostStatus"`))] : []),
    ...filedAs('authors', shelved.authors, authors, page),
    ...filedAs('categories', shelved[shelfOfCategories(categories)], categories, page),
    ...filedAs('tags', shelved.tags, tags, page),
    // Where there is a publishedAt, sort_date is the same, and has the index.
    ...(hasEnd(publishedAt)
      ? [Prisma.sql`posts.published_at IS NOT NULL`, ...within('sort_date', publishedAt)]
      : []),
    ...within('updated_at', updatedAt),
    ...(search == null ? [] : [isFoundBy(known.searches.get(search))]),
  ])
}

/** Whether a post is among what a search found. */
export const isFoundBy = (found: Found | undefined): Prisma.Sql => {
  if (found === undefined) return Prisma.sql`FALSE`
  const condition = isFound(found, Prisma.sql`posts.id`, Prisma.sql`found.words`)
  if ('few' in found) return condition
  return Prisma.sql`EXISTS (SELECT 1 FROM post_search found WHERE found.post_id = posts.id AND ${condition})`
}

/** Whether a post is filed under one of these. */
export const isFiledUnder = (shelf: ShelfName, ids: string[], page?: Page): Prisma.Sql => {
  if (ids.length === 0) return Prisma.sql`FALSE`
  const { table, key } = links[shelf]
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

/** Where it is kept what posts are filed under. */
export const links = {
  authors: { table: Prisma.raw('post_authors'), key: Prisma.raw('author_id') },
  categories: { table: Prisma.raw('post_categories'), key: Prisma.raw('category_id') },
  tags: { table: Prisma.raw('post_tags'), key: Prisma.raw('tag_id') },
} as const

const filedAs = (
  shelf: ShelfName,
  shelved: Map<string, string[]>,
  filter: SlugFilter | null | undefined,
  page: Page | undefined,
): Prisma.Sql[] => {
  const { any, all, none } = filter ?? {}
  const idsOf = (slugs: string[]) => [...new Set(slugs.flatMap((slug) => shelved.get(slug) ?? []))]
  return [
    ...(any ? [isFiledUnder(shelf, idsOf(any), page)] : []),
    ...(all ?? []).map((slug) => isFiledUnder(shelf, idsOf([slug]), page)),
    ...(none ? [not(isFiledUnder(shelf, idsOf(none)))] : []),
  ]
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
