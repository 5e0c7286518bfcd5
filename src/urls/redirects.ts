import { Prisma } from '../db/generated/client.ts'
import { eachKind, type Kind, kindNames, kinds } from '../taxonomy/kinds.ts'
import type { Write } from '../write/write.ts'

/** What an old path leads to. A redirect names the row and not its path: none ever chain. */
export type RedirectTarget = { kind: Kind | 'post'; id: string }

/** Leads paths at which something was public to where it is now. */
export const leadTo = (w: Write, target: RedirectTarget, paths: string[]): Promise<void> =>
  point(w, paths, target, 301)

/** Leads paths at which terms of a kind were public to where they are now, however many they are, in one statement. */
export const leadEach = async (w: Write, kind: Kind, moved: { id: string; old: string }[]): Promise<void> => {
  if (moved.length === 0) return
  await w.tx.$executeRaw`
    INSERT INTO redirects (path, ${column(kind)}, status, created_at)
    SELECT DISTINCT ON (path) path, id, 301, ${w.now}::timestamptz
    FROM unnest(${moved.map(({ old }) => old)}::text[], ${moved.map(({ id }) => id)}::text[]) AS moved(path, id)
    ON CONFLICT (path) DO UPDATE SET ${onlyThis}`
}

/** A path that something public lives at has no redirect: none ever loop, and what is new may take over an old path. */
export const takeOverPaths = async (w: Write, paths: string[]): Promise<void> => {
  if (paths.length === 0) return
  await w.tx.redirect.deleteMany({ where: { path: { in: paths } } })
}

/** Before something public is deleted: its paths, and those that lead to it, answer Gone. */
export const leaveGone = async (w: Write, target: RedirectTarget, paths: string[]): Promise<void> => {
  await w.tx.redirect.updateMany({ where: asColumn(target), data: { ...nowhere, status: 410 } })
  await point(w, paths, null, 410)
}

/** Before something that was never public is deleted: nobody is told that there was something. */
export const leaveNothing = async (w: Write, target: RedirectTarget): Promise<void> => {
  await w.tx.redirect.deleteMany({ where: asColumn(target) })
}

/** Leads on to `to` what led to the others. */
export const handOver = async (w: Write, from: RedirectTarget[], to: RedirectTarget): Promise<void> => {
  await w.tx.redirect.updateMany({
    where: { OR: from.map(asColumn) },
    data: { ...nowhere, ...asColumn(to) },
  })
}

/** The id of what a stored redirect leads to; null when it is there no longer. */
export const targetIdOf = (redirect: Record<IdField, string | null>): string | null =>
  idFields.map((field) => redirect[field]).find((id) => id !== null) ?? null

type IdField = 'postId' | (typeof kinds)[Kind]['idField']

const idField = { post: 'postId', ...eachKind((kind) => kinds[kind].idField) } as const
const idFields: IdField[] = Object.values(idField)
const nowhere = Object.fromEntries(idFields.map((field) => [field, null]))
const asColumn = ({ kind, id }: RedirectTarget) => ({ [idField[kind]]: id })

const targets = ['post', ...kindNames] as const
const column = (kind: Kind | 'post'): Prisma.Sql =>
  Prisma.raw(kind === 'post' ? 'post_id' : kinds[kind].idColumn)
/** A redirect leads to one thing: to nothing that it led to before. */
const onlyThis = Prisma.join([
  ...targets.map((kind) => Prisma.sql`${column(kind)} = EXCLUDED.${column(kind)}`),
  Prisma.sql`status = EXCLUDED.status`,
])

const point = async (
  w: Write,
  paths: string[],
  target: RedirectTarget | null,
  status: number,
): Promise<void> => {
  if (paths.length === 0) return
  const ids = targets.map((kind) => Prisma.sql`${target?.kind === kind ? target.id : null}::text`)
  await w.tx.$executeRaw`
    INSERT INTO redirects (path, ${Prisma.join(targets.map(column))}, status, created_at)
    SELECT path, ${Prisma.join(ids)}, ${status}::int, ${w.now}::timestamptz
    FROM unnest(${[...new Set(paths)]}::text[]) AS path
    ON CONFLICT (path) DO UPDATE SET ${onlyThis}`
}
