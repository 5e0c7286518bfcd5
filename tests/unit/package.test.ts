import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSigningKeyPair, newWebhookSecret, signatureHeaders } from '../../src/webhooks/http/sign.ts'
import { root } from '../support/documents.ts'

// `presswire/webhooks` as those get it who install the package: an archive, unpacked in an otherwise empty folder.
const folder = mkdtempSync(join(tmpdir(), 'presswire-package-'))
const installed = join(folder, 'node_modules', 'presswire')
const run = promisify(execFile)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

beforeAll(async () => {
  const archive = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: root,
  })
  const [{ filename }] = JSON.parse(archive.stdout) as [{ filename: string }]
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1'])
  // What `prepare` does: the checkout's own copy may be older than its source.
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  execFileSync(tsc, ['-p', join(root, 'tsconfig.receiver.json'), '--outDir', join(installed, 'dist')])
})

const body = JSON.stringify({ type: 'post.published', data: { post: { title: 'Grüße' } } })
const secret = newWebhookSecret()
const { privateKey, publicKey } = newSigningKeyPair()
const headers = signatureHeaders({
  id: 'delivery_1',
  timestampSeconds: Math.floor(Date.now() / 1000),
  body,
  secrets: [secret, privateKey],
})

/** The oldest Node.js that is promised; without it on this machine, the one that runs the suite. */
const node = (() => {
  const candidates = ['/usr/bin/node', '/usr/local/bin/node', process.execPath]
  const versionOf = (path: string) => {
    try {
      return Number(/^v(\d+)/.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))?.[1])
    } catch {
      return Number.POSITIVE_INFINITY
    }
  }
  const [oldest = process.execPath] = candidates.sort((a, b) => versionOf(a) - versionOf(b))
  return { path: oldest, version: versionOf(oldest) }
})()

test(`the packed archive verifies both kinds of signature (on Node.js ${node.version}), and refuses an altered body`, async () => {
  writeFileSync(
    join(folder, 'receiver.mjs'),
    `import { verifyWebhook } from 'presswire/webhooks'
     const headers = ${JSON.stringify(headers)}
     for (const key of ${JSON.stringify([secret, publicKey])}) {
       const event = await verifyWebhook(${JSON.stringify(body)}, headers, key)
       console.log(event.type, event.data.post.title)
       await verifyWebhook(${JSON.stringify(`${body} `)}, headers, key).catch(({ code }) => console.log(code))
     }`,
  )
  const { stdout } = await run(node.path, ['receiver.mjs'], { cwd: folder })
  expect(stdout.trim().split('\n')).toEqual(Array(2).fill(['post.published Grüße', 'bad_signature']).flat())
})

test('what is imported has no import of its own, and its types come with it', () => {
  expect(readFileSync(join(installed, 'dist', 'verify.js'), 'utf8')).not.toMatch(
    /^import|\bimport\(|\brequire\(/m,
  )
  const types = ['verify.d.ts', 'event-types.d.ts'].map((file) =>
    readFileSync(join(installed, 'dist', file), 'utf8'),
  )
  expect(types[0]).toContain('verifyWebhook')
  expect(types[1]).toContain("'post.published': 'Post'")
})

test('it runs in a bare JavaScript context, on the Web platform’s crypto, text coding and atob alone', async () => {
  writeFileSync(
    join(folder, 'bare.mjs'),
    `import { readFileSync } from 'node:fs'
     import vm from 'node:vm'
     const context = vm.createContext({ crypto, TextEncoder, TextDecoder, atob, Uint8Array })
     const source = readFileSync('node_modules/presswire/dist/verify.js', 'utf8')
     const module = new vm.SourceTextModule(source, { context })
     await module.link(() => { throw new Error('It imports something.') })
     await module.evaluate()
     const event = await module.namespace.verifyWebhook(${JSON.stringify(body)}, ${JSON.stringify(headers)}, ${JSON.stringify(secret)})
     console.log(event.type)`,
  )
  const flags = ['--experimental-vm-modules', '--no-warnings']
  const { stdout } = await run(node.path, [...flags, 'bare.mjs'], { cwd: folder })
  expect(stdout.trim()).toBe('post.published')
})
