import { expect, inject, test } from 'vitest'
import { PostByDocument } from '../../schema/generated/graphql.ts'
import { readConfig } from '../../src/config.ts'
import { openCore } from '../../src/core.ts'
import { openDatabase } from '../../src/db/client.ts'
import type { ImportEntry, ImportedPost } from '../../src/importer/entry.ts'
import { runImport } from '../../src/importer/run.ts'
import { OperatorError, RequestError } from '../../src/lib/errors.ts'
import type { Writer } from '../../src/write/write.ts'
import { withApp } from '../support/app.ts'
import { postgresBinaries } from '../support/databases.ts'
import { startPostgres } from '../support/postgres-server.ts'
import { countsOf, entry, file, findingsOf, importEntries, importFiles, inTurn } from './importing.ts'

const lent = withApp({ role: 'api' })

test('broken files are named with line, rule, message and action, each counts once, and the rest goes in', async () => {
  const report = await importFiles(lent.app, 'broken', {
    '_posts/2010-01-01-good.md': file('title: Good'),
    '_posts/2010-01-02-colon.md': file('layout: post\ntitle: One: two'),
    '_posts/2010-01-03-none.md': 'Just text.',
    '_posts/2010-01-04-two.md': file('title: Two\ndate: 31 June\nlayout: [post]\nnoindex: perhaps'),
    '_posts/2010-01-05-fine.md': file('title: Fine'),
  })
  expect(countsOf(report)).toMatchObject({ created: 2, failed: 3 })
  expect(report.findings.map(({ file, line, rule }) => [file, line, rule])).toEqual([
    ['_posts/2010-01-02-colon.md', 3, 'yaml-invalid'],
    ['_posts/2010-01-03-none.md', 1, 'front-matter-missing'],
    ['_posts/2010-01-04-two.md', 3, 'date-invalid'],
    ['_posts/2010-01-04-two.md', 4, 'field-type'],
    ['_posts/2010-01-04-two.md', 5, 'field-type'],
  ])
  for (const { message, action } of report.findings) {
    expect(message).toMatch(/^\S.*[.]$/)
    expect(action).toMatch(/^\S.*[.]$/)
  }
})

const unstorable: [string, Partial<ImportedPost>][] = [
  ['metadata', { metadata: { deep: [{ text: 'a\0b' }] } }],
  ['metadata', { metadata: { 'key \ud800': 1 } }],
  ['title', { title: 'half \udc00' }],
  ['source', { source: 'a\0b' }],
  ['tags', { tags: ['fine', 'half \ud800'] }],
  ['authors', { authors: [{ name: 'a\0b' }] }],
  ['coverImage', { coverImage: { url: '/a.png', alt: 'a\0b' } }],
  ['date', { date: { instant: new Date(0), offsetMinutes: 0, text: '1970\0' } }],
]

test.each(unstorable)(
  'what PostgreSQL cannot hold is a finding that names the field: %s (%#)',
  async (field, fields) => {
    const report = await importEntries(lent.app, 'unstorable', [entry({ file: 'bad.md', ...fields })])
    expect(countsOf(report)).toMatchObject({ created: 0, failed: 1 })
    expect(findingsOf(report)).toEqual(['error unstorable-character bad.md'])
    expect(report.findings[0]?.message).toContain(`"${field}"`)
  },
)

test('a key that would get lost is a finding, as a value it is a text like others', async () => {
  const report = await importFiles(lent.app, 'keys', {
    '_posts/2010-02-01-lost.md': file('title: T\ndeep: [{ __proto__: 1 }]'),
    '_posts/2010-02-02-kept.md': file('title: T\ntext: __proto__'),
  })
  expect(countsOf(report)).toMatchObject({ created: 1, failed: 1 })
  expect(findingsOf(report)).toEqual(['error unstorable-key _posts/2010-02-01-lost.md'])
})

test('a text that only looks like such an escape goes in as it is', async () => {
  const metadata = { text: '\\u0000 and \\ud800' }
  const report = await importEntries(lent.app, 'escapes', [
    entry({ file: 'a.md', slug: 'escapes', metadata }),
  ])
  expect(report).toMatchObject({ created: 1, failed: 0, findings: [] })
  const { post } = await lent.app.anonymous.run(PostByDocument, { by: { slug: 'escapes' } })
  expect(post?.metadata).toEqual(metadata)
})

test('what is too long for its column is a finding, and so is whatever else one post alone makes fail', async () => {
  const instant = new Date(Number.NaN)
  const report = await importEntries(lent.app, 'single', [
    entry({ file: 'a.md', title: 'x'.repeat(1_001), tags: ['y'.repeat(201)] }),
    entry({ file: 'b.md', date: { instant, offsetMinutes: 0, text: 'never' } }),
    entry({ file: 'c.md', slug: 'third' }),
  ])
  expect(countsOf(report)).toMatchObject({ created: 1, failed: 2 })
  expect(findingsOf(report)).toEqual(['error too-long a.md', 'error too-long a.md', 'error not-stored b.md'])
  expect(report.findings[2]?.message).not.toContain('\n')
})

test.each([
  ['what fits', 'x'.repeat(1_000)],
  [
    'what hardly compresses',
    Array.from({ length: 1_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join(''),
  ],
])('a title of 1,000 characters goes in: %s', async (what, title) => {
  const report = await importEntries(lent.app, `long ${what}`, [entry({ file: 'long.md', title })])
  expect(report).toMatchObject({ created: 1, findings: [] })
})

/** Lets the database refuse the posts with this error. */
const refusing =
  (code: string): Writer =>
  (viewer, work) =>
    lent.app.core.write(viewer, async (w) => {
      const value = await work(w)
      if ((await w.tx.post.count({ where: { slug: 'refused' } })) === 0) return value
      await w.tx.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '${code}'; END $$`)
      return value
    })

test.each(['22003', '23514', '40P01', '54000'])(
  'what the database says of one post (%s) is a finding',
  async (code) => {
    const entries = [
      entry({ file: 'a.md', slug: 'refused' }),
      entry({ file: 'b.md', slug: `next-${code.toLowerCase()}` }),
    ]
    const report = await runImport(refusing(code), inTurn(entries), { source: code })
    expect(countsOf(report)).toMatchObject({ created: 1, failed: 1 })
    expect(report.findings).toMatchObject([{ file: 'a.md', rule: 'not-stored', severity: 'error' }])
    expect(report.findings[0]?.message).toContain('no room')
  },
)

test.each(['53100', '57P01', '25006'])(
  'what it says of itself (%s) ends the run, in one line',
  async (code) => {
    const run = runImport(refusing(code), inTurn([entry({ file: 'a.md', slug: 'refused' })]), {
      source: code,
    })
    await expect(run).rejects.toThrow(OperatorError)
    await expect(run).rejects.toThrow(/^The import stopped at a\.md, .*no room.*$/)
  },
)

/** Refuses the first writes of posts as a program does that has too much to render. */
const busyFor = (refusals: number): Writer => {
  let left = refusals
  return async (viewer, work, options) => {
    if (options?.sources?.length && left-- > 0)
      throw new RequestError('SERVICE_UNAVAILABLE', 'Too much at once.')
    return lent.app.core.write(viewer, work, options)
  }
}

test('while too much is being rendered an import waits, and every post goes in', async () => {
  const entries = [entry({ file: 'a.md', slug: 'busy-a' }), entry({ file: 'b.md', slug: 'busy-b' })]
  const report = await runImport(busyFor(2), inTurn(entries), { source: 'busy' })
  expect(report).toMatchObject({ created: 2, failed: 0, findings: [] })
})

test('a program that stays too busy ends the run in one line, and the next run goes on from there', async () => {
  const entries = [entry({ file: 'a.md', slug: 'busier-a' }), entry({ file: 'b.md', slug: 'busier-b' })]
  const options = { source: 'busier', timeoutMs: 0 }
  await expect(runImport(busyFor(1), inTurn(entries), options)).rejects.toThrow(
    /^The import stopped at a\.md, since the program stayed too busy: Too much at once\. .*$/,
  )
  expect(await runImport(lent.app.core.write, inTurn(entries), options)).toMatchObject({
    created: 2,
    failed: 0,
  })
})

/** A database that can go away, apart from that of the other tests. */
const openFleeting = async () => {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const config = readConfig({})
  if (inject('kind') === 'embedded') {
    const database = await openDatabase({ folder: null })
    const goAway = async () => ('pglite' in database.driver ? database.driver.pglite.close() : undefined)
    return {
      core: await openCore(config, { database, log }),
      goAway,
      comeBack: null,
      end: async () => undefined,
    }
  }
  const server = await startPostgres()
  const core = await openCore(config, { database: await openDatabase({ url: server.url }), log })
  const end = async () => {
    await core.close()
    await server.remove()
  }
  return { core, goAway: server.stop, comeBack: server.start, end }
}

test('a database that goes away ends the run at once, and the next run goes on from there', async ({
  skip,
}) => {
  skip(inject('kind') === 'postgres' && postgresBinaries() === null, 'there is no server to stop')
  const { core, goAway, comeBack, end } = await openFleeting()
  const entries = Array.from({ length: 20 }, (_, index) =>
    entry({ file: `${index}.md`, slug: `post-${index}` }),
  )
  async function* withOutage(): AsyncGenerator<ImportEntry> {
    yield* entries.slice(0, 2)
    await goAway()
    yield* entries.slice(2)
  }
  const progress: number[] = []
  const onProgress = ({ created }: { created: number }) => void progress.push(created)
  const run = runImport(core.write, withOutage(), { source: 'outage', onProgress })
  await expect(run).rejects.toThrow(/^The import stopped at 2\.md, since the database failed: .*$/)
  expect(progress).toEqual([1, 2])
  if (comeBack) {
    await comeBack()
    const report = await runImport(core.write, inTurn(entries), { source: 'outage' })
    expect(countsOf(report)).toMatchObject({ created: 18, unchanged: 2, failed: 0 })
  }
  await end()
})
