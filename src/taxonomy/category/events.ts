import type { Category } from '../../db/generated/client.ts'
import { categoryPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { knownIdsOf, mergedDetail, recordShelfFact, type ShelfFact } from '../shared/events.ts'
import { lineOf } from './tree.ts'

/** What readers see of a category, by its public names; the parent by its slug. */
export const lookOf = async (
  { site, tx }: Write,
  {
    slug,
    name,
    description,
    parentId,
    slugPath,
  }: Pick<Category, 'slug' | 'name' | 'description' | 'parentId' | 'slugPath'>,
) => {
  const parent = parentId
    ? await tx.category.findUnique({ where: { id: parentId }, select: { slug: true } })
    : null
  return { slug, name, description, parent: parent?.slug ?? null, path: categoryPath(site, slugPath) }
}

/**
 * Records what happened to a category. The categories above it are stale, too: their children and the posts below them
 * are other ones now.
 *
 * @param slugPaths of every category whose page is another one, before and after.
 */
export const recordCategoryFact = async (
  w: Write,
  type: ShelfFact['type'],
  {
    category,
    slugPaths,
    merged = [],
    isOnPosts,
    ...rest
  }: Pick<ShelfFact, 'before' | 'changedFields' | 'previous'> & {
    category: ShelfFact['subject']
    slugPaths: string[]
    merged?: ShelfFact['subject'][]
    isOnPosts: boolean
  },
): Promise<void> => {
  const lines = [...new Set(slugPaths.flatMap(lineOf))]
  const shown = await w.tx.category.findMany({ where: { slugPath: { in: lines } }, select: { id: true } })
  recordShelfFact(w, {
    ...rest,
    type,
    subject: category,
    stale: [...shown.map(({ id }) => id), ...knownIdsOf(merged), 'categories'],
    paths: lines.map((slugPath) => categoryPath(w.site, slugPath)),
    isOnPosts,
    detail: mergedDetail(merged),
  })
}
