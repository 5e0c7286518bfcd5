import type { Db, Tx } from '../db/client.ts'
import type { Prisma } from '../db/generated/client.ts'
import { renderedColumns } from './columns.ts'
import { type PostSource, rendererVersion, renderPost } from './render.ts'
import type { Between } from './search-index.ts'

/**
 * Renders posts that an older version of this program saved, and their pending edits, so that no query ever has to. What
 * was written, versions and times stay as they are. Two processes at once share the work.
 *
 * @returns how many posts were rendered: 0 at nearly every start.
 */
export const renderAgain = async (db: Db, between: Between = async () => true): Promise<number> => {
  for (let total = 0; ; ) {
    const rendered = await db.$transaction(renderSome, { timeout: batchTimeoutMs })
    total += rendered
    if (rendered === 0 || !(await between(rendered))) return total
  }
}

// Sources may have a megabyte each.
const batch = 20
// A megabyte takes seconds on a slow machine.
const batchTimeoutMs = 120_000

type Row = {
  id: string
  source: string
  format: PostSource['format']
  excerpt: string | null
  draftId: string | null
}

const renderSome = async (tx: Tx): Promise<number> => {
  const rows = await tx.$queryRaw<Row[]>`
    SELECT id, source, format, excerpt_manual AS excerpt, draft_id AS "draftId" FROM posts
    WHERE renderer_version < ${rendererVersion} LIMIT ${batch} FOR UPDATE SKIP LOCKED`
  for (const { id, draftId, ...source } of rows) {
    await tx.post.update({ where: { id }, data: renderedColumns(renderPost(source)) })
    if (draftId !== null) await renderDraft(tx, draftId)
  }
  return rows.length
}

const renderDraft = async (tx: Tx, id: string): Promise<void> => {
  const { snapshot } = await tx.postRevision.findUniqueOrThrow({ where: { id }, select: { snapshot: true } })
  const rendered = renderPost(snapshot as PostSource & Prisma.JsonObject)
  await tx.postRevision.update({
    where: { id },
    data: { rendered: rendered as unknown as Prisma.InputJsonObject },
  })
}
