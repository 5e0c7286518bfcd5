import type { Tx } from '../../db/client.ts'
import { type PostStatus, Prisma } from '../../db/generated/client.ts'
import type { Page } from '../../db/page.ts'
import type { Viewer } from '../../keys/viewer.ts'
import { lookUp, readSearch, type SearchCondition } from '../../search/query.ts'
import type { Site } from '../../urls/site-paths.ts'
import { checkFilter, looksUp, type PostFilter, textsIn } from './filter.ts'
import { termsBelow, termsNamedIn } from './filter-slugs.ts'
import { type Condition, conditionOf } from './filter-sql.ts'
import { statusesVisibleTo, visibleToSql } from './visibility.ts'

/** The posts that a filter leaves of those that somebody may see. */
export type PostSet = {
  /** The statuses that they can have: a list reads each by its own stretch of an index. Without one there is no post. */
  statuses: PostStatus[]
  /** The condition in SQL, visibility included, for statements that name the table `posts`. */
  where: Condition
  /** Whether the condition looks posts up in other tables: planned anew for each of many lists it would cost more than them. */
  looksUp: boolean
  /** How many terms were looked up below those that the filter names. */
  termsBelow: number
}

/**
 * The one way from a filter to SQL: for lists, relations, search, archives and counts. A filter that names no status, at
 * any depth, holds PUBLISHED posts alone, whatever the key. What the viewer may not see is not there.
 *
 * @param narrowedBy of these posts again a part: it adds none, whatever states it names.
 * @throws RequestError BAD_USER_INPUT when it is too large.
 */
export const postSet = async (
  { db, viewer, site }: { db: Tx; viewer: Viewer; site: Site },
  filter: PostFilter | null | undefined,
  narrowedBy: PostFilter | null = null,
): Promise<PostSet> => {
  const asked = filter ?? {}
  checkFilter(asked)
  const listed = wholeOf(asked)
  // Each within its own limits: what is allowed alone is allowed together.
  if (narrowedBy) checkFilter(narrowedBy)
  const whole = narrowedBy ? { AND: [listed, narrowedBy] } : listed
  const statuses = statusesVisibleTo(viewer).filter((status) => allows(whole, status))
  const known = {
    terms: await termsNamedIn(db, whole),
    searches: await searchesIn(db, whole, site.searchLanguage),
  }
  const where = (page?: Page) =>
    Prisma.sql`${visibleToSql(viewer)} AND ${conditionOf(whole, known, 'of many', page)}`
  return { statuses, where, looksUp: looksUp(whole), termsBelow: termsBelow(known.terms) }
}

/** A filter with what it says by naming no status. */
export const wholeOf = (filter: PostFilter): PostFilter =>
  namesStatus(filter) ? filter : { ...filter, status: listedByDefault }

const listedByDefault: PostStatus[] = ['PUBLISHED']

const searchesIn = async (
  db: Tx,
  filter: PostFilter,
  language: string,
): Promise<Map<string, SearchCondition>> => {
  const texts = [...new Set(textsIn(filter))]
  const searches = texts
    .map((text) => ({ text, words: readSearch(text, 'search') }))
    .filter(({ words }) => words.length > 0)
  const found = await lookUp(
    db,
    searches.map(({ words }) => words),
    language,
  )
  return new Map(found.map((one, index) => [searches[index]?.text ?? '', one]))
}

const namesStatus = ({ status, AND, OR, NOT }: PostFilter): boolean =>
  status != null ||
  (AND ?? []).some(namesStatus) ||
  (OR ?? []).some(namesStatus) ||
  (NOT != null && namesStatus(NOT))

/** Whether a post in this status can match; NOT is taken to allow each. */
const allows = ({ status, AND, OR }: PostFilter, one: PostStatus): boolean =>
  (status == null || status.includes(one)) &&
  (AND ?? []).every((part) => allows(part, one)) &&
  (OR == null || OR.some((part) => allows(part, one)))
