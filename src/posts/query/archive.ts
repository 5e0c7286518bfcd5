import type { Tx } from '../../db/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import type { List, Lists } from './pages.ts'
import type { PostSet } from './post-query.ts'

export type ArchiveUnit = 'MONTH' | 'YEAR'

/** A stretch of the site's calendar: a month of a year, or with a month of null the year. */
export type Period = { year: number; month: number | null }

/** How many posts of the set were published in each month or year of the site's calendar, newest first, in one statement. */
export const countsByPeriod = (
  db: Tx,
  { statuses, where }: PostSet,
  unit: ArchiveUnit,
  timezone: string,
): Promise<(Period & { count: number })[]> => {
  // What is published has its date in sort_date, so that the index alone answers.
  const isDated = statuses.every((status) => status === 'PUBLISHED') ? Prisma.sql`TRUE` : wasPublished
  const [name, month] =
    unit === 'MONTH'
      ? ['month', Prisma.sql`extract(month FROM period)::int`]
      : ['year', Prisma.sql`NULL::int`]
  // Its year and month are taken from each period and not from each post: extract makes decimal numbers, which is slow.
  return db.$queryRaw<(Period & { count: number })[]>`
    SELECT extract(year FROM period)::int AS year, ${month} AS month, count
    FROM (
      SELECT date_trunc(${name}, posts.sort_date AT TIME ZONE ${zone(timezone)}) AS period, count(*)::int AS count
      FROM posts WHERE ${where()} AND ${isDated} GROUP BY 1
    ) counted
    ORDER BY period DESC`
}

/** The posts of each period as a list; all are months, or all are years. */
export const listsOfPeriods = (periods: (Period & { count: number })[], timezone: string): Lists => {
  const format = periods[0]?.month === null ? 'FMYYYY"-all"' : 'FMYYYY-FMMM'
  return {
    each: periods.map((period) => ({ ...listOfPeriod(period, timezone), most: period.count })),
    pairs: Prisma.sql`
      SELECT dated.key, dated.id FROM (
        SELECT to_char(matching.sort_date AT TIME ZONE ${zone(timezone)}, ${format}::text) AS key, matching.id
        FROM matching JOIN posts ON posts.id = matching.id WHERE ${wasPublished}
      ) dated WHERE dated.key = ANY(${periods.map(keyOf)}::text[])`,
  }
}

const listOfPeriod = ({ year, month }: Period, timezone: string): List => {
  const start = (ofYear: number, ofMonth: number) =>
    Prisma.sql`(make_timestamp(${ofYear}::int, ${ofMonth}::int, 1, 0, 0, 0) AT TIME ZONE ${zone(timezone)})`
  const end = month === null || month === 12 ? start(year + 1, 1) : start(year, month + 1)
  const where = () => Prisma.sql`
    ${wasPublished} AND posts.sort_date >= ${start(year, month ?? 1)} AND posts.sort_date < ${end}`
  return { key: keyOf({ year, month }), where }
}

/** The key of a period's list, as `to_char` writes it above. */
export const keyOf = ({ year, month }: Period): string => `${year}-${month ?? 'all'}`

const wasPublished = Prisma.sql`posts.published_at IS NOT NULL`

/** An offset such as +05:30 is a zone to Node; PostgreSQL would read it the other way round. */
const zone = (timezone: string): Prisma.Sql => {
  const [, hours, minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(timezone) ?? []
  return hours ? Prisma.sql`${`${hours}:${minutes}`}::text::interval` : Prisma.sql`${timezone}::text`
}
