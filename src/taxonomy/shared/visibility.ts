import { Prisma } from '../../db/generated/client.ts'
import { hasScope, type Viewer } from '../../keys/viewer.ts'
import { takeOverPaths } from '../../urls/redirects.ts'
import { termPath } from '../../urls/site-paths.ts'
import type { Write } from '../../write/write.ts'
import { type Kind, kindNames, kinds } from '../kinds.ts'
import { isTree } from './rows.ts'

/**
 * The one rule of who sees which author, category and tag, ANDed into every way to them. Without content:read those that
 * are public: made on purpose, or linked to a published post at some time. What drafts alone name may tell of them.
 */
export const termsVisibleTo = (viewer: Viewer): { isPublic?: true } =>
  hasScope(viewer, 'CONTENT_READ') ? {} : { isPublic: true }

/** The same rule for statements that are written in SQL, of the table of that kind. */
export const termsVisibleToSql = (viewer: Viewer, kind: Kind): Prisma.Sql =>
  hasScope(viewer, 'CONTENT_READ') ? Prisma.sql`TRUE` : Prisma.raw(`${kinds[kind].plural}.is_public`)

/**
 * Makes public what a published post is linked to, for good. Their pages take over the paths that they live at.
 *
 * @returns the collective cache tags of the lists that have something new in them.
 */
export const showTermsOf = async (w: Write, postId: string): Promise<string[]> => {
  const shown: string[] = []
  const paths: string[] = []
  for (const kind of kindNames) {
    const [key, links] = [Prisma.raw(kinds[kind].idColumn), Prisma.raw(kinds[kind].links)]
    const slugPaths = await show(w, kind, Prisma.sql`SELECT ${key} FROM ${links} WHERE post_id = ${postId}`)
    if (slugPaths.length > 0) shown.push(kinds[kind].plural)
    paths.push(...slugPaths.map((slugPath) => termPath(w.site, kind, slugPath)))
  }
  await takeOverPaths(w, paths)
  return shown
}

/** Makes a term public, for good, and in a tree those above it: its path names them. */
export const showWithAncestors = async (w: Write, kind: Kind, id: string): Promise<void> => {
  const slugPaths = await show(w, kind, Prisma.sql`SELECT ${id}::text`)
  await takeOverPaths(
    w,
    slugPaths.map((slugPath) => termPath(w.site, kind, slugPath)),
  )
}

/** Returns the slug paths of those that were not public before. */
const show = async (w: Write, kind: Kind, ids: Prisma.Sql): Promise<string[]> => {
  const terms = Prisma.raw(kinds[kind].plural)
  const rows = isTree(kind)
    ? await w.tx.$queryRaw<{ slugPath: string }[]>`
      UPDATE ${terms} SET is_public = true
      WHERE NOT is_public AND EXISTS (
        SELECT FROM ${terms} below WHERE below.id IN (${ids})
          AND (below.id = ${terms}.id OR starts_with(below.slug_path, ${terms}.slug_path || '/'))
      ) RETURNING slug_path AS "slugPath"`
    : await w.tx.$queryRaw<{ slugPath: string }[]>`
      UPDATE ${terms} SET is_public = true WHERE NOT is_public AND id IN (${ids}) RETURNING slug AS "slugPath"`
  return rows.map(({ slugPath }) => slugPath)
}
