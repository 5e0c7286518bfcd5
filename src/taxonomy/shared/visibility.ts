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
  const shown = await show(w, kindNames, (kind) => {
    const [key, links] = [Prisma.raw(kinds[kind].idColumn), Prisma.raw(kinds[kind].links)]
    return Prisma.sql`SELECT ${key} FROM ${links} WHERE post_id = ${postId}`
  })
  return [...new Set(shown.map(({ kind }) => kinds[kind].plural))]
}

/** Makes a term public, for good, and in a tree those above it: its path names them. */
export const showWithAncestors = async (w: Write, kind: Kind, id: string): Promise<void> => {
  await show(w, [kind], () => Prisma.sql`SELECT ${id}::text`)
}

/** Returns those that were not public before, of all kinds in one statement. */
const show = async (w: Write, some: Kind[], idsOf: (kind: Kind) => Prisma.Sql): Promise<Shown[]> => {
  const changes = some.map((kind) => {
    const [name, terms] = [Prisma.raw(`'${kind}'`), Prisma.raw(kinds[kind].plural)]
    const change = isTree(kind)
      ? Prisma.sql`
      UPDATE ${terms} SET is_public = true
      WHERE NOT is_public AND EXISTS (
        SELECT FROM ${terms} below WHERE below.id IN (${idsOf(kind)})
          AND (below.id = ${terms}.id OR starts_with(below.slug_path, ${terms}.slug_path || '/'))
      ) RETURNING ${name} AS kind, slug_path AS "slugPath"`
      : Prisma.sql`
      UPDATE ${terms} SET is_public = true WHERE NOT is_public AND id IN (${idsOf(kind)})
      RETURNING ${name} AS kind, slug AS "slugPath"`
    return Prisma.sql`${terms}_shown AS (${change})`
  })
  const each = some.map((kind) => Prisma.sql`SELECT * FROM ${Prisma.raw(kinds[kind].plural)}_shown`)
  const shown = await w.tx.$queryRaw<Shown[]>`
    WITH ${Prisma.join(changes)} ${Prisma.join(each, ' UNION ALL ')}`
  await takeOverPaths(
    w,
    shown.map(({ kind, slugPath }) => termPath(w.site, kind, slugPath)),
  )
  return shown
}

type Shown = { kind: Kind; slugPath: string }
