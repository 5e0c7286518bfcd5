import type { Tx } from '../../db/client.ts'
import { Prisma } from '../../db/generated/client.ts'
import { RequestError } from '../../lib/errors.ts'
import { eachKind, type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import { isTree } from '../../taxonomy/shared/rows.ts'
import type { PostFilter, SlugFilter } from './filter.ts'

/** The ids that stand behind the slugs of a kind, in a tree also with those below. A slug that does not exist is not there. */
export type TermsBySlug = Record<Kind, { own: Map<string, string[]>; withBelow: Map<string, string[]> }>

/**
 * Looks up every slug of a filter in one statement; a filter without slugs takes none. The ids go into the list's
 * statement as values, so that PostgreSQL knows how many posts each has when it chooses where to begin.
 *
 * @throws RequestError BAD_USER_INPUT when they stand for more than a statement may name.
 */
export const termsNamedIn = async (db: Tx, filter: PostFilter): Promise<TermsBySlug> => {
  const named = namesIn(filter)
  const slugsOf = (kind: Kind, isDeep: boolean) => [
    ...new Set(named.flatMap((one) => (one.kind === kind && one.isDeep === isDeep ? one.slugs : []))),
  ]
  const lookUps = kindNames.flatMap((kind) => {
    const [name, terms] = [Prisma.raw(`'${kind}'`), Prisma.raw(kinds[kind].plural)]
    return [
      Prisma.sql`SELECT ${name} AS kind, false AS "isDeep", slug, id FROM ${terms}
        WHERE slug = ANY(${slugsOf(kind, false)}::text[])`,
      ...(isTree(kind)
        ? [
            Prisma.sql`SELECT ${name}, true, top.slug, within.id FROM ${terms} top JOIN ${terms} within ON ${isWithinTop}
        WHERE top.slug = ANY(${slugsOf(kind, true)}::text[])`,
          ]
        : []),
    ]
  })
  const rows =
    named.length === 0
      ? []
      : await db.$queryRaw<{ kind: Kind; isDeep: boolean; slug: string; id: string }[]>(
          Prisma.sql`${Prisma.join(lookUps, ' UNION ALL ')} LIMIT ${mostTerms + 1}`,
        )
  if (rows.length > mostTerms) throw new RequestError('BAD_USER_INPUT', tooManyTerms)
  const idsOf = (kind: Kind, isDeep: boolean) => {
    const found = Map.groupBy(
      rows.filter((row) => row.kind === kind && row.isDeep === isDeep),
      (row) => row.slug,
    )
    return new Map([...found].map(([slug, some]) => [slug, some.map((row) => row.id)]))
  }
  return eachKind((kind) => ({ own: idsOf(kind, false), withBelow: idsOf(kind, true) }))
}

// About a megabyte of ids, which take longer to look up than most lists to read.
const mostTerms = 20_000

const tooManyTerms = `The slugs of "filter" stand for more than ${mostTerms} ${kinds.category.plural}, those below them included. Name fewer, or set includeDescendants to false.`

/** Whether a filter stands for terms that it does not name: how many is known when they are looked up. */
export const isAboutTrees = (filter: PostFilter): boolean => namesIn(filter).some(({ isDeep }) => isDeep)

/** How many terms a filter looks up below those that it names. */
export const termsBelow = (terms: TermsBySlug): number =>
  kindNames.reduce(
    (sum, kind) => [...terms[kind].withBelow.values()].reduce((below, ids) => below + ids.length - 1, sum),
    0,
  )

/** Each of these terms of a tree, as `key`, with the ids of itself and of all below it, in SQL. */
export const treesOf = (kind: Kind, ids: string[]): Prisma.Sql => {
  const terms = Prisma.raw(kinds[kind].plural)
  return Prisma.sql`
    SELECT top.id AS key, within.id FROM ${terms} top JOIN ${terms} within ON ${isWithinTop}
    WHERE top.id = ANY(${ids}::text[])`
}

// A range of the index, since "0" is what follows "/" byte by byte, and no slug path is between a path and its "/".
const isWithinTop = Prisma.sql`(
  within.id = top.id OR (within.slug_path > top.slug_path || '/' AND within.slug_path < top.slug_path || '0'))`

type Named = { kind: Kind; isDeep: boolean; slugs: string[] }

const namesIn = (filter: PostFilter): Named[] => {
  const { AND, OR, NOT } = filter
  return [
    ...kindNames.flatMap((kind) => slugsIn(kind, filter[kinds[kind].plural])),
    ...[...(AND ?? []), ...(OR ?? []), ...(NOT ? [NOT] : [])].flatMap(namesIn),
  ]
}

const slugsIn = (kind: Kind, filter: SlugFilter | null | undefined): Named[] => {
  const slugs = [...(filter?.any ?? []), ...(filter?.all ?? []), ...(filter?.none ?? [])]
  return slugs.length > 0 ? [{ kind, isDeep: isDeep(kind, filter), slugs }] : []
}

/** Whether the slugs of a filter stand for what is below them, too. */
export const isDeep = (kind: Kind, filter: SlugFilter | null | undefined): boolean =>
  isTree(kind) && (filter?.includeDescendants ?? true)
