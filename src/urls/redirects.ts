import type { Write } from '../write/write.ts'

/** What an old path leads to. A redirect names the row and not its path: none ever chain. */
export type RedirectTarget =
  | { postId: string }
  | { authorId: string }
  | { categoryId: string }
  | { tagId: string }

/** Leads paths at which something was public to where it is now. */
export const leadTo = (w: Write, target: RedirectTarget, paths: string[]): Promise<void> =>
  point(w, paths, { ...nowhere, ...target }, 301)

/** Leads paths at which categories were public to where they are now, however many they are, in one statement. */
export const leadCategories = async (
  w: Write,
  moved: { categoryId: string; old: string }[],
): Promise<void> => {
  if (moved.length === 0) return
  await w.tx.$executeRaw`
    INSERT INTO redirects (path, category_id, status, created_at)
    SELECT DISTINCT ON (path) path, id, 301, ${w.now}::timestamptz
    FROM unnest(${moved.map(({ old }) => old)}::text[], ${moved.map((one) => one.categoryId)}::text[]) AS moved(path, id)
    ON CONFLICT (path) DO UPDATE SET post_id = NULL, author_id = NULL, tag_id = NULL,
      category_id = EXCLUDED.category_id, status = EXCLUDED.status`
}

/** A path that something public lives at has no redirect: none ever loop, and what is new may take over an old path. */
export const takeOverPaths = async (w: Write, paths: string[]): Promise<void> => {
  if (paths.length === 0) return
  await w.tx.redirect.deleteMany({ where: { path: { in: paths } } })
}

/** Before something public is deleted: its paths, and those that lead to it, answer Gone. */
export const leaveGone = async (w: Write, target: RedirectTarget, paths: string[]): Promise<void> => {
  await w.tx.redirect.updateMany({ where: target, data: { ...nowhere, status: 410 } })
  await point(w, paths, nowhere, 410)
}

/** Before something that was never public is deleted: nobody is told that there was something. */
export const leaveNothing = async (w: Write, target: RedirectTarget): Promise<void> => {
  await w.tx.redirect.deleteMany({ where: target })
}

/** Leads on to `to` what led to the others. */
export const handOver = async (w: Write, from: RedirectTarget[], to: RedirectTarget): Promise<void> => {
  await w.tx.redirect.updateMany({ where: { OR: from }, data: { ...nowhere, ...to } })
}

const nowhere = { postId: null, authorId: null, categoryId: null, tagId: null }

type Columns = Record<keyof typeof nowhere, string | null>

const point = async (w: Write, paths: string[], columns: Columns, status: number): Promise<void> => {
  if (paths.length === 0) return
  const { postId, authorId, categoryId, tagId } = columns
  await w.tx.$executeRaw`
    INSERT INTO redirects (path, post_id, author_id, category_id, tag_id, status, created_at)
    SELECT path, ${postId}::text, ${authorId}::text, ${categoryId}::text, ${tagId}::text, ${status}::int, ${w.now}::timestamptz
    FROM unnest(${[...new Set(paths)]}::text[]) AS path
    ON CONFLICT (path) DO UPDATE SET post_id = EXCLUDED.post_id, author_id = EXCLUDED.author_id,
      category_id = EXCLUDED.category_id, tag_id = EXCLUDED.tag_id, status = EXCLUDED.status`
}
