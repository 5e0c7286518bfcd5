import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import { blocks, root } from './documents.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

/** A receiver of docs/webhooks.md, as it stands there; `start` gives it its secret, or none. */
export type Started = {
  url: string
  /** Resolves with whether it answers: one may refuse to start. */
  start(secret: string | undefined): Promise<boolean>
}

export type DocumentedReceiver = { name: string; isHere: boolean; prepare(): Promise<Started> }

export const documented = blocks().filter(
  ({ file, language, text }) => file === 'docs/webhooks.md' && /_SECRET/.test(text) && language !== 'sh',
)

/** Every one of them, in a folder of its own below the project, where they find its packages. */
export const useDocumentedReceivers = (): DocumentedReceiver[] => {
  const [node, next, worker, python, php] = documented
  const folder = mkdtempSync(join(root, 'tests', '.receivers-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const written = (name: string, text = ''): string => {
    mkdirSync(folder, { recursive: true })
    const file = join(folder, name)
    writeFileSync(file, text)
    return file
  }
  return [
    {
      name: 'Node.js',
      isHere: true,
      prepare: () => program((port) => [process.execPath, written(`receiver${port}.ts`, node?.text)]),
    },
    {
      name: 'Python',
      isHere: hasCommand('python3'),
      prepare: () => program((port) => ['python3', written(`receiver${port}.py`, python?.text)]),
    },
    {
      name: 'PHP',
      isHere: hasCommand('php'),
      prepare: () =>
        program((port) => ['php', '-S', `127.0.0.1:${port}`, written(`receiver${port}.php`, php?.text)]),
    },
    {
      name: 'a route of Next.js',
      isHere: true,
      prepare: () =>
        handler(written('next.ts', next?.text), (module, secret) => {
          if (secret === undefined) delete process.env.WEBHOOK_SECRET
          else process.env.WEBHOOK_SECRET = secret
          onTestFinished(() => void delete process.env.WEBHOOK_SECRET)
          return module.POST as Handler
        }),
    },
    {
      name: 'a worker in the style of Cloudflare',
      isHere: true,
      prepare: () =>
        handler(written('worker.ts', worker?.text), (module, secret) => {
          const { fetch } = module.default as { fetch: (request: Request, env: object) => Promise<Response> }
          return (request) => fetch(request, { WEBHOOK_SECRET: secret })
        }),
    },
  ]
}

const hasCommand = (name: string) => {
  try {
    return execFileSync(name, ['--version'], { stdio: 'pipe' }).length > 0
  } catch {
    return false
  }
}

/** A receiver that is a program, which is killed when the test ends. */
const program = async (command: (port: number) => string[]): Promise<Started> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const start = async (secret: string | undefined) => {
    const [executable = '', ...args] = command(port)
    const { WEBHOOK_SECRET: _, ...env }: NodeJS.ProcessEnv = { ...process.env, PORT: String(port) }
    const child = spawn(executable, args, {
      cwd: root,
      env: secret === undefined ? env : { ...env, WEBHOOK_SECRET: secret },
      stdio: 'ignore',
    })
    let hasEnded = false
    child.on('exit', () => {
      hasEnded = true
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const answers = () =>
      fetch(url, { method: 'POST', body: '' }).then(
        () => true,
        () => false,
      )
    await until(async () => hasEnded || (await answers()), 60_000)
    return !hasEnded
  }
  return { url, start }
}

type Handler = (request: Request) => Promise<Response>

/** A receiver that is a function of the Web platform, behind a server as its host would run it. */
const handler = async (
  file: string,
  handlerOf: (module: Record<string, unknown>, secret: string | undefined) => Handler,
): Promise<Started> => {
  const module = (await import(file)) as Record<string, unknown>
  let handle: Handler = async () => new Response(null, { status: 503 })
  const server = createServer(async (request, response) => {
    const { status } = await handle(await webRequest(request))
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(
    () => new Promise<void>((resolve) => void server.close(() => resolve()).closeAllConnections()),
  )
  const start = async (secret: string | undefined) => {
    handle = handlerOf(module, secret)
    return true
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, start }
}

const webRequest = async (request: IncomingMessage): Promise<Request> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const headers = new Headers(request.headers as Record<string, string>)
  return new Request('http://127.0.0.1/', { method: 'POST', headers, body: Buffer.concat(chunks) })
}
