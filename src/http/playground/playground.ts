import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Answer, Call, Route } from '../call.ts'
import { type ExampleTab, exampleTabs, headersHint } from './example-tabs.ts'

export type Graphiql = {
  /** The page, for a browser's GET without a `query`; undefined for every other call. */
  page(call: Call): Promise<Answer> | undefined
  /** What the page loads, by path. */
  routes: Record<string, Route>
}

/**
 * The playground, served whole by this process: nothing in it asks another host, and its policy would not let it.
 * `path` is the GraphQL endpoint's. The package behind it (9 MB of text) is loaded at the first visit and not before;
 * each of its parts is compressed once, and has its content's hash in its address so that browsers keep it for good.
 */
export const createGraphiql = (
  path: string,
  title: string,
  tabs: readonly ExampleTab[] = exampleTabs,
): Graphiql => {
  let loading: Promise<Assets> | undefined
  const paths = Object.keys(contentTypes).map((name) => [name, `${path}/assets/${name}`] as const)
  const routes = paths.map(([name, at]): [string, Route] => [
    at,
    { methods: ['GET'], answer: async (call) => asset(await assets(), name, call) },
  ])

  const page = async (): Promise<Answer> => {
    const { version } = await assets()
    // Relative, so that it also works beneath a proxy's prefix.
    const folder = `${path.slice(path.lastIndexOf('/') + 1)}/assets`
    return { status: 200, headers: pageHeaders, body: html(folder, version, title, tabs) }
  }

  const assets = (): Promise<Assets> => {
    loading ??= loadAssets().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  }

  return { page: (call) => (wantsPage(call) ? page() : undefined), routes: Object.fromEntries(routes) }
}

const wantsPage = ({ request, search }: Call): boolean => {
  if (request.method === 'POST' || !request.headers.accept?.includes('text/html')) return false
  return !new URLSearchParams(search).has('query')
}

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  // The page names the assets' hashes: it must be asked for again after an upgrade.
  'cache-control': 'no-cache',
  vary: 'Accept',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    // The editor writes its colours and positions into style elements and attributes as it goes.
    "style-src 'self' 'unsafe-inline'",
    'font-src data:',
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
}

type Assets = { version: string; plain: Map<string, Buffer>; compressed: Map<string, Promise<Buffer>> }

const contentTypes: Record<string, string> = {
  'graphiql.js': 'text/javascript; charset=utf-8',
  'graphiql.css': 'text/css; charset=utf-8',
  'start.js': 'text/javascript; charset=utf-8',
  'editor.worker.js': 'text/javascript; charset=utf-8',
  'json.worker.js': 'text/javascript; charset=utf-8',
  'graphql.worker.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
}

const loadAssets = async (): Promise<Assets> => {
  const graphiql = await import('@graphql-yoga/render-graphiql/graphiql')
  const texts: Record<string, string> = {
    'graphiql.js': graphiql.js,
    'graphiql.css': graphiql.css,
    'start.js': await readFile(new URL('./start.js', import.meta.url), 'utf8'),
    'editor.worker.js': graphiql.editorWorkerService,
    'json.worker.js': graphiql.jsonWorker,
    'graphql.worker.js': graphiql.graphqlWorker,
    'icon.svg': await readFile(new URL('./icon.svg', import.meta.url), 'utf8'),
  }
  // Once, for all who ask: as text each answer would make its own bytes of it.
  const plain = new Map(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)]))
  const hash = createHash('sha256')
  for (const bytes of plain.values()) hash.update(bytes)
  return { version: hash.digest('hex').slice(0, 16), plain, compressed: new Map() }
}

const asset = async ({ version, plain, compressed }: Assets, name: string, call: Call): Promise<Answer> => {
  const isCurrent = new URLSearchParams(call.search).get('v') === version
  const headers: Record<string, string> = {
    'content-type': contentTypes[name] ?? 'application/octet-stream',
    'cache-control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'Accept-Encoding',
  }
  const bytes = plain.get(name) ?? Buffer.alloc(0)
  if (!/\bgzip\b/.test(String(call.request.headers['accept-encoding'] ?? '')))
    return { status: 200, headers, body: bytes, isShared: true }

  const body = compressed.get(name) ?? compress(bytes)
  compressed.set(name, body)
  return {
    status: 200,
    headers: { ...headers, 'content-encoding': 'gzip' },
    body: await body,
    isShared: true,
  }
}

const compress = promisify<Buffer, Buffer>(gzip)

const html = (folder: string, version: string, title: string, tabs: readonly ExampleTab[]): string => {
  const at = (name: string) => `${folder}/${name}?v=${version}`
  const options = { title: escaped(title), headers: headersHint, defaultTabs: tabs }
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>${escaped(title)}</title>
    <link rel="icon" href="${at('icon.svg')}">
    <link rel="stylesheet" href="${at('graphiql.css')}">
  </head>
  <body>
    <noscript>The playground needs JavaScript; the API itself does not.</noscript>
    <div id="root">Loading …</div>
    <script type="application/json" id="options">${JSON.stringify(options).replaceAll('<', '\\u003c')}</script>
    <script src="${at('graphiql.js')}"></script>
    <script src="${at('start.js')}"></script>
  </body>
</html>
`
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
