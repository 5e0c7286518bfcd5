import type { Category } from '../../db/generated/client.ts'
import { ValidationError, type ValidationIssue } from '../../lib/errors.ts'
import { prefixOf } from '../../lib/id.ts'
import { leadCategories, takeOverPaths } from '../../urls/redirects.ts'
import { categoryPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { issue } from '../shared/names.ts'

/** A category with its slug path before and after. */
export type Moved = { id: string; isPublic: boolean; from: string; to: string }

/** The slug paths of a category and its ancestors, the root first. */
export const lineOf = (slugPath: string): string[] =>
  slugPath.split('/').map((_, index, slugs) => slugs.slice(0, index + 1).join('/'))

/** Whether a category is another one or stands below it. */
export const isWithin = (slugPath: string, other: string): boolean =>
  slugPath === other || slugPath.startsWith(`${other}/`)

/** The categories below one, at any depth. */
export const below = (
  { tx }: Write,
  slugPath: string,
): Promise<Pick<Category, 'id' | 'slugPath' | 'isPublic'>[]> =>
  tx.$queryRaw`
    SELECT id, slug_path AS "slugPath", is_public AS "isPublic" FROM categories
    WHERE starts_with(slug_path, ${`${slugPath}/`}) ORDER BY slug_path`

/** The parent that an input leaves behind, and what is wrong with it. */
export const parentFor = async (
  { tx }: Write,
  parentId: string | null | undefined,
  before: Category | null,
): Promise<{ row: Category | null; issues: ValidationIssue[] }> => {
  const id = parentId === undefined ? (before?.parentId ?? null) : parentId
  if (id === null) return { row: null, issues: [] }
  const row = prefixOf(id) === 'category' ? await tx.category.findUnique({ where: { id } }) : null
  if (!row) return refused(`There is no category with the id "${id}" that could be the parent.`)
  if (!before || !isWithin(row.slugPath, before.slugPath)) return { row, issues: [] }
  return refused(
    row.id === before.id
      ? `The category "${before.name}" cannot be its own parent.`
      : `"${row.name}" stands below "${before.name}" and cannot be its parent; move it out first.`,
  )
}

/**
 * Rewrites the slug paths of everything below a category that moves. The caller holds `lockNames` and writes the category
 * itself.
 *
 * @param field what the caller changed, for the complaint when a path grows too long.
 */
export const moveTree = async (w: Write, from: string, to: string, field: string): Promise<void> => {
  for (const { slugPath } of await below(w, from)) refuseLongPath(to + slugPath.slice(from.length), field)
  refuseLongPath(to, field)
  // No two of them can meet on the way: every slug path ends in a slug of its own.
  await w.tx.$executeRaw`
    UPDATE categories SET slug_path = ${to}::text || substr(slug_path, length(${from}::text) + 1),
      version = version + 1, updated_at = ${w.now}
    WHERE starts_with(slug_path, ${`${from}/`})`
}

/** Leads the old path of each that readers know to where it is now. */
export const leadMoved = async (w: Write, moved: Moved[]): Promise<void> => {
  const known = moved.filter(({ isPublic }) => isPublic)
  const paths = known.map(({ id, from, to }) => ({
    categoryId: id,
    old: categoryPath(w.site, from),
    now: categoryPath(w.site, to),
  }))
  await leadCategories(
    w,
    paths.filter(({ old, now }) => old !== now),
  )
  // What one of them left another one may live at now.
  await takeOverPaths(
    w,
    paths.map(({ now }) => now),
  )
}

/** Refuses a place so deep that its path could not be looked up. */
export const refuseLongPath = (slugPath: string, field: string): void => {
  const bytes = Buffer.byteLength(slugPath)
  if (bytes <= maxPathBytes) return
  const message = `The slugs from the root down to "${slugPath.slice(slugPath.lastIndexOf('/') + 1)}" have ${bytes} bytes together; at most ${maxPathBytes} are allowed. Choose shorter slugs or a place further up.`
  throw new ValidationError([issue(field, message)])
}

// An entry of a PostgreSQL index holds 2,704 bytes, and what CATEGORY_PATH puts around it has to fit as well.
const maxPathBytes = 2_000

const refused = (message: string) => ({ row: null, issues: [issue('parentId', message)] })
