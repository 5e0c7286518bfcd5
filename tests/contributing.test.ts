import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/documents.ts'

const [, table = ''] =
  /## Where a change goes\n([\s\S]*?)\nThen /.exec(readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')) ?? []
const rows = new Map(
  [...table.matchAll(/^\| ([\w ]+?) +\| (.+?) +\|$/gm)].map(([, change = '', files = '']) => [change, files]),
)

/** The files and folders that a row names; a bare name is that of a file in a folder that the row names. */
const namedIn = (cell: string): string[] => {
  const names = [...cell.matchAll(/`([\w./-]+)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => /\/|\.(ts|md|prisma)$/.test(name))
  const folders = names.filter((name) => name.startsWith('src/') && name.endsWith('/'))
  return names.map((name) => {
    if (name.includes('/') && existsSync(join(root, name))) return name
    const within = folders.map((folder) => `${folder}${name}`).find((path) => existsSync(join(root, path)))
    return within ?? name
  })
}

test('every file and folder that the table of changes names is there', () => {
  expect(rows.size).toBeGreaterThan(10)
  const missing = [...rows.values()]
    .flatMap(namedIn)
    // The folders of every noun, and the files in it that a kind of event, of a term or of a field would have.
    .filter((name) => !existsSync(join(root, name)) && !['graphql/', 'events.before'].includes(name))
  expect(missing).toEqual([])
})

const sources = globSync('src/**/*.ts', { cwd: root })
  // What is printed is nobody's to change, and what an import reads has a row of its own.
  .filter((file) => !/generated|receiver\/event-types|^src\/importer\//.test(file))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

const mentioning = (word: string): string[] =>
  sources.filter(({ text }) => new RegExp(`\\b${word}\\b`).test(text)).map(({ file }) => file)

test.each([
  ['written field of Post', 'layout'],
  ['field of an author or term', 'websiteUrl'],
  ['mutation', 'restorePost'],
  ['event type', 'post\\.restored'],
  ['setting', 'EVENT_RETENTION_DAYS'],
])('a %s, such as %s, is mentioned in the files that its row names and in no other', (change, word) => {
  const named = namedIn(rows.get(change) ?? '')
  const found = mentioning(word)
  expect(found.length).toBeGreaterThan(0)
  // A folder of a row that holds one file for each noun or verb: `graphql/` beside the verb's.
  const unnamed = found.filter(
    (file) =>
      !named.some(
        (name) =>
          file === name || (name.endsWith('graphql/') && file.includes(`/${name.split('/').at(-2)}/`)),
      ),
  )
  expect(unnamed, `CONTRIBUTING.md's row "${change}"`).toEqual([])
})
