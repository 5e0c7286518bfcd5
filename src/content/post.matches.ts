import { viewerWith } from '../auth/viewer.ts'
import { Prisma } from '../db/generated/client.ts'
import type { InterestPorts } from '../events/interests.ts'
import type { Site } from '../site.ts'
import { filterFromJson } from './post.filter.json.ts'
import { shelvesNamedIn } from './post.filter.slugs.ts'
import { conditionOf } from './post.filter.sql.ts'
import { textsIn } from './post.filter.ts'
import { wholeOf } from './post.set.ts'
import { matchingAll, readSearch } from './search-query.ts'
import { visibleToSql } from './visibility.ts'

/**
 * Which of some posts match filters that were kept, as a list with that filter would have them: in two statements however
 * many filters there are. Posts are looked at by their ids, so that no search is looked up before.
 */
export const createMatching =
  (site: Site): InterestPorts['matching'] =>
  async (tx, interests, ids) => {
    const filters = interests.map(({ filter }) => wholeOf(filterFromJson(filter)))
    const texts = [...new Set(filters.flatMap(textsIn))]
    const searches = new Map(
      texts
        .map((text) => ({ text, words: readSearch(text, 'search') }))
        .filter(({ words }) => words.length > 0)
        .map(({ text, words }) => [text, { query: matchingAll(words, site.searchLanguage) }]),
    )
    const known = { shelved: await shelvesNamedIn(tx, { AND: filters }), searches }
    const each = interests.map(
      ({ scopes }, index) => Prisma.sql`
        SELECT ${index}::int AS index, posts.id FROM posts
        WHERE posts.id = ANY(${ids}::text[]) AND ${visibleToSql(viewerWith(scopes))}
          AND ${conditionOf(filters[index] ?? {}, known)}`,
    )
    const rows = await tx.$queryRaw<{ index: number; id: string }[]>(Prisma.join(each, ' UNION ALL '))
    const byFilter = Map.groupBy(rows, ({ index }) => index)
    return interests.map((_, index) => new Set(byFilter.get(index)?.map(({ id }) => id)))
  }
