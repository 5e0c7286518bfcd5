import type { Tx } from '../../db/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import type { PostFilter, SlugFilter } from './filter.ts'

/** The ids that stand behind slugs. A slug that does not exist is not in the map. */
export type Shelved = {
  authors: Map<string, string[]>
  tags: Map<string, string[]>
  categories: Map<string, string[]>
  /** Of a category and all below it. */
  trees: Map<string, string[]>
}

/**
 * Looks up every slug of a filter in one statement; a filter without slugs takes none. The ids go into the list's
 * statement as values, so that PostgreSQL knows how many posts each has when it chooses where to begin.
 */
export const shelvesNamedIn = async (db: Tx, filter: PostFilter): Promise<Shelved> => {
  const named = namesIn(filter)
  const slugsOf = (shelf: keyof Shelved) => [
    ...new Set(named.flatMap((one) => (one.shelf === shelf ? one.slugs : []))),
  ]
  const rows =
    named.length === 0
      ? []
      : await db.$queryRaw<{ shelf: keyof Shelved; slug: string; id: string }[]>`
        SELECT 'authors' AS shelf, slug, id FROM authors WHERE slug = ANY(${slugsOf('authors')}::text[])
        UNION ALL SELECT 'tags', slug, id FROM tags WHERE slug = ANY(${slugsOf('tags')}::text[])
        UNION ALL SELECT 'categories', slug, id FROM categories WHERE slug = ANY(${slugsOf('categories')}::text[])
        UNION ALL SELECT 'trees', top.slug, within.id FROM categories top JOIN categories within ON ${isWithinTop}
        WHERE top.slug = ANY(${slugsOf('trees')}::text[])`
  const idsOf = (shelf: keyof Shelved) => {
    const found = Map.groupBy(
      rows.filter((row) => row.shelf === shelf),
      (row) => row.slug,
    )
    return new Map([...found].map(([slug, some]) => [slug, some.map((row) => row.id)]))
  }
  return {
    authors: idsOf('authors'),
    tags: idsOf('tags'),
    categories: idsOf('categories'),
    trees: idsOf('trees'),
  }
}

/** Each of these categories, as `key`, with the ids of itself and of all below it, in SQL. */
export const treesOf = (ids: string[]): Prisma.Sql => Prisma.sql`
  SELECT top.id AS key, within.id FROM categories top JOIN categories within ON ${isWithinTop}
  WHERE top.id = ANY(${ids}::text[])`

// A range of the index, since "0" is what follows "/" byte by byte, and no slug path is between a path and its "/".
const isWithinTop = Prisma.sql`(
  within.id = top.id OR (within.slug_path > top.slug_path || '/' AND within.slug_path < top.slug_path || '0'))`

type Named = { shelf: keyof Shelved; slugs: string[] }

const namesIn = ({ authors, categories, tags, AND, OR, NOT }: PostFilter): Named[] => [
  ...slugsIn('authors', authors),
  ...slugsIn('tags', tags),
  ...slugsIn(shelfOfCategories(categories), categories),
  ...[...(AND ?? []), ...(OR ?? []), ...(NOT ? [NOT] : [])].flatMap(namesIn),
]

const slugsIn = (shelf: keyof Shelved, filter: SlugFilter | null | undefined): Named[] => {
  const slugs = [...(filter?.any ?? []), ...(filter?.all ?? []), ...(filter?.none ?? [])]
  return slugs.length > 0 ? [{ shelf, slugs }] : []
}

/** Categories stand for what is below them, too, unless somebody says otherwise. */
export const shelfOfCategories = (filter: PostFilter['categories']): 'trees' | 'categories' =>
  (filter?.includeDescendants ?? true) ? 'trees' : 'categories'
