import type { Tx } from '../db/client.ts'
import type { Category } from '../db/generated/client.ts'
import { newId } from '../id.ts'
import { foldKey } from '../text.ts'
import type { Write } from '../write.ts'

export type CategoryInput = {
  slug: string
  name: string
  description?: string | null
  parentId?: string | null
}

/** The category that a word means: the exact slug first, then the name in any case; null when there is none. */
export const findCategory = async (tx: Tx, word: string): Promise<Category | null> =>
  (await tx.category.findUnique({ where: { slug: word } })) ??
  tx.category.findFirst({ where: { nameKey: foldKey(word) }, orderBy: { id: 'asc' } })

/** Creates the category, or returns the one that has the slug. */
export const ensureCategory = async (
  w: Write,
  { slug, name, parentId = null, ...rest }: CategoryInput,
): Promise<Category> => {
  const existing = await w.tx.category.findUnique({ where: { slug } })
  if (existing) return existing
  const parent = parentId ? await w.tx.category.findUnique({ where: { id: parentId } }) : null
  return w.tx.category.create({
    data: {
      id: newId('category'),
      slug,
      name,
      nameKey: foldKey(name),
      parentId,
      slugPath: parent ? `${parent.slugPath}/${slug}` : slug,
      ...rest,
      createdAt: w.now,
      updatedAt: w.now,
    },
  })
}

/** The slug paths of a category and its ancestors, the root first. */
export const lineOf = (slugPath: string): string[] =>
  slugPath.split('/').map((_, index, slugs) => slugs.slice(0, index + 1).join('/'))
