import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import pg from 'pg'
import { answerInFew } from './read.few.ts'
import { answerInOne } from './read.one.ts'
import type { Asked } from './read.queries.ts'

// What Presswire is measured against, as a server of its own: `stored ANSWERS.json`, `one URL` or `few URL`. It reads a
// GraphQL request, does no GraphQL, and gives the same answer.
const [kind = '', from = ''] = process.argv.slice(2)

const stored = (file: string) => {
  const answers: Record<string, string> = JSON.parse(readFileSync(file, 'utf8'))
  const buffers = new Map(Object.entries(answers).map(([body, answer]) => [body, Buffer.from(answer)]))
  return async (body: string) => buffers.get(body)
}

const fromDatabase = (answer: (pool: pg.Pool, asked: Asked) => Promise<string>) => (url: string) => {
  // As many connections as Presswire has by default, and its time zone.
  const pool = new pg.Pool({ connectionString: url, max: 10, options: '-c timezone=UTC' })
  return async (body: string) => Buffer.from(await answer(pool, JSON.parse(body)))
}

const kinds = { stored, one: fromDatabase(answerInOne), few: fromDatabase(answerInFew) }

const answer = kinds[kind as keyof typeof kinds](from)

const server = createServer(async (request, response) => {
  const body = await answer(await textOf(request))
  if (!body) return response.writeHead(404).end()
  response.writeHead(200, {
    'content-type': 'application/graphql-response+json; charset=utf-8',
    'content-length': body.length,
  })
  response.end(body)
})

const textOf = (request: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', reject)
  })

server.listen(0, '127.0.0.1')
await once(server, 'listening')
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('A TCP server has a port.')
console.error(`running at http://127.0.0.1:${address.port}/`)
