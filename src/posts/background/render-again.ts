import type { Db, Tx } from '../../db/client.ts'
import type { Post, Prisma } from '../../db/generated/client.ts'
import { CannotRender } from '../../markup/cannot-render.ts'
import { type PostSource, type Rendered, rendererVersion } from '../../markup/rendered.ts'
import { withoutHidden } from '../../markup/source/hidden.ts'
import type { Render } from '../../markup/threads/pool.ts'
import type { Between } from '../../search/reindex.ts'
import { renderedColumns } from '../fields/columns.ts'
import { isSameSource } from '../rendering.ts'
import { readSnapshot } from '../revisions/stored-snapshot.ts'

/**
 * Renders posts that an older version of this program saved, and their pending edits, so that no query ever has to. What
 * was written, versions and times stay as they are. Two processes at once do no harm.
 *
 * @returns how many posts were rendered: 0 at nearly every start.
 */
export const renderAgain = async (
  db: Db,
  render: Render,
  between: Between = async () => true,
): Promise<number> => {
  for (let total = 0; ; ) {
    const rows = await db.post.findMany({
      where: { rendererVersion: { lt: rendererVersion } },
      select: { id: true, source: true, format: true, excerptManual: true, dialect: true, draftId: true },
      // Sources may have a megabyte each.
      take: 20,
    })
    if (rows.length === 0) return total
    for (const row of rows) {
      const rendered = await renderOrShow(render, { ...row, excerpt: row.excerptManual })
      const draft = row.draftId === null ? null : await renderDraft(db, render, row.draftId, row.dialect)
      await db.$transaction((tx) => store(tx, row, rendered, draft))
    }
    total += rows.length
    if (!(await between(rows.length))) return total
  }
}

type Row = Pick<Post, 'id' | 'source' | 'format' | 'excerptManual' | 'dialect' | 'draftId'>
type Draft = { id: string; rendered: Rendered } | null

const renderDraft = async (
  db: Db,
  render: Render,
  id: string,
  dialect: PostSource['dialect'],
): Promise<Draft> => {
  const revision = await db.postRevision.findUnique({ where: { id }, select: { snapshot: true } })
  if (!revision) return null
  const source = { ...readSnapshot(revision.snapshot), dialect }
  return { id, rendered: await renderOrShow(render, source) }
}

/** What an older version could render, and this one cannot, is shown as it was written: what that one made may be unsafe. */
const renderOrShow = async (render: Render, written: PostSource): Promise<Rendered> => {
  const { source, format, excerpt, dialect } = written
  try {
    return await render({ source, format, excerpt, dialect }, 'render again')
  } catch (error) {
    if (!(error instanceof CannotRender)) throw error
    const text = withoutHidden(written).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    return render({ source: `<pre>${text}</pre>`, format: 'HTML' }, 'render again')
  }
}

/** Nothing, when somebody saved it meanwhile: it is looked at again. */
const store = async (tx: Tx, row: Row, rendered: Rendered, draft: Draft): Promise<void> => {
  const [now] = await tx.$queryRaw<Row[]>`
    SELECT id, source, format, excerpt_manual AS "excerptManual", dialect, draft_id AS "draftId"
    FROM posts WHERE id = ${row.id} FOR UPDATE`
  const isSame =
    now?.draftId === row.draftId &&
    isSameSource({ ...now, excerpt: now.excerptManual }, { ...row, excerpt: row.excerptManual })
  if (!isSame) return
  await tx.post.update({ where: { id: row.id }, data: renderedColumns({ rendered, rendererVersion }) })
  // Other words may be in it now: what is outdated is written anew after this.
  await tx.postSearch.updateMany({ where: { postId: row.id }, data: { language: '' } })
  if (draft) {
    const data = { rendered: draft.rendered as unknown as Prisma.InputJsonObject }
    await tx.postRevision.update({ where: { id: draft.id }, data })
  }
}
