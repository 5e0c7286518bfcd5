import { Prisma } from '../../db/generated/client.ts'
import { hasScope, type Viewer } from '../../keys/viewer.ts'
import { takeOverPaths } from '../../urls/redirects.ts'
import { authorPath, categoryPath, tagPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'

/**
 * The one rule of who sees which author, category and tag, ANDed into every way to them. Without content:read those that
 * are public: made on purpose, or filed a published post under at some time. What drafts alone name may tell of them.
 */
export const shelvesVisibleTo = (viewer: Viewer): { isPublic?: true } =>
  hasScope(viewer, 'CONTENT_READ') ? {} : { isPublic: true }

/** The same rule for statements that are written in SQL, of the table of that name. */
export const shelvesVisibleToSql = (viewer: Viewer, table: 'authors' | 'categories' | 'tags'): Prisma.Sql =>
  hasScope(viewer, 'CONTENT_READ') ? Prisma.sql`TRUE` : Prisma.raw(`${table}.is_public`)

/**
 * Makes public what a published post is filed under, for good. Their pages take over the paths that they live at.
 *
 * @returns the collective cache tags of the lists that have something new in them.
 */
export const showShelvesOf = async (w: Write, postId: string): Promise<string[]> => {
  const authors = await w.tx.$queryRaw<{ slug: string }[]>`
    UPDATE authors SET is_public = true
    WHERE NOT is_public AND id IN (SELECT author_id FROM post_authors WHERE post_id = ${postId}) RETURNING slug`
  const tags = await w.tx.$queryRaw<{ slug: string }[]>`
    UPDATE tags SET is_public = true
    WHERE NOT is_public AND id IN (SELECT tag_id FROM post_tags WHERE post_id = ${postId}) RETURNING slug`
  const categories = await showCategories(
    w,
    Prisma.sql`SELECT category_id FROM post_categories WHERE post_id = ${postId}`,
  )
  await takeOverPaths(w, [
    ...authors.map(({ slug }) => authorPath(w.site, slug)),
    ...tags.map(({ slug }) => tagPath(w.site, slug)),
  ])
  return [
    ...(authors.length > 0 ? ['authors'] : []),
    ...(categories > 0 ? ['categories'] : []),
    ...(tags.length > 0 ? ['tags'] : []),
  ]
}

/** Makes a category public, for good, with those above it: its path names them. */
export const showCategory = (w: Write, id: string): Promise<number> =>
  showCategories(w, Prisma.sql`SELECT ${id}::text`)

const showCategories = async (w: Write, ids: Prisma.Sql): Promise<number> => {
  const shown = await w.tx.$queryRaw<{ slugPath: string }[]>`
    UPDATE categories SET is_public = true
    WHERE NOT is_public AND EXISTS (
      SELECT FROM categories below WHERE below.id IN (${ids})
        AND (below.id = categories.id OR starts_with(below.slug_path, categories.slug_path || '/'))
    ) RETURNING slug_path AS "slugPath"`
  await takeOverPaths(
    w,
    shown.map(({ slugPath }) => categoryPath(w.site, slugPath)),
  )
  return shown.length
}
