import type { Tx } from '../../db/client.ts'
import { newId } from '../../lib/id.ts'
import type { Write } from '../../write/write.ts'
import type { Stored } from '../outcome.ts'

type Counts = { created: number; changed: number; unchanged: number }

/** What an event keeps of an import: all of it, and what of it everybody may know. */
export type ImportDetail = Counts & { source: string; failed: number; public: Counts }

/** Records the one event that an import makes, however many posts it brought in. */
export const announceImport = async (
  w: Write,
  source: string,
  {
    report,
    publicCounts,
    touched,
  }: { report: Counts & { failed: number }; publicCounts: Counts; touched: Stored['touched'] },
): Promise<void> => {
  await w.tx.unannouncedImport.deleteMany({ where: { source } })
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

/** Remembers, with the first change of a run, that its event is still to be made: the run may be cut off before. */
export const markUnannounced = async ({ tx, now: since }: Write, source: string): Promise<void> => {
  await tx.unannouncedImport.upsert({ where: { source }, create: { source, since }, update: {} })
}

/** Whether a run of the import changed something and was cut off before it could tell. */
export const isUnannounced = async (tx: Tx, source: string): Promise<boolean> =>
  (await tx.unannouncedImport.findUnique({ where: { source }, select: { source: true } })) !== null

/** The action of the revisions that an import writes. */
export const importedAction = 'imported'
