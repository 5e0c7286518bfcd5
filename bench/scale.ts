import { createClient, type Reply } from '../tests/support/client.ts'
import { blogSize, makeBlog } from './data.ts'
import { type DatabaseServer, startDatabaseServer } from './database.ts'
import { compare, type Variant, type Watch } from './harness.ts'
import { headers, type LoadOptions, load } from './load.ts'
import { startPresswire } from './presswire.ts'
import { readCircumstances, saveReport } from './report.ts'
import { type Operation, operationsOn, pageRows } from './scale.queries.ts'
import { scaleReport, sizeName } from './scale.report.ts'
import type { ServerProcess } from './server-process.ts'

export type ScaleOptions = Omit<LoadOptions, 'connections'> & {
  /** Numbers of posts, the smallest first. */
  sizes: readonly number[]
  rounds: number
  save: boolean
  note: string | null
}

/** Asks the same of blogs of several sizes and tells how much longer it takes in the larger ones, as Markdown. */
export const benchScale = async (options: ScaleOptions, watch: Watch): Promise<string> => {
  const { sizes, rounds, save, note } = options
  const machine = readCircumstances(note)
  const postgres = await startDatabaseServer()
  try {
    const blogs: SizedBlog[] = []
    for (const posts of sizes) blogs.push(await prepare(postgres, posts, watch))
    checkSameRows(blogs)
    const ofServer = new WeakMap<ServerProcess, SizedBlog>()
    const variants = blogs.map((blog): Variant => {
      const start = async () => {
        const server = await startPresswire(blog.databaseUrl)
        ofServer.set(server, blog)
        return server
      }
      return { name: sizeName(blog.posts), start }
    })
    const operations = blogs[0]?.operations ?? []
    const workloads = operations.map(({ name }) => ({
      name,
      measure: (server: ServerProcess, signal: AbortSignal) =>
        load(server.url, bodiesOf(ofServer.get(server), name), { ...options, connections: 1 }, signal),
    }))
    const comparison = await compare(variants, workloads, rounds, watch)
    const circumstances = { ...machine, postgres: postgres.version }
    const markdown = scaleReport(comparison, operations, options, circumstances)
    const files = save ? saveReport('scale', circumstances, { options, ...comparison }, markdown) : []
    for (const file of files) watch.say(`wrote ${file}`)
    return markdown
  } finally {
    await postgres.remove()
  }
}

type SizedBlog = {
  posts: number
  databaseUrl: string
  operations: Operation[]
  /** Of each operation's answers, by its name. */
  rows: Map<string, number>
}

// At 1,000 posts, too, every author and every tag that is asked for has more than a page of them.
const terms = { authors: 20, categories: 60, rootCategories: 10, tags: 100 }

/** Fills a database and asks everything once. */
const prepare = async (postgres: DatabaseServer, posts: number, watch: Watch): Promise<SizedBlog> => {
  watch.signal.throwIfAborted()
  watch.say(`filling a database with ${sizeName(posts)}`)
  const blog = makeBlog({ ...blogSize, ...terms, posts })
  const databaseUrl = await postgres.newDatabase(blog)
  watch.say(`asking ${sizeName(posts)} everything once`)
  const server = await startPresswire(databaseUrl)
  try {
    const operations = operationsOn(blog, await cursorOf(server, posts))
    const rows = new Map<string, number>()
    for (const { name, bodies, rowField } of operations) {
      const answers: string[] = []
      for (const body of bodies) answers.push(await answerOf(server, body, watch.signal))
      rows.set(name, rowField === null ? 0 : answers.join().split(`"${rowField}":`).length - 1)
    }
    return { posts, databaseUrl, operations, rows }
  } finally {
    await server.stop()
  }
}

/** The cursor of the last post before page 1,000; in a smaller blog before its last whole page. */
const cursorOf = async (server: ServerProcess, posts: number): Promise<string> => {
  const { send } = createClient(server.url, null)
  const before = Math.min(999, Math.floor(posts / pageRows) - 1) * pageRows
  let cursor: string | null = null
  for (let passed = 0; passed < before; ) {
    const first = Math.min(100, before - passed)
    const { data }: Reply<Page> = await send<Page>(nextPage, { first, after: cursor })
    cursor = data?.posts.edges.at(-1)?.cursor ?? null
    if (cursor === null) throw new Error(`The blog ends after ${passed} posts.`)
    passed += first
  }
  return cursor ?? ''
}

type Page = { posts: { edges: { cursor: string }[] } }
const nextPage = `query ($first: Int, $after: String) { posts(first: $first, after: $after) { edges { cursor } } }`

/** @throws Error when it is not data alone. */
const answerOf = async (server: ServerProcess, body: string, signal: AbortSignal): Promise<string> => {
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body, signal })
  const answer = await response.text()
  if (!answer.startsWith('{"data":{') || answer.includes('"errors":['))
    throw new Error(`Presswire cannot answer ${body}: ${answer}`)
  return answer
}

/** @throws Error when an operation answers more at one size than at another: then its times tell nothing of the size. */
const checkSameRows = (blogs: readonly SizedBlog[]): void => {
  const [first, ...others] = blogs
  for (const { posts, rows } of others) {
    for (const [name, count] of rows) {
      const expected = first?.rows.get(name)
      if (count !== expected)
        throw new Error(`"${name}" answers ${count} rows at ${sizeName(posts)} and not ${expected}.`)
    }
  }
}

const bodiesOf = (blog: SizedBlog | undefined, name: string): string[] =>
  blog?.operations.find((operation) => operation.name === name)?.bodies ?? []
