import { execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { parse, validate } from 'graphql'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { schema } from '../src/graphql/schema.ts'
import { withApp } from './support/app.ts'
import { type Block, blocks, root } from './support/documents.ts'
import { importSample } from './support/sample.ts'
import { until } from './support/until.ts'

const lent = withApp({ env: { WEBHOOK_ALLOW: 'localhost' } })
const folder = join(root, 'tests', '.docs')
const all = blocks()
const of = (...languages: string[]) => all.filter(({ language }) => languages.includes(language))
const at = ({ file, line }: Block) => `${file}:${line}`

beforeAll(() => importSample(lent.app))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every block is in a language that is checked here, or is marked as text', () => {
  const known = ['graphql', 'sh', 'ts', 'python', 'php', 'text', 'json', 'yaml', '']
  expect(all.filter(({ language }) => !known.includes(language)).map(at)).toEqual([])
  expect(of('graphql', 'sh', 'ts').length).toBeGreaterThan(5)
})

test.each(of('graphql').map((block) => [at(block), block] as const))(
  'the GraphQL at %s runs',
  async (_at, { text }) => {
    expect(validate(schema, parse(text)).map((error) => error.message)).toEqual([])
    if (/^\s*(mutation|subscription)/.test(text)) return
    const { data, errors } = await lent.app.admin.send(text)
    expect(errors).toEqual([])
    expect(Object.values(data ?? {})).not.toContain(null)
  },
)

test('every TypeScript block compiles', () => {
  mkdirSync(folder, { recursive: true })
  const files = of('ts').map((block, index) => {
    const file = join(folder, `block-${index}.ts`)
    writeFileSync(file, block.text)
    return file
  })
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'))
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const run = () => execFileSync('tsc', ['-p', folder], { cwd: root, encoding: 'utf8', env: withBinaries() })
  expect(run).not.toThrow()
})

test('every shell block is sound, and names scripts and files that exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  for (const block of of('sh')) {
    execFileSync('bash', ['-n'], { input: block.text })
    for (const [, name = ''] of block.text.matchAll(/npm run (?:-s )?([\w:]+)/g))
      expect(scripts, at(block)).toHaveProperty(name)
    for (const [, path = ''] of block.text.matchAll(/vitest run (tests\/\w+)/g))
      expect(existsSync(join(root, path)), path).toBe(true)
  }
})

test('every link between documents leads somewhere', () => {
  const dead = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
      .map((match) => join(dirname(file), match[1] ?? ''))
      .filter((target) => !existsSync(join(root, target)))
      .map((target) => `${file} → ${target}`),
  )
  expect(dead).toEqual([])
})

test('a newcomer who follows the README reads, subscribes, publishes and receives a verified webhook', async () => {
  const curls = of('sh').filter(({ file, text }) => file === 'README.md' && text.startsWith('curl'))
  expect(curls).toHaveLength(4)
  const source = of('ts').find(({ file }) => file === 'README.md')?.text ?? ''
  const port = String(49_152 + Math.floor(Math.random() * 10_000))
  let id = 'post_…'
  let receiver: Awaited<ReturnType<typeof startReceiver>> | undefined
  for (const { text } of curls) {
    const command = text
      .replaceAll('http://localhost:4000', lent.app.url)
      .replace('localhost:3000', `localhost:${port}`)
      .replace('post_…', id)
    const { stdout } = await promisify(execFile)('bash', ['-c', command], {
      env: { ...process.env, KEY: lent.app.admin.key ?? '' },
    })
    expect(stdout).not.toMatch(/"(errors|message)"/)
    id = /post_\w+/.exec(stdout)?.[0] ?? id
    const [secret] = /whsec_[^"]+/.exec(stdout) ?? []
    if (secret) receiver = await startReceiver(source.replace('3000', port), secret)
  }
  await until(() => receiver?.output().includes('post.published'))
  expect(receiver?.output()).toContain("title: 'Hello'")
  receiver?.stop()
})

const startReceiver = async (source: string, secret: string) => {
  const file = join(folder, 'receiver.ts')
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, source.replace('.listen(', ".on('listening', () => console.log('ready')).listen("))
  const child = spawn(process.execPath, [file], {
    cwd: root,
    env: { ...process.env, WEBHOOK_SECRET: secret },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  await until(() => output.includes('ready'))
  return { output: () => output, stop: () => child.kill() }
}

const withBinaries = () => ({
  ...process.env,
  PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
})
