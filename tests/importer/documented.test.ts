import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

test('docs/importing.md says of every rule what it means, and of no other', () => {
  const sources = globSync('src/importer/**/*.ts', { cwd: root }).map(read).join('\n')
  // Nothing else in these files is a text of words with hyphens between them.
  const rules = [...sources.matchAll(/(?<=')(?<!from ')[a-z]+(?:-[a-z\d]+)+(?=')/g)].map(([rule]) => rule)
  const [, findings = ''] = /## Findings\n([\s\S]*?)\n## /.exec(read('docs/importing.md')) ?? []
  const documented = [...findings.matchAll(/^\| (`.*?) \|/gm)].flatMap(
    ([, cell = '']) => cell.match(/[a-z\d-]+/g) ?? [],
  )
  expect(rules.length).toBeGreaterThan(30)
  expect(documented.sort()).toEqual([...new Set(rules), 'guid-taken', 'id-taken'].sort())
})
