import type { Tx } from '../db/client.ts'
import { newId } from '../id.ts'
import type { Write } from '../write.ts'
import type { Stored } from './outcome.ts'

type Counts = { created: number; changed: number; unchanged: number }

/** What an event keeps of an import: all of it, and what of it everybody may know. */
export type ImportDetail = Counts & { source: string; failed: number; public: Counts }

/** Records the one event that an import makes, however many posts it brought in. */
export const announceImport = (
  w: Write,
  source: string,
  {
    report,
    publicCounts,
    touched,
  }: { report: Counts & { failed: number }; publicCounts: Counts; touched: Stored['touched'] },
): void => {
  const { created, changed, unchanged, failed } = report
  w.record({
    type: 'import.completed',
    subjectId: newId('event'),
    subjectVersion: 1,
    changedFields: [],
    previous: null,
    // Every answer carries the tag "all": after an import nothing that was stored can be trusted.
    invalidates: ['all'],
    paths: [],
    isPublic: touched !== 'private',
    detail: { source, created, changed, unchanged, failed, public: publicCounts } satisfies ImportDetail,
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
