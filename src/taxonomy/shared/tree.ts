import { Prisma } from '../../db/generated/client.ts'
import { InvalidStateError, ValidationError, type ValidationIssue } from '../../lib/errors.ts'
import { prefixOf } from '../../lib/id.ts'
import { leadEach, takeOverPaths } from '../../urls/redirects.ts'
import { termPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { type Kind, kinds } from '../kinds.ts'
import { issue } from './names.ts'
import { type TermRow, type TreeKind, tableOf } from './rows.ts'

/** A term with its slug path before and after. */
export type Moved = { id: string; isPublic: boolean; from: string; to: string }

type TreeRow = TermRow<TreeKind>

/** The slug paths of a term and its ancestors, the root first. */
export const lineOf = (slugPath: string): string[] =>
  slugPath.split('/').map((_, index, slugs) => slugs.slice(0, index + 1).join('/'))

/** Whether a term is another one or stands below it. */
export const isWithin = (slugPath: string, other: string): boolean =>
  slugPath === other || slugPath.startsWith(`${other}/`)

/** The columns of a term below a parent, or at the root. */
export const placeBelow = (parent: Pick<TreeRow, 'id' | 'slugPath'> | null, slug: string) => ({
  parentId: parent?.id ?? null,
  slugPath: parent ? `${parent.slugPath}/${slug}` : slug,
})

/** The terms below one, at any depth. */
export const below = (
  { tx }: Write,
  kind: TreeKind,
  slugPath: string,
): Promise<Pick<TreeRow, 'id' | 'slugPath' | 'isPublic'>[]> =>
  tx.$queryRaw`
    SELECT id, slug_path AS "slugPath", is_public AS "isPublic" FROM ${Prisma.raw(kinds[kind].plural)}
    WHERE starts_with(slug_path, ${`${slugPath}/`}) ORDER BY slug_path`

/** The parent that an input leaves behind, and what is wrong with it. */
export const parentFor = async (
  { tx }: Write,
  kind: TreeKind,
  parentId: string | null | undefined,
  before: TreeRow | null,
): Promise<{ row: TreeRow | null; issues: ValidationIssue[] }> => {
  const id = parentId === undefined ? (before?.parentId ?? null) : parentId
  if (id === null) return { row: null, issues: [] }
  const row = prefixOf(id) === kind ? await tableOf(tx, kind).findUnique({ where: { id } }) : null
  if (!row) return refused(`There is no ${kind} with the id "${id}" that could be the parent.`)
  if (!before || !isWithin(row.slugPath, before.slugPath)) return { row, issues: [] }
  return refused(
    row.id === before.id
      ? `The ${kind} "${before.name}" cannot be its own parent.`
      : `"${row.name}" stands below "${before.name}" and cannot be its parent; move it out first.`,
  )
}

/** @throws InvalidStateError when there are others below it. */
export const refuseBranch = async (
  { tx }: Write,
  kind: TreeKind,
  { id, name }: { id: string; name: string },
): Promise<void> => {
  const children = await tableOf(tx, kind).count({ where: { parentId: id } })
  if (children === 0) return
  const message = `The ${kind} "${name}" has ${children} ${children === 1 ? kind : kinds[kind].plural} below it; move or delete them first.`
  throw new InvalidStateError(message, ['input', 'id'])
}

/** Moves everything below a term that moves, and says from where to where. */
export const moveBelow = async (
  w: Write,
  kind: TreeKind,
  { from, to }: Moved,
  field: string,
): Promise<Moved[]> => {
  const rows = await below(w, kind, from)
  if (from !== to) await moveTree(w, kind, from, to, field)
  return rows.map(({ id, slugPath, isPublic }) => {
    return { id, isPublic, from: slugPath, to: to + slugPath.slice(from.length) }
  })
}

/**
 * Rewrites the slug paths of everything below a term that moves. The caller holds `lockNames` and writes the term itself.
 *
 * @param field what the caller changed, for the complaint when a path grows too long.
 */
export const moveTree = async (
  w: Write,
  kind: TreeKind,
  from: string,
  to: string,
  field: string,
): Promise<void> => {
  for (const { slugPath } of await below(w, kind, from))
    refuseLongPath(to + slugPath.slice(from.length), field)
  refuseLongPath(to, field)
  // No two of them can meet on the way: every slug path ends in a slug of its own.
  await w.tx.$executeRaw`
    UPDATE ${Prisma.raw(kinds[kind].plural)}
    SET slug_path = ${to}::text || substr(slug_path, length(${from}::text) + 1),
      version = version + 1, updated_at = ${w.now}
    WHERE starts_with(slug_path, ${`${from}/`})`
}

/** Leads the old path of each that readers know to where it is now. */
export const leadMoved = async (w: Write, kind: Kind, moved: Moved[]): Promise<void> => {
  const known = moved.filter(({ isPublic }) => isPublic)
  const paths = known.map(({ id, from, to }) => ({
    id,
    old: termPath(w.site, kind, from),
    now: termPath(w.site, kind, to),
  }))
  await leadEach(
    w,
    kind,
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

// An entry of a PostgreSQL index holds 2,704 bytes, and what the path's pattern puts around it has to fit as well.
const maxPathBytes = 2_000

const refused = (message: string) => ({ row: null, issues: [issue('parentId', message)] })
