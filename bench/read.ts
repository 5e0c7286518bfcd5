import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { blogSize, makeBlog } from './data.ts'
import { startBlogDatabase } from './database.ts'
import { compare, type Variant, type Watch } from './harness.ts'
import { headers, type LoadOptions, load } from './load.ts'
import { startPresswire } from './presswire.ts'
import { type Question, readQuestions } from './read.queries.ts'
import { readReport } from './read.report.ts'
import { readCircumstances, saveReport } from './report.ts'
import { type ServerProcess, startServer } from './server-process.ts'

export type ReadOptions = LoadOptions & { posts: number; rounds: number; save: boolean; note: string | null }

/** Asks what the pages of a blog ask, of Presswire and of what bounds it, in one run. Returns the result as Markdown. */
export const benchRead = async (options: ReadOptions, watch: Watch): Promise<string> => {
  const { posts, rounds, save, note } = options
  const machine = readCircumstances(note)
  const blog = makeBlog({ ...blogSize, posts })
  watch.say(`filling a database with ${posts} posts`)
  const database = await startBlogDatabase(blog)
  const folder = mkdtempSync(join(tmpdir(), 'presswire-bench-'))
  try {
    const questions = readQuestions(blog)
    const variants = databaseVariants(database.url)
    const answers = join(folder, 'answers.json')
    writeFileSync(answers, JSON.stringify(await sameAnswersOf(variants, questions, watch)))
    const workloads = questions.map(({ name, bodies }) => ({
      name,
      measure: ({ url }: ServerProcess, signal: AbortSignal) => load(url, bodies, options, signal),
    }))
    const comparison = await compare([...variants, storedVariant(answers)], workloads, rounds, watch)
    const circumstances = { ...machine, postgres: database.version }
    const markdown = readReport(comparison, questions, options, circumstances)
    const files = save ? saveReport('read', circumstances, { options, ...comparison }, markdown) : []
    for (const file of files) watch.say(`wrote ${file}`)
    return markdown
  } finally {
    rmSync(folder, { recursive: true })
    await database.remove()
  }
}

const databaseVariants = (databaseUrl: string): Variant[] => [
  { name: 'Presswire', start: () => startPresswire(databaseUrl) },
  { name: 'one SQL', start: () => startServer('bench/limit.ts', ['one', databaseUrl]) },
  { name: 'few SQL', start: () => startServer('bench/limit.ts', ['few', databaseUrl]) },
]

const storedVariant = (answers: string): Variant => ({
  name: 'stored',
  start: () => startServer('bench/limit.ts', ['stored', answers]),
})

/**
 * The answer to every request, as the first variant gives it.
 *
 * @throws Error when another variant gives another answer: then what it does is no measure of the first.
 */
const sameAnswersOf = async (
  variants: readonly Variant[],
  questions: readonly Question[],
  { say, signal }: Watch,
): Promise<Record<string, string>> => {
  const answers: Record<string, string> = {}
  for (const { name, start } of variants) {
    say(`asking ${name} everything once`)
    const server = await start()
    try {
      for (const body of questions.flatMap(({ bodies }) => bodies)) {
        const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body, signal })
        const answer = await response.text()
        if (!answer.startsWith('{"data":{')) throw new Error(`${name} cannot answer ${body}: ${answer}`)
        answers[body] ??= answer
        if (!isDeepStrictEqual(JSON.parse(answer), JSON.parse(answers[body]))) {
          throw new Error(`${name} answers ${body} with\n${answer}\nand not with\n${answers[body]}`)
        }
      }
    } finally {
      await server.stop()
    }
  }
  return answers
}
