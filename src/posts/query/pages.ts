import type { Tx } from '../../db/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import { columnName, columnsSql, type Page, pageSql } from '../../db/page.ts'
import type { Kind } from '../../taxonomy/kinds.ts'
import { linkSql } from '../../taxonomy/shared/post-links-in-steps.ts'
import { type Condition, isLinkedTo } from './filter-sql.ts'
import type { PostSet } from './post-query.ts'

/**
 * One of several lists that are read together: which posts of the set are in it, in SQL on the table `posts`, and how many
 * there are at most where that is known.
 */
export type List = { key: string; where: Condition; most?: number }

/**
 * Lists that are read together. `pairs` says in SQL what their conditions say: the `key` of a list and the `id` of a post in
 * it, from `matching`, the posts of the set with their id and their sort_date, or from elsewhere.
 */
export type Lists = { each: List[]; pairs: Prisma.Sql }

/** Runs a statement that selects these columns, by the names that Prisma has for them. */
export type Read = <Row>(statement: Prisma.Sql, columns: string[]) => Promise<Row[]>

/** The whole set as one list. */
export const wholeSet: List = { key: '', where: () => Prisma.sql`TRUE` }

/**
 * Each thing's posts as a list.
 *
 * @param members the ids that they are linked to, by the thing's own id; `inSql` the same as rows of `key` and `id`.
 */
export const listsUnder = (kind: Kind, members: Map<string, string[]>, inSql: Prisma.Sql): Lists => {
  const { table, key } = linkSql(kind)
  return {
    each: [...members].map(([key, ids]) => ({ key, where: (page) => isLinkedTo(kind, ids, page) })),
    pairs: Prisma.sql`
      SELECT DISTINCT member.key, link.post_id AS id FROM (${inSql}) member JOIN ${table} link ON link.${key} = member.id`,
  }
}

/**
 * A page of each list, by its key, all in one statement.
 *
 * @param columns by the names that Prisma has for them, that of the page's order and the id among them.
 */
export const pagesOf = <Row>(
  read: Read,
  set: PostSet,
  page: Page,
  columns: string[],
  lists: Lists,
): Promise<Map<string, Row[]>> => {
  const { each } = lists
  const isOne = each.length < 2
  return isOne || (!set.looksUp && each.length <= maxBranches)
    ? branchesOf(read, set, page, columns, each)
    : cutOf(read, set, page, columns, lists)
}

// A page of lists; PostgreSQL plans each by itself, which takes as long as reading hundreds of posts.
const maxBranches = 100

/**
 * Each list as a branch of its own with its ids as values: so PostgreSQL begins with the few posts of a small category, and
 * with the newest posts for a large one. A lateral join, with one plan for all, would read every post of the large ones.
 */
const branchesOf = async <Row>(
  read: Read,
  { statuses, where }: PostSet,
  page: Page,
  columns: string[],
  lists: List[],
): Promise<Map<string, Row[]>> => {
  const cut = pageSql(page, 'posts')
  const limit = Prisma.sql`LIMIT ${page.limit + 1}`
  const branch = (list: List, status: string) => Prisma.sql`(
    SELECT ${list.key}::text AS "listKey", ${columnsSql(columns, 'posts')} FROM posts
    WHERE posts.status = ${status}::"PostStatus" AND ${where(page)} AND ${list.where(page)} AND ${cut.where}
    ORDER BY ${cut.orderBy} ${limit})`
  const statementOf = (list: List) => {
    const branches = statuses.map((status) => branch(list, status))
    if (branches.length < 2) return branches
    // Each status has a stretch of the index of its own, in order; what they begin with is put in order here.
    const together = Prisma.join(branches, ' UNION ALL ')
    return [Prisma.sql`(SELECT * FROM (${together}) together ORDER BY ${cut.orderByFields} ${limit})`]
  }
  const rows: (Row & Listed)[] = []
  for (const statement of inOneGo(lists.flatMap(statementOf)))
    rows.push(...(await read<Row & Listed>(statement, ['listKey', ...columns])))
  return Map.groupBy(rows, (row) => row.listKey)
}

/**
 * The set once, and the pages cut from what all lists have of it: one plan however many lists there are, for a set that
 * takes longer to plan or to begin with than to read.
 */
const cutOf = async <Row>(
  read: Read,
  { statuses, where }: PostSet,
  page: Page,
  columns: string[],
  { pairs }: Lists,
): Promise<Map<string, Row[]>> => {
  if (statuses.length === 0) return new Map()
  const kept = [...new Set(['id', 'sort_date', columnName(page.ordering.field)])]
  const inStatus = statuses.map((status) => Prisma.sql`posts.status = ${status}::"PostStatus"`)
  const statement = Prisma.sql`
    WITH matching AS MATERIALIZED (
      SELECT ${Prisma.raw(kept.map((column) => `posts.${column}`).join(', '))} FROM posts
      WHERE ${Prisma.join(inStatus, ' OR ', '(', ')')} AND ${where()} AND ${pageSql(page, 'posts').where}
    )
    SELECT ranked."listKey", ${columnsSql(columns, 'posts')} FROM (
      SELECT pair.key AS "listKey", matching.id,
        row_number() OVER (PARTITION BY pair.key ORDER BY ${pageSql(page, 'matching').orderBy}) AS place
      FROM (${pairs}) pair JOIN matching ON matching.id = pair.id
    ) ranked JOIN posts ON posts.id = ranked.id
    WHERE ranked.place <= ${page.limit + 1} ORDER BY ranked."listKey", ranked.place`
  const rows = await read<Row & Listed>(statement, ['listKey', ...columns])
  return Map.groupBy(rows, (row) => row.listKey)
}

/** How many posts of the set are in a list. */
export const countOf = async (db: Tx, { where }: PostSet, list: List): Promise<number> => {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM posts WHERE ${where()} AND ${list.where()}`
  return row?.count ?? 0
}

/**
 * How many posts of the set are linked to each thing: all links are read once, however many things there are.
 *
 * @param members each thing, as `key`, with the ids that its posts are linked to, in SQL.
 */
export const countsUnder = async (
  db: Tx,
  { where }: PostSet,
  kind: Kind,
  members: Prisma.Sql,
): Promise<Map<string, number>> => {
  const { table, key } = linkSql(kind)
  const rows = await db.$queryRaw<Count[]>`
    SELECT key, count(*)::int AS count FROM (
      SELECT DISTINCT member.key, link.post_id
      FROM (${members}) member
      JOIN ${table} link ON link.${key} = member.id
      JOIN posts ON posts.id = link.post_id
      WHERE ${where()}
    ) linked GROUP BY key`
  return new Map(rows.map(({ key, count }) => [key, count]))
}

type Listed = { listKey: string }
type Count = { key: string; count: number }

// The protocol numbers the values of a statement with 16 bits.
const maxValues = 30_000

/** One statement, unless a large filter over many lists would have more values than a statement can. */
const inOneGo = (branches: Prisma.Sql[]): Prisma.Sql[] => {
  const most = Math.max(1, ...branches.map((branch) => branch.values.length))
  const size = Math.max(1, Math.floor(maxValues / most))
  const count = Math.ceil(branches.length / size)
  return Array.from({ length: count }, (_, index) =>
    Prisma.join(branches.slice(index * size, (index + 1) * size), ' UNION ALL '),
  )
}
