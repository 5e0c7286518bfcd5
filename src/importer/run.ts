import { setTimeout as pause } from 'node:timers/promises'
import { system, type Viewer } from '../keys/viewer.ts'
import type { Write, Writer } from '../write/write.ts'
import type { ImportEntry, ImportedPost, ImportFinding } from './entry.ts'
import { findingsOf, isBusy, isDatabaseFailure, stoppedAt, stoppedBusyAt } from './failure.ts'
import type { Stored } from './outcome.ts'
import { announceImport, isUnannounced, markUnannounced } from './store/announce.ts'
import { type KnownPost, knownPosts } from './store/known-posts.ts'
import { refuseUnstorable } from './store/storable.ts'
import { checksumOf, storePost } from './store/store.ts'
import { storeTerm } from './store/terms.ts'

/**
 * What an import did with the posts that it read. `skipped` were left alone on purpose; `failed` is the number of files
 * with an error among the findings.
 */
export type ImportReport = {
  created: number
  changed: number
  unchanged: number
  skipped: number
  failed: number
  findings: ImportFinding[]
}

export type ImportOptions = {
  source: string
  onProgress?: (report: ImportReport) => void
  timeoutMs?: number
}

const pauseMs = 500

/**
 * Brings in what a source yields, a post a transaction: one that cannot be stored is a finding, and the others go in.
 * An import that changed something ends with one event, `import.completed`; a second run of it changes nothing. While the
 * program is too busy it waits, as nothing is wrong with the post.
 *
 * @throws OperatorError when the database fails, or the program stays too busy for `timeoutMs`. What is in stays in, and the next run goes on from there.
 */
export const runImport = async (
  write: Writer,
  entries: AsyncIterable<ImportEntry>,
  { source, onProgress, timeoutMs = 120_000 }: ImportOptions,
): Promise<ImportReport> => {
  const viewer = system('import', source)
  const { value: known } = await write(viewer, (w) => knownPosts(w.tx, source))
  const tally = createTally()

  const store = async (entry: StoredEntry, was: KnownPost | null): Promise<void> => {
    const isMarked = tally.touched !== 'nothing'
    for (const deadline = performance.now() + timeoutMs; ; await pause(pauseMs)) {
      try {
        refuseUnstorable(entry)
        tally.add(await storeEntry(write, entry, { viewer, source, was, isMarked }))
      } catch (error) {
        if (await isDatabaseFailure(error, write)) throw stoppedAt(nameOf(entry), error)
        if (isBusy(error)) {
          if (performance.now() < deadline) continue
          throw stoppedBusyAt(nameOf(entry), error)
        }
        tally.find(findingsOf(error, nameOf(entry)))
      }
      break
    }
    onProgress?.(tally.report)
  }

  const perhapsMoved: ImportedPost[] = []
  for await (const entry of entries) {
    if (entry.kind === 'finding') {
      known.saw(entry.finding.file)
      tally.find([entry.finding])
    } else if (entry.kind === 'post') {
      const was = known.at(entry.post.file)
      known.saw(entry.post.file)
      if (!was && known.mayHaveMoved(entry.post)) perhapsMoved.push(entry.post)
      else await store(entry, was)
    } else await store(entry, null)
  }
  // Only now is it certain which files are gone: a post that has one of those can be in another file today.
  for (const post of perhapsMoved) await store({ kind: 'post', post }, known.movedTo(post))

  const { report } = tally
  try {
    const { value: isDue } =
      tally.touched === 'nothing' ? await write(viewer, (w) => isUnannounced(w.tx, source)) : { value: true }
    if (isDue) await write(viewer, async (w) => announceImport(w, source, tally))
  } catch (error) {
    throw stoppedAt('its end', error)
  }
  return report
}

type StoredEntry = Exclude<ImportEntry, { kind: 'finding' }>

/** `isMarked`: whether the run has left its mark that an event is due. */
type Context = { viewer: Viewer; source: string; was: KnownPost | null; isMarked: boolean }

const storeEntry = async (
  write: Writer,
  entry: StoredEntry,
  { viewer, source, was, isMarked }: Context,
): Promise<Stored> => {
  // Nothing to ask the database: a second run of a large blog is over in a moment.
  if (entry.kind === 'post' && was?.checksum === checksumOf(entry.post))
    return { ...unchanged, isPublic: was.status === 'PUBLISHED' }
  const storeIn = (w: Write) => {
    if (entry.kind === 'post') return storePost(w, source, entry.post, was)
    return storeTerm(w, entry.kind, entry.term)
  }
  const work = async (w: Write) => {
    const stored = await storeIn(w)
    if (stored.touched !== 'nothing' && !isMarked) await markUnannounced(w, source)
    return stored
  }
  const { value } = await write(viewer, work, { sources: entry.kind === 'post' ? [entry.post] : [] })
  return value
}

const unchanged: Stored = { result: 'unchanged', touched: 'nothing', findings: [] }

/** What a finding names an entry by; a term has no file that the run knows. */
const nameOf = (entry: StoredEntry): string =>
  entry.kind === 'post' ? entry.post.file : `${entry.kind} ${entry.term.slug}`

const createTally = () => {
  const report: ImportReport = { created: 0, changed: 0, unchanged: 0, skipped: 0, failed: 0, findings: [] }
  const publicCounts = { created: 0, changed: 0, unchanged: 0 }
  const failed = new Set<string>()
  let touched: Stored['touched'] = 'nothing'
  const find = (findings: ImportFinding[]): void => {
    report.findings.push(...findings)
    for (const { file, severity } of findings) if (severity === 'error') failed.add(file)
    report.failed = failed.size
  }
  const add = (stored: Stored): void => {
    if (stored.result !== null) report[stored.result]++
    if (stored.isPublic && stored.result !== null && stored.result !== 'skipped')
      publicCounts[stored.result]++
    if (stored.touched === 'public' || touched === 'nothing') touched = stored.touched
    find(stored.findings)
  }
  return {
    report,
    publicCounts,
    find,
    add,
    get touched() {
      return touched
    },
  }
}
