import type { Tx } from '../db/client.ts'
import { newId } from '../id.ts'
import type { Write } from '../write.ts'

/** Records the one event that an import makes, however many posts it brought in. */
export const announceImport = (
  w: Write,
  source: string,
  counts: { created: number; changed: number; unchanged: number; failed: number },
  isPublic: boolean,
): void => {
  const { created, changed, unchanged, failed } = counts
  w.record({
    type: 'import.completed',
    subjectId: newId('event'),
    subjectVersion: 1,
    changedFields: [],
    previous: null,
    // Every answer carries the tag "all": after an import nothing that was stored can be trusted.
    invalidates: ['all'],
    paths: [],
    isPublic,
    detail: { source, created, changed, unchanged, failed },
  })
}

/**
 * Whether posts of the import are newer than the last event of this kind: a run was cut off before it could tell, and
 * the next one makes up for it.
 */
export const isUnannounced = async (tx: Tx, source: string): Promise<boolean> => {
  const last = await tx.event.findFirst({
    where: { type: 'import.completed' },
    orderBy: { sequence: 'desc' },
    select: { occurredAt: true },
  })
  const untold = await tx.postRevision.findFirst({
    where: { action: importedAction, post: { origin: { source } }, createdAt: { gt: last?.occurredAt } },
    select: { id: true },
  })
  return untold !== null
}

/** The action of the revisions that an import writes. */
export const importedAction = 'imported'
