import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { kinds } from '../src/taxonomy/kinds.ts'

const root = resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')
const files = globSync('src/**/*.ts', {
  cwd: root,
  exclude: (path) => String(path).includes('generated'),
}).sort()
const sources = new Map(files.map((file) => [file, read(file)]))

const importsOf = (file: string): string[] =>
  [...(sources.get(file) ?? '').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(
    (match) => match[1] ?? '',
  )

const localImportsOf = (file: string): string[] =>
  importsOf(file)
    .filter((name) => name.startsWith('.'))
    .map((name) => relative(root, resolve(root, dirname(file), name)))
    .filter((name) => sources.has(name))

/** The lines of the directions in ARCHITECTURE.md, the top first. */
const [, directions = ''] = /## Directions\n([\s\S]*?)\n## /.exec(read('ARCHITECTURE.md')) ?? []
const layers = [...directions.matchAll(/^- ([\w ]+):((?:\s+`[^`]+`)+)$/gm)].map(
  ([, name = '', patterns = '']) => ({
    name,
    patterns: [...patterns.matchAll(/`([^`]+)`/g)].map(([, pattern = '']) => pattern),
  }),
)

/** How much of the file's path a pattern names: the one that names most counts. */
const named = (file: string, pattern: string): number => {
  if (!pattern.startsWith('*'))
    return file === pattern || (pattern.endsWith('/') && file.startsWith(pattern)) ? pattern.length : 0
  const start = file.indexOf(pattern.slice(1), 'src/'.length)
  return start < 0 ? 0 : start + pattern.length
}

const layerOf = (file: string): number => {
  const fits = layers.map(({ patterns }) => Math.max(...patterns.map((pattern) => named(file, pattern))))
  const best = Math.max(...fits)
  return best > 0 ? fits.indexOf(best) : -1
}

/** How a noun looks to clients: a folder of its own within the noun's. */
const isType = (file: string): boolean => /^src\/.+\/graphql\//.test(file)

test('every source file has a layer in ARCHITECTURE.md', () => {
  expect(layers.length).toBeGreaterThan(10)
  const homeless = files.filter((file) => layerOf(file) < 0)
  expect(homeless, 'Add these to the directions in ARCHITECTURE.md').toEqual([])
})

test('imports only go down the directions', () => {
  const upwards = files.flatMap((file) =>
    localImportsOf(file)
      .filter((target) => layerOf(target) < layerOf(file))
      .map(
        (target) =>
          `${file} (${layers[layerOf(file)]?.name}) imports ${target} (${layers[layerOf(target)]?.name})`,
      ),
  )
  expect(upwards, 'Move what is shared down, or declare a port and join it in src/app.ts').toEqual([])
})

test('there are no cycles', () => {
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file) || path.includes(file)) return
    for (const target of localImportsOf(file)) visit(target, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
  expect(cycles).toEqual([])
})

const importersOf = (wanted: (name: string) => boolean): string[] =>
  files.filter((file) => importsOf(file).some(wanted))

test('what posts are linked to stands in the table of kinds alone', () => {
  const names = Object.values(kinds).flatMap(({ links, idColumn, idsField }) => [links, idColumn, idsField])
  const named = new RegExp(`\\b(${names.join('|')})\\b`)
  const others = files.filter((file) => !file.endsWith('/kinds.ts') && named.test(sources.get(file) ?? ''))
  expect(others, 'Read src/taxonomy/kinds.ts instead').toEqual([])
})

test('a folder holds at most 15 files', () => {
  const folders = Map.groupBy(files, (file) => dirname(file))
  const full = [...folders].filter(([, inside]) => inside.length > 15).map(([folder]) => folder)
  expect(full, 'Part it by noun or by layer').toEqual([])
})

test('src/ itself holds what joins the others', () => {
  const loose = files.filter((file) => dirname(file) === 'src')
  expect(loose).toEqual(['app', 'config', 'core', 'main', 'worker'].map((name) => `src/${name}.ts`))
})

test('GraphQL is imported only by graphql/ folders and http/', () => {
  const importers = importersOf(
    (name) => name === 'graphql' || name.startsWith('graphql-yoga') || name.startsWith('@pothos/'),
  )
  const others = importers.filter((file) => !/^src\/(graphql|http)\//.test(file) && !isType(file))
  expect(others, 'Declare what you need as a port and join it in src/app.ts').toEqual([])
})

test('resolvers never write', () => {
  const writing =
    /\.(create|createMany|update|updateMany|upsert|delete|deleteMany|\$transaction|\$executeRaw)\b[(`]/
  const writers = files.filter((file) => isType(file) && writing.test(sources.get(file) ?? ''))
  expect(writers, 'Call a function of the domain through context.write instead').toEqual([])
})

test('webhooks and content never import each other, and content is imported by no domain below it', () => {
  const domains = {
    webhooks: /^src\/webhooks\//,
    content: /^src\/posts\//,
    // The table of kinds is data that all may read.
    below: /^src\/taxonomy\/(?!kinds\.ts)/,
  }
  const crossing = (from: RegExp, to: RegExp) =>
    files
      .filter((file) => from.test(file))
      .flatMap((file) =>
        localImportsOf(file)
          .filter((target) => to.test(target))
          .map((target) => `${file} → ${target}`),
      )
  expect(crossing(domains.webhooks, domains.content)).toEqual([])
  expect(crossing(domains.webhooks, domains.below)).toEqual([])
  expect(crossing(domains.content, domains.webhooks)).toEqual([])
  expect(crossing(domains.below, domains.webhooks)).toEqual([])
  expect(crossing(domains.below, domains.content)).toEqual([])
})

test('what there is one importer of has one', () => {
  expect(importersOf((name) => name === '@prisma/adapter-pg')).toEqual(['src/db/postgres/postgres.ts'])
  const ofEmbedded = importersOf((name) => ['@electric-sql/pglite', 'pglite-prisma-adapter'].includes(name))
  expect(ofEmbedded.filter((file) => !file.startsWith('src/db/'))).toEqual([])
  const mentioning = (text: RegExp) => files.filter((file) => text.test(sources.get(file) ?? ''))
  expect(mentioning(/process\.env/)).toEqual(['src/config.ts'])
  // When the time to stop is over.
  expect(mentioning(/process\.exit\(/)).toEqual(['src/cli/serve.ts'])
  expect(importsOf('src/receiver/verify.ts')).toEqual(['./event-types.ts'])
  expect(importsOf('src/receiver/event-types.ts')).toEqual([])
})

test('what commands print goes through one file, which lets nothing that came from outside write to the terminal', () => {
  const writers = files.filter(
    (file) =>
      file.startsWith('src/cli/') && /\bconsole\.|process\.(stdout|stderr)\b/.test(sources.get(file) ?? ''),
  )
  expect(writers).toEqual(['src/cli/output.ts'])
})

test('domains take the time and never ask for it', () => {
  const domains = /^src\/(posts|taxonomy|webhooks|events|importer)\//
  const asking = files.filter(
    (file) => domains.test(file) && /new Date\(\)|Date\.now\(\)/.test(sources.get(file) ?? ''),
  )
  expect(asking, 'Use w.now, or a clock that is handed in').toEqual([])
})

test('no file is longer than 300 lines', () => {
  const long = files.filter((file) => (sources.get(file) ?? '').split('\n').length > 300)
  expect(long, 'Split by idea: two reasons to change are two files').toEqual([])
})

test('importing the schema has no side effect and gives the same SDL each time', () => {
  const script = `const { printedSchema } = await import('./src/graphql/schema.ts'); process.stdout.write(printedSchema())`
  // Without a permission to write, to start processes or workers: whoever tried would end this process.
  const print = () =>
    execFileSync(
      process.execPath,
      ['--permission', '--allow-fs-read=*', '--input-type=module', '-e', script],
      { cwd: root, encoding: 'utf8' },
    )
  expect(print()).toBe(print())
})
