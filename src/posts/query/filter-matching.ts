import { Prisma } from '../../db/generated/client.ts'
import type { FilterPorts } from '../../events/filter-matching.ts'
import { viewerWith } from '../../keys/viewer.ts'
import { matchingAll, readSearch } from '../../search/query.ts'
import type { Site } from '../../urls/site-paths.ts'
import { textsIn } from './filter.ts'
import { filterFromJson, filterProblem } from './filter-json.ts'
import { termsNamedIn } from './filter-slugs.ts'
import { conditionOf } from './filter-sql.ts'
import { wholeOf } from './post-query.ts'
import { visibleToSql } from './visibility.ts'

/**
 * Which of some posts match filters that were kept, as a list with that filter would have them: in two statements however
 * many filters there are. Posts are looked at by their ids, so that no search is looked up before. Kept ones are held to the
 * limits of today: null for one that is beyond them.
 */
export const createMatching =
  (site: Site): FilterPorts['matching'] =>
  async (tx, kept, ids) => {
    const read = kept.map(({ filter, scopes }, index) => ({
      filter: filterFromJson(filter),
      scopes,
      index,
    }))
    const within = read.filter(({ filter }) => filterProblem(filter) === null)
    const filters = within.map(({ filter }) => wholeOf(filter))
    const texts = [...new Set(filters.flatMap(textsIn))]
    const searches = new Map(
      texts
        .map((text) => ({ text, words: readSearch(text, 'search') }))
        .filter(({ words }) => words.length > 0)
        .map(({ text, words }) => [text, { query: matchingAll(words, site.searchLanguage) }]),
    )
    const known = { terms: await termsNamedIn(tx, { AND: filters }), searches }
    const each = within.map(
      ({ scopes, index }, at) => Prisma.sql`
        SELECT ${index}::int AS index, posts.id FROM posts
        WHERE posts.id = ANY(${ids}::text[]) AND ${visibleToSql(viewerWith(scopes))}
          AND ${conditionOf(filters[at] ?? {}, known, 'of few')}`,
    )
    const rows =
      each.length > 0
        ? await tx.$queryRaw<{ index: number; id: string }[]>(Prisma.join(each, ' UNION ALL '))
        : []
    const byFilter = Map.groupBy(rows, ({ index }) => index)
    const matchable = new Set(within.map(({ index }) => index))
    return kept.map((_, index) =>
      matchable.has(index) ? new Set(byFilter.get(index)?.map(({ id }) => id)) : null,
    )
  }
