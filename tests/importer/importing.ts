import type { ImportEntry, ImportedPost } from '../../src/importer/entry.ts'
import { type ImportReport, runImport } from '../../src/importer/run.ts'
import { readJekyll } from '../../src/importer/sources/jekyll/jekyll.ts'
import type { TestApp } from '../support/app.ts'
import { folderOf } from '../support/jekyll.ts'

/** A file with this front matter. */
export const file = (frontMatter: string, body = 'The body.'): string => `---\n${frontMatter}\n---\n${body}\n`

/** Imports a Jekyll site of these files, as `presswire import` does. */
export const importFiles = async (
  app: TestApp,
  source: string,
  files: Record<string, string>,
): Promise<ImportReport> => importFolder(app, source, await folderOf(files))

export const importFolder = (app: TestApp, source: string, folder: string): Promise<ImportReport> =>
  runImport(app.core.write, readJekyll(folder, { timezone: 'Europe/Amsterdam', now: new Date() }), { source })

/** Imports what another kind of source might yield. */
export const importEntries = (app: TestApp, source: string, entries: ImportEntry[]): Promise<ImportReport> =>
  runImport(app.core.write, inTurn(entries), { source })

export async function* inTurn(entries: ImportEntry[]): AsyncGenerator<ImportEntry> {
  yield* entries
}

/** A post that any source might yield, published long ago. */
export const entry = (fields: Partial<ImportedPost> & { file: string }): ImportEntry => ({
  kind: 'post',
  post: {
    line: 1,
    sourceId: null,
    legacyId: null,
    guid: null,
    title: fields.file,
    slug: null,
    path: null,
    date: { instant: new Date('2010-01-02T03:04:05Z'), offsetMinutes: 0, text: '2010-01-02T03:04:05Z' },
    updated: null,
    status: 'PUBLISHED',
    authors: [],
    categories: [],
    tags: [],
    layout: null,
    excerpt: null,
    source: 'The body.\n',
    format: 'MARKDOWN',
    dialect: null,
    coverImage: null,
    seo: null,
    metadata: {},
    frontMatter: '',
    redirectFrom: [],
    ...fields,
  },
})

/** The findings as `severity rule file`, the way in which a test names them. */
export const findingsOf = ({ findings }: ImportReport): string[] =>
  findings.map(({ severity, rule, file }) => `${severity} ${rule} ${file}`)

export const countsOf = ({ findings: _findings, ...counts }: ImportReport) => counts

/** Every row of every table, to see whether anything was touched; but for the keys, which keep when they were used. */
export const everyRow = async ({ database: { db } }: TestApp): Promise<string[]> => {
  const tables = await db.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_name <> 'api_keys' ORDER BY 1`
  const rows = await Promise.all(
    tables.map(({ name }) =>
      db.$queryRawUnsafe<{ row: string }[]>(
        `SELECT '${name} ' || to_json(t)::text AS row FROM "${name}" t ORDER BY 1`,
      ),
    ),
  )
  return rows.flat().map(({ row }) => row)
}
