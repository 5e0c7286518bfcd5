import type { PostStatus } from '../../db/generated/client.ts'
import { RequestError } from '../../lib/errors.ts'
import type { OffsetDateTime } from '../../lib/offset-date-time.ts'
import { readSearch } from '../../search/query.ts'
import { type ByName, kindNames, kinds } from '../../taxonomy/kinds.ts'

/** Slugs of terms that a post has: one of `any`, each of `all`, none of `none`. */
export type SlugFilter = {
  any?: string[] | null
  all?: string[] | null
  none?: string[] | null
  /** Of a tree: whether a term stands for those below it, too; it does unless somebody says otherwise. */
  includeDescendants?: boolean | null
}

type DateTimeRange = { from?: OffsetDateTime | null; before?: OffsetDateTime | null }

/** What a caller asks of posts: all that is named has to hold. Null is as good as absent. */
export type PostFilter = {
  AND?: PostFilter[] | null
  OR?: PostFilter[] | null
  NOT?: PostFilter | null
  ids?: string[] | null
  status?: PostStatus[] | null
  publishedAt?: DateTimeRange | null
  updatedAt?: DateTimeRange | null
  search?: string | null
} & Partial<ByName<'plural', SlugFilter | null>>

/**
 * Refuses a filter that would make a statement too large.
 *
 * @throws RequestError BAD_USER_INPUT that names the part at fault and what is allowed.
 */
export const checkFilter = (filter: PostFilter): void => {
  const parts = check(filter, 'filter', 1)
  if (parts > maxParts)
    throw refused(`"filter" has ${parts} filters within AND, OR and NOT; at most ${maxParts} are allowed.`)
  const searches = textsIn(filter).length
  if (searches > maxSearches)
    throw refused(`"filter" searches ${searches} times; at most ${maxSearches} searches are allowed.`)
  const { lookUps, values } = sizeOf(filter)
  if (lookUps > maxLookUps)
    throw refused(
      `"filter" has ${lookUps} conditions on ${Object.values(kinds)
        .map(({ plural }) => plural)
        .join(
          ', ',
        )} and searches; at most ${maxLookUps} are allowed. Name several slugs in one list, or ask twice.`,
    )
  if (values > maxValuesInAll)
    throw refused(
      `"filter" has ${values} ids and slugs in all its lists; at most ${maxValuesInAll} are allowed. Ask several times with fewer.`,
    )
}

/** Whether a filter looks posts up in other tables, by their terms or by their words. */
export const looksUp = (filter: PostFilter): boolean => sizeOf(filter).lookUps > 0

/** How many look-ups in other tables a filter is in SQL, and how many ids and slugs it names, at any depth. */
export const sizeOf = (filter: PostFilter): { lookUps: number; values: number } => {
  const { ids, search, AND, OR, NOT } = filter
  const slugs = kindNames.map((kind) => filter[kinds[kind].plural])
  const lists = slugs.flatMap((one) => [one?.any, one?.all, one?.none])
  const given = lists.filter((list) => list != null)
  const size = {
    lookUps: given.length + (search == null ? 0 : 1),
    values: [...given, ids ?? []].reduce((sum, list) => sum + list.length, 0),
  }
  for (const part of [...(AND ?? []), ...(OR ?? []), ...(NOT ? [NOT] : [])]) {
    const inner = sizeOf(part)
    size.lookUps += inner.lookUps
    size.values += inner.values
  }
  return size
}

/** The texts that a filter searches for, at any depth. */
export const textsIn = ({ search, AND, OR, NOT }: PostFilter): string[] => [
  ...(search == null ? [] : [search]),
  ...[...(AND ?? []), ...(OR ?? []), ...(NOT ? [NOT] : [])].flatMap(textsIn),
]

// A page of a front end combines a handful. PostgreSQL plans each part anew with every statement.
const maxParts = 50
// Each reads what its slugs have: twenty that half the posts of a large site have are a second's work.
const maxLookUps = 20
const maxValuesInAll = 500
// Each may have hundreds of words to look up, and find a thousand ids that go with every list of the statement.
const maxSearches = 5
// Each level is a level of brackets in SQL.
const maxDepth = 8
// As many as a page holds, so that `ids` can name any page.
const maxValues = 100

/** Returns how many filters it holds, itself included. */
const check = (filter: PostFilter, path: string, depth: number): number => {
  if (depth > maxDepth)
    throw refused(`"${path}" is ${depth} levels deep; at most ${maxDepth} are allowed. Write it flatter.`)
  checkValues(filter.ids, `${path}.ids`)
  checkValues(filter.status, `${path}.status`)
  if (filter.search != null) readSearch(filter.search, `${path}.search`)
  for (const { plural } of Object.values(kinds)) checkSlugs(filter[plural], `${path}.${plural}`)
  const within = [
    ...(filter.AND ?? []).map((part, index) => ({ part, at: `${path}.AND[${index}]` })),
    ...(filter.OR ?? []).map((part, index) => ({ part, at: `${path}.OR[${index}]` })),
    ...(filter.NOT ? [{ part: filter.NOT, at: `${path}.NOT` }] : []),
  ]
  return within.reduce((parts, { part, at }) => parts + check(part, at, depth + 1), 1)
}

const checkSlugs = (slugs: SlugFilter | null | undefined, path: string): void => {
  for (const list of ['any', 'all', 'none'] as const) checkValues(slugs?.[list], `${path}.${list}`)
}

const checkValues = (values: string[] | null | undefined, path: string): void => {
  if (values && values.length > maxValues)
    throw refused(`"${path}" has ${values.length} values; at most ${maxValues} are allowed.`)
  const wrong = values?.find((value) => value.includes('\0'))
  if (wrong !== undefined)
    throw refused(`"${path}" has the value ${JSON.stringify(wrong)}; a NUL character is not allowed.`)
}

const refused = (message: string): RequestError => new RequestError('BAD_USER_INPUT', message)
