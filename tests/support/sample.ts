import { fileURLToPath } from 'node:url'
import { type ImportReport, runImport } from '../../src/importer/run.ts'
import { readJekyll } from '../../src/importer/sources/jekyll/jekyll.ts'
import type { TestApp } from './app.ts'

const sampleSite = fileURLToPath(new URL('../../prisma/sample-site', import.meta.url))

/** Imports the project's own sample site: 13 public posts, a draft and a scheduled one. */
export const importSample = (app: TestApp): Promise<ImportReport> =>
  runImport(app.core.write, readJekyll(sampleSite, { timezone: 'UTC', now: new Date() }), {
    source: 'sample',
  })
