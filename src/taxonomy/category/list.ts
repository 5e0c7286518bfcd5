import type { Tx } from '../../db/client.ts'
import type { Prisma } from '../../db/generated/client.ts'
import { lineOf } from './tree.ts'

/** `hasPosts` of a category: whether a post that is in lists is filed under it, or under one below it. */
export const categoriesWithPosts = async (
  db: Tx,
  hasPosts: boolean | null | undefined,
): Promise<Prisma.CategoryWhereInput> => {
  if (hasPosts == null) return {}
  const rows = await db.$queryRaw<{ slugPath: string }[]>`
    SELECT slug_path AS "slugPath" FROM categories WHERE EXISTS (
      SELECT FROM post_categories JOIN posts ON posts.id = post_categories.post_id
      WHERE post_categories.category_id = categories.id AND posts.status = 'PUBLISHED'
    )`
  const slugPaths = [...new Set(rows.flatMap(({ slugPath }) => lineOf(slugPath)))]
  return { slugPath: hasPosts ? { in: slugPaths } : { notIn: slugPaths } }
}
