import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, totalmem } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { median } from './harness.ts'

/** Where and on what something was measured. */
export type Circumstances = {
  measuredAt: string
  commit: string
  cpu: string
  cores: number
  memoryGb: number
  system: string
  node: string
  postgres: string
  /** Processes that wanted a core in the minute before: above 0.5, others were at work. */
  loadBefore: number
  note: string | null
}

const root = resolve(import.meta.dirname, '..')

/** Read before anything is started: what runs later is the run's own. */
export const readCircumstances = (note: string | null): Omit<Circumstances, 'postgres'> => ({
  measuredAt: new Date().toISOString(),
  commit: commit(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${arch()}`,
  node: process.version,
  loadBefore: loadavg()[0] ?? 0,
  note,
})

/** The commit that was measured, marked where files differ from it; unknown outside a clone. */
const commit = (): string => {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
    const isChanged = git('status', '--porcelain', '--', 'src', 'prisma', 'bench', 'package-lock.json') !== ''
    return `${git('rev-parse', '--short=12', 'HEAD')}${isChanged ? ' with changes' : ''}`
  } catch {
    return 'unknown'
  }
}

/** The circumstances as one paragraph. */
export const circumstancesText = (of: Circumstances): string =>
  `${of.measuredAt.slice(0, 10)}, commit ${of.commit}, ${of.cores} cores of ${of.cpu}, ${of.memoryGb} GB, ${of.system}, ` +
  `Node ${of.node}, PostgreSQL ${of.postgres}. Load in the minute before: ${of.loadBefore.toFixed(1)}.${of.note ? ` ${of.note}` : ''}`

/** `median (least–most)`, so that nobody takes a digit for more than it is. */
export const spread = (values: readonly number[], digits = 0): string => {
  const text = (value: number) =>
    value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${text(median(values))} (${text(Math.min(...values))}–${text(Math.max(...values))})`
}

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

/** Writes `bench/results/<date>-<name>.json` and the same as Markdown; returns the names of both files. */
export const saveReport = (name: string, of: Circumstances, result: object, markdown: string): string[] => {
  const folder = join(root, 'bench', 'results')
  mkdirSync(folder, { recursive: true })
  const base = join(folder, `${of.measuredAt.slice(0, 10)}-${name}`)
  writeFileSync(`${base}.json`, `${JSON.stringify({ ...of, ...result }, null, 2)}\n`)
  writeFileSync(`${base}.md`, markdown)
  return [`${base}.json`, `${base}.md`].map((file) => relative(root, file))
}
