import { RequestError } from '../lib/errors.ts'
import { Prisma } from './generated/client.ts'

export type PageArgs = {
  first?: number | null
  after?: string | null
  last?: number | null
  before?: string | null
}

/** What a list is sorted by: a column that is never null, ties broken by id in the same direction. */
export type Ordering = {
  /** Which list and order a cursor belongs to. */
  name: string
  field: string
  direction: 'asc' | 'desc'
  kind: 'date' | 'text' | 'int' | 'bigint' | 'float'
}

type Key = { value: Date | string | number | bigint; id: string }
export type Page = {
  limit: number
  backwards: boolean
  after: Key | null
  before: Key | null
  ordering: Ordering
}

// A page that an app shows is far smaller; a build that wants more asks again with the cursor.
const maxPageSize = 100
const defaultPageSize = 20

/**
 * Reads a connection's arguments. Pages are cut by key and not by offset: rows that come and go while someone pages
 * neither repeat nor hide others, and page N costs what page 1 costs.
 *
 * @throws RequestError PAGE_SIZE_EXCEEDED, INVALID_CURSOR or BAD_USER_INPUT.
 */
export const readPage = ({ first, after, last, before }: PageArgs, ordering: Ordering): Page => {
  if (first != null && last != null) {
    throw new RequestError('BAD_USER_INPUT', 'Give either "first" or "last", not both.')
  }
  const backwards = last != null
  const limit = pageSize(backwards ? 'last' : 'first', first ?? last)
  const keyOf = (name: string, cursor: string | null | undefined) =>
    cursor == null ? null : readCursor(name, cursor, ordering)
  return { limit, backwards, after: keyOf('after', after), before: keyOf('before', before), ordering }
}

/**
 * Reads the size of a page, 20 where none is given.
 *
 * @param name of the argument, for the error.
 * @throws RequestError PAGE_SIZE_EXCEEDED or BAD_USER_INPUT.
 */
export const pageSize = (name: string, size: number | null | undefined): number => {
  if (size == null) return defaultPageSize
  if (size < 0)
    throw new RequestError('BAD_USER_INPUT', `"${name}" is ${size}; it must be from 0 to ${maxPageSize}.`)
  if (size > maxPageSize) {
    throw new RequestError(
      'PAGE_SIZE_EXCEEDED',
      `"${name}" is ${size}; at most ${maxPageSize} can be asked for at once. Ask for the next page with "after".`,
    )
  }
  return size
}

/** The part of a Prisma `where` that holds the page. */
export const pageWhere = ({ after, before, ordering }: Page): object => ({
  AND: [
    ...(after ? [beyond(after, ordering, 'after')] : []),
    ...(before ? [beyond(before, ordering, 'before')] : []),
  ],
})

export const pageOrder = ({ ordering, backwards }: Page): object[] => {
  const direction = (ordering.direction === 'asc') === backwards ? 'desc' : 'asc'
  return [{ [ordering.field]: direction }, { id: direction }]
}

/**
 * The same in SQL, for lists that are cut for many parents at once; `table` has the ordering's column and an id, under
 * the name `id` unless another is given. `orderByFields` sorts what was selected under the names that Prisma has for them.
 */
export const pageSql = ({ after, before, ordering, backwards }: Page, table: string, id = 'id') => {
  const column = columnName(ordering.field)
  const key = Prisma.raw(`(${table}.${column}, ${table}.${id})`)
  const ascending = ordering.direction === 'asc'
  const compare = (edge: Key, greater: boolean) =>
    Prisma.sql`${key} ${Prisma.raw(greater ? '>' : '<')} (${edge.value}, ${edge.id})`
  const conditions = [
    ...(after ? [compare(after, ascending)] : []),
    ...(before ? [compare(before, !ascending)] : []),
  ]
  const direction = ascending === backwards ? 'DESC' : 'ASC'
  return {
    where: conditions.length > 0 ? Prisma.join(conditions, ' AND ') : Prisma.sql`TRUE`,
    orderBy: Prisma.raw(`${table}.${column} ${direction}, ${table}.${id} ${direction}`),
    orderByFields: Prisma.raw(`"${ordering.field}" ${direction}, id ${direction}`),
  }
}

/** Every column is the snake case of its field: tests/unit/select.test.ts holds the Prisma schema to it. */
export const columnName = (field: string): string =>
  field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** A list of columns in SQL, each under its Prisma name. Names come from the Prisma schema, never from a caller. */
export const columnsSql = (fields: string[], table: string): Prisma.Sql =>
  Prisma.raw(fields.map((field) => `${table}.${columnName(field)} AS "${field}"`).join(', '))

export type Connection<Row> = {
  edges: { cursor: string; node: Row }[]
  pageInfo: {
    hasNextPage: boolean
    hasPreviousPage: boolean
    startCursor: string | null
    endCursor: string | null
  }
  /** Counted only when it is asked for. */
  totalCount: () => Promise<number>
}

/** Makes a connection of the rows that were read with `limit + 1`. */
export const toConnection = <Row extends { id: string }>(
  rows: Row[],
  page: Page,
  totalCount: () => Promise<number>,
): Connection<Row> => {
  const { limit, backwards, after, before, ordering } = page
  const kept = rows.slice(0, limit)
  const more = rows.length > limit
  if (backwards) kept.reverse()
  const edges = kept.map((node) => ({ node, cursor: cursorOf(node, ordering) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: backwards ? before !== null : more,
      hasPreviousPage: backwards ? more : after !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount,
  }
}

const beyond = ({ value, id }: Key, { field, direction }: Ordering, side: 'after' | 'before') => {
  const operator = (direction === 'asc') === (side === 'after') ? 'gt' : 'lt'
  // The first condition alone lets the index begin at the right place.
  return {
    [field]: { [`${operator}e`]: value },
    OR: [{ [field]: { [operator]: value } }, { id: { [operator]: id } }],
  }
}

const cursorOf = (row: { id: string }, { name, field }: Ordering): string => {
  const value = (row as Record<string, unknown>)[field]
  const text = value instanceof Date ? value.toISOString() : String(value)
  return Buffer.from(JSON.stringify([name, text, row.id])).toString('base64url')
}

const readCursor = (argument: string, cursor: string, ordering: Ordering): Key => {
  const [name, text, id] = partsOf(cursor)
  const value = text === undefined ? null : keyValueOf(text, ordering.kind)
  if (name !== ordering.name || value === null || id === undefined) {
    throw new RequestError(
      'INVALID_CURSOR',
      `"${argument}" is not a cursor of this list in this order. Use an "endCursor" or "startCursor" that it answered.`,
    )
  }
  return { value, id }
}

const partsOf = (cursor: string): string[] => {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(parts) &&
      parts.length === 3 &&
      parts.every((part) => typeof part === 'string' && !part.includes('\0'))
      ? parts
      : []
  } catch {
    return []
  }
}

const keyValueOf = (text: string, kind: Ordering['kind']): Key['value'] | null => {
  if (kind === 'text') return text
  // Nine digits fit PostgreSQL's integer, which would fail on more.
  if (kind === 'int') return /^\d{1,9}$/.test(text) ? Number(text) : null
  if (kind === 'bigint') return /^\d{1,18}$/.test(text) ? BigInt(text) : null
  if (kind === 'float') return /^\d{1,3}(\.\d{1,20})?(e-\d{1,2})?$/.test(text) ? Number(text) : null
  const date = new Date(text)
  // Years that a Date knows beside these (0000, -271821) are none to PostgreSQL, which would fail on them.
  const isWithin = /^(?!0000)\d{4}-/.test(text) && !Number.isNaN(date.getTime())
  // As cursorOf writes it: with an offset it might still be in another year.
  return isWithin && date.toISOString() === text ? date : null
}
