import { system } from '../auth/viewer.ts'
import { ensureAuthor } from '../authors/author.ts'
import { slugify } from '../content/slug.ts'
import { newId } from '../id.ts'
import { ensureCategory } from '../taxonomy/category.ts'
import type { Write, Writer } from '../write.ts'
import type { ImportEntry, ImportedCategory, ImportFinding } from './item.ts'
import { storePost } from './store.ts'

/** What an import did. `skipped` were left alone on purpose, `failed` are those with an error among the findings. */
export type ImportReport = {
  created: number
  changed: number
  unchanged: number
  skipped: number
  failed: number
  findings: ImportFinding[]
}

/**
 * Brings in what a source yields, a post a transaction: one that cannot be stored is a finding, and the others go in.
 * An import that changed something ends with one event, `import.completed`; a second run of it changes nothing.
 */
export const runImport = async (
  write: Writer,
  entries: AsyncIterable<ImportEntry>,
  { source, onProgress }: { source: string; onProgress?: (report: ImportReport) => void },
): Promise<ImportReport> => {
  const report: ImportReport = { created: 0, changed: 0, unchanged: 0, skipped: 0, failed: 0, findings: [] }
  const viewer = system(`import ${source}`)
  for await (const entry of entries) {
    if (entry.kind === 'finding') {
      report.findings.push(entry.finding)
      if (entry.finding.severity === 'error') report.failed++
      continue
    }
    try {
      const { value } = await write(viewer, (w) => store(w, source, entry))
      if (value) report[value.result]++
      report.findings.push(...(value?.findings ?? []))
    } catch (error) {
      report.failed++
      report.findings.push(notStored(entry, error as Error))
    }
    onProgress?.(report)
  }
  if (report.created + report.changed > 0) await write(viewer, (w) => recordCompletion(w, source, report))
  return report
}

const store = async (w: Write, source: string, entry: Exclude<ImportEntry, { kind: 'finding' }>) => {
  if (entry.kind === 'post') return storePost(w, source, entry.post)
  if (entry.kind === 'author') await ensureAuthor(w, entry.author)
  else await storeCategory(w, entry.category)
  return null
}

const storeCategory = async (w: Write, { parent, ...category }: ImportedCategory): Promise<void> => {
  const above = parent === null ? null : await w.tx.category.findUnique({ where: { slug: parent } })
  if (parent !== null && !above) throw new Error(`Its parent "${parent}" is not among the categories.`)
  await ensureCategory(w, { ...category, slug: slugify(category.slug), parentId: above?.id ?? null })
}

const notStored = (entry: Exclude<ImportEntry, { kind: 'finding' }>, { message }: Error): ImportFinding => {
  const file = nameOf(entry)
  const action = 'Correct what the message names and run the import again; nothing of this one was written.'
  return { file, line: 1, rule: 'not-stored', message, action, severity: 'error' }
}

const nameOf = (entry: Exclude<ImportEntry, { kind: 'finding' }>): string => {
  if (entry.kind === 'post') return entry.post.file
  return entry.kind === 'author' ? `author ${entry.author.slug}` : `category ${entry.category.slug}`
}

const recordCompletion = async (
  w: Write,
  source: string,
  { created, changed, unchanged, failed }: ImportReport,
) => {
  w.record({
    type: 'import.completed',
    subjectId: newId('event'),
    subjectVersion: 1,
    changedFields: [],
    previous: null,
    // Every answer carries the tag "all": after an import nothing that was stored can be trusted.
    invalidates: ['all'],
    paths: [],
    isPublic: true,
    detail: { source, created, changed, unchanged, failed },
  })
}
