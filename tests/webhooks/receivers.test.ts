import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, inject, onTestFinished, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { blocks, root } from '../support/documents.ts'
import { freePort } from '../support/free-port.ts'
import { until } from '../support/until.ts'
import { deliveryOf, subscribe } from './subscribing.ts'
import { publishNew } from './writing.ts'

// Every receiver of docs/webhooks.md, as it stands there, is sent a real delivery.
const lent = withApp()
const folder = join(root, 'tests', `.receivers-${inject('kind')}`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const receivers = blocks().filter(
  ({ file, language, text }) => file === 'docs/webhooks.md' && /_SECRET/.test(text) && language !== 'sh',
)
const [node, next, worker, python, php] = receivers

test('the document has a receiver for each platform', () => {
  expect(receivers.map(({ language }) => language)).toEqual(['ts', 'ts', 'ts', 'python', 'php'])
})

const hasCommand = (name: string) => {
  try {
    return execFileSync(name, ['--version'], { stdio: 'pipe' }).length > 0
  } catch {
    return false
  }
}

type Started = { url: string; start(secret: string): Promise<unknown> }

test('Node.js verifies a delivery and refuses one that was altered', () =>
  deliversTo(program('receiver.ts', node?.text ?? '', (file) => [process.execPath, file])))

test.skipIf(!hasCommand('python3'))('Python does (skipped where there is no python3)', () =>
  deliversTo(program('receiver.py', python?.text ?? '', (file) => ['python3', file])),
)

test.skipIf(!hasCommand('php'))('PHP does (skipped where there is no php)', () =>
  deliversTo(
    program('receiver.php', php?.text ?? '', (file, port) => ['php', '-S', `127.0.0.1:${port}`, file]),
  ),
)

test('a route of Next.js does', () =>
  deliversTo(
    handler('next.ts', next?.text ?? '', (module, secret) => {
      process.env.WEBHOOK_SECRET = secret
      onTestFinished(() => void delete process.env.WEBHOOK_SECRET)
      return module.POST as Handler
    }),
  ))

test('a worker in the style of Cloudflare does', () =>
  deliversTo(
    handler('worker.ts', worker?.text ?? '', (module, secret) => {
      const { fetch } = module.default as { fetch: (request: Request, env: object) => Promise<Response> }
      return (request) => fetch(request, { WEBHOOK_SECRET: secret })
    }),
  ))

const deliversTo = async (starting: Promise<Started>): Promise<void> => {
  const { admin } = lent.app
  const { url, start } = await starting
  const { id, secret } = await subscribe(admin, { url })
  await start(secret)
  const { event } = await publishNew(admin, 'Told to a documented receiver')
  const { status, attempts, body } = await deliveryOf(
    admin,
    id,
    event.id,
    (delivery) => delivery.status !== 'PENDING',
  )
  expect({ status, attempts }).toMatchObject({ status: 'DELIVERED', attempts: [{ statusCode: 204 }] })
  const headers = {
    'webhook-id': 'delivery_x',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }
  expect((await fetch(url, { method: 'POST', headers, body: body ?? '' })).status).toBe(400)
}

/** A receiver that is a program, which is killed when the test ends. */
const program = async (
  name: string,
  text: string,
  command: (file: string, port: number) => string[],
): Promise<Started> => {
  const file = written(name, text)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const start = async (secret: string) => {
    const [executable = '', ...args] = command(file, port)
    const env = { ...process.env, PORT: String(port), WEBHOOK_SECRET: secret }
    const child = spawn(executable, args, { cwd: root, env, stdio: 'ignore' })
    onTestFinished(() => void child.kill('SIGKILL'))
    await until(() =>
      fetch(url, { method: 'POST', body: '' }).then(
        () => true,
        () => false,
      ),
    )
  }
  return { url, start }
}

type Handler = (request: Request) => Promise<Response>

/** A receiver that is a function of the Web platform, behind a server as its host would run it. */
const handler = async (
  name: string,
  text: string,
  handlerOf: (module: Record<string, unknown>, secret: string) => Handler,
): Promise<Started> => {
  const module = (await import(written(name, text))) as Record<string, unknown>
  let handle: Handler = async () => new Response(null, { status: 503 })
  const server = createServer(async (request, response) => {
    const { status } = await handle(await webRequest(request))
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections()),
  )
  const start = async (secret: string) => {
    handle = handlerOf(module, secret)
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, start }
}

const webRequest = async (request: IncomingMessage): Promise<Request> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const headers = new Headers(request.headers as Record<string, string>)
  return new Request('http://127.0.0.1/', { method: 'POST', headers, body: Buffer.concat(chunks) })
}

const written = (name: string, text: string): string => {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}
