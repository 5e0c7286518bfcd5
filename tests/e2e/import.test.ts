import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { withHome } from '../support/process.ts'

const lent = withHome()

// Each process takes seconds.
const patient = { timeout: 60_000 }

let site = ''

const write = (name: string, text: string) => writeFile(join(site, '_posts', name), text)
const post = (title: string, date: string) =>
  `---\ntitle: ${title}\ndate: ${date}\n---\nThe body of ${title}.\n`

const importSite = async (...options: string[]) => {
  const { code, stdout, stderr } = await lent.home.run('import', site, '--source', 'mine', ...options)
  return { code, stderr, stdout, report: options.includes('--json') ? JSON.parse(stdout) : null }
}

beforeAll(async () => {
  site = join(lent.home.folder, 'site')
  await mkdir(join(site, '_posts'), { recursive: true })
  await write('2009-07-23-first.md', post('First', '2009-07-23T09:20:48+02:00'))
  await write('2010-01-02-second.md', post('Second', '2010-01-02T00:00:00Z'))
  await write('2011-03-04-third.html', post('Third', '2011-03-04T00:00:00Z'))
})

test('an import ends with one JSON object and exit code 0', patient, async () => {
  const { code, stdout, report } = await importSite('--json')

  expect(code).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(report).toEqual({ created: 3, changed: 0, unchanged: 0, skipped: 0, failed: 0, findings: [] })
})

test(
  'a second run changes nothing of the first; a broken file is reported by name, line, rule and what to do; the others go in; exit code 1',
  patient,
  async () => {
    await write('2012-05-06-broken.md', '---\ntitle: "No end\ndate: 2012-05-06\n---\nText.\n')
    await write('2013-07-08-fourth.md', post('Fourth', '2013-07-08T00:00:00Z'))
    const { code, report } = await importSite('--json')

    expect(code).toBe(1)
    expect(report).toMatchObject({ created: 1, changed: 0, unchanged: 3, failed: 1 })
    expect(report.findings).toEqual([
      {
        file: '_posts/2012-05-06-broken.md',
        line: expect.any(Number),
        rule: expect.stringMatching(/^[a-z]+(-[a-z]+)*$/),
        message: expect.stringMatching(/.{10}/),
        action: expect.stringMatching(/.{10}/),
      },
    ])
    expect(report.findings[0].line).toBeGreaterThan(1)
  },
)

test('people get the same as text on standard error, and nothing on standard output', patient, async () => {
  const { code, stdout, stderr } = await importSite()

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^_posts\/2012-05-06-broken\.md:\d+: error \(/m)
  expect(stderr).toContain('0 created, 0 changed, 4 unchanged, 0 skipped, 1 failed.')
})

test('a corrected file goes in, a changed one is changed', patient, async () => {
  await write('2012-05-06-broken.md', post('Mended', '2012-05-06T00:00:00Z'))
  await write('2013-07-08-fourth.md', post('Fourth, again', '2013-07-08T00:00:00Z'))
  const { code, report } = await importSite('--json')

  expect(code).toBe(0)
  expect(report).toMatchObject({ created: 1, changed: 1, unchanged: 3, failed: 0, findings: [] })
})

test('a folder that is not there is one line and exit code 1', patient, async () => {
  const { code, stdout, stderr } = await lent.home.run('import', join(site, 'nowhere'))

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('nowhere')])
})

test('what was imported is served', patient, async () => {
  const serving = await lent.home.serve()
  const { data } = await serving.anonymous.send('{ posts { nodes { title publishedAt } } }')

  expect(data).toEqual({
    posts: {
      nodes: [
        { title: 'Fourth, again', publishedAt: '2013-07-08T00:00:00Z' },
        { title: 'Mended', publishedAt: '2012-05-06T00:00:00Z' },
        { title: 'Third', publishedAt: '2011-03-04T00:00:00Z' },
        { title: 'Second', publishedAt: '2010-01-02T00:00:00Z' },
        { title: 'First', publishedAt: '2009-07-23T09:20:48+02:00' },
      ],
    },
  })
})
