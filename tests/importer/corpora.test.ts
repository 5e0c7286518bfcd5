import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { ImportEntry } from '../../src/importer/entry.ts'
import { runImport } from '../../src/importer/run.ts'
import { readJekyll } from '../../src/importer/sources/jekyll/jekyll.ts'
import { withApp } from '../support/app.ts'
import { countsOf } from './importing.ts'

const lent = withApp({ role: 'api' })

const corpora = new URL('../../../shared/corpora/', import.meta.url)

/** Every so many-th post, to be done within seconds, and everything else. */
async function* some(entries: AsyncIterable<ImportEntry>, step: number): AsyncGenerator<ImportEntry> {
  let posts = 0
  for await (const entry of entries) if (entry.kind !== 'post' || posts++ % step === 0) yield entry
}

test.for([
  ['18f/posts', 12],
  ['jekyll-docs/docs/_posts', 1],
] as const)(
  'real posts of %s go in, whatever is said about them, and a second run changes nothing',
  { timeout: 60_000 }, // it takes seconds, but real posts are long and others may use the machine
  async ([name, step], { skip }) => {
    const folder = fileURLToPath(new URL(name, corpora))
    skip(!existsSync(folder), 'the corpora are not beside this checkout')
    const run = () =>
      runImport(lent.app.core.write, some(readJekyll(folder, { timezone: 'UTC', now: new Date() }), step), {
        source: name,
      })
    const { findings, ...first } = await run()
    expect(first.created).toBeGreaterThan(40)
    expect(first).toMatchObject({ changed: 0, unchanged: 0, skipped: 0 })
    expect(findings.filter(({ rule }) => rule === 'not-stored')).toEqual([])
    const known = ['date-invalid', 'file-ignored', 'liquid-hidden', 'liquid-kept-as-text', 'slug-taken']
    expect(findings.map(({ rule }) => rule).filter((rule) => !known.includes(rule))).toEqual([])
    const events = await lent.app.database.db.event.count()
    expect(countsOf(await run())).toEqual({ ...first, created: 0, unchanged: first.created })
    expect(await lent.app.database.db.event.count()).toBe(events)
  },
)
