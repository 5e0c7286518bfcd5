import { startArrivals } from './arrivals.ts'
import { startDatabaseServer } from './database.ts'
import { compare, type Sample, type Variant, type Watch } from './harness.ts'
import { percentile } from './load.ts'
import { type Editor, editorOf, newKey, startPresswire } from './presswire.ts'
import { publishReport } from './publish.report.ts'
import { readCircumstances, saveReport } from './report.ts'
import type { ServerProcess } from './server-process.ts'

export type PublishOptions = {
  rounds: number
  seconds: number
  warmupSeconds: number
  save: boolean
  note: string | null
}

// A newsroom at its busiest: a mutation that takes longer than 50 ms meets the next one.
const perSecond = 20

/**
 * How long a publish takes for whoever asks for it, at 20 a second: with no endpoint, with 10 on one document, and with 10
 * on a document each. Returns the result as Markdown.
 */
export const benchPublish = async (options: PublishOptions, watch: Watch): Promise<string> => {
  const machine = readCircumstances(options.note)
  const postgres = await startDatabaseServer()
  const arrivals = await startArrivals()
  const editors = new WeakMap<ServerProcess, Editor>()
  /** Each on a database of its own, so that what one wrote does not slow another. */
  const variant = async (name: string, titles: string[]): Promise<Variant> => {
    const url = await postgres.newDatabase()
    const key = await newKey(url)
    const start = async () => {
      const server = await startPresswire(url)
      editors.set(server, editorOf(server.url, key))
      return server
    }
    const first = await start()
    for (const title of titles) await editors.get(first)?.subscribe(arrivals.url, title)
    await first.stop()
    return { name, start }
  }
  try {
    const ten = Array.from({ length: 10 }, (_, index) => `title${index}`)
    const variants = [
      await variant('no endpoint', []),
      await variant(
        '10 endpoints on one document',
        ten.map(() => 'title'),
      ),
      await variant('10 endpoints on a document each', ten),
    ]
    const measure = (server: ServerProcess, signal: AbortSignal) =>
      publishSteadily(editors.get(server), options, signal)
    const comparison = await compare(variants, [{ name: 'publish', measure }], options.rounds, watch)
    const circumstances = { ...machine, postgres: postgres.version }
    const markdown = publishReport(comparison, options, circumstances)
    const files = options.save
      ? saveReport('publish', circumstances, { options, ...comparison }, markdown)
      : []
    for (const file of files) watch.say(`wrote ${file}`)
    return markdown
  } finally {
    await arrivals.close()
    await postgres.remove()
  }
}

/** Publishes at fixed times, whether or not the one before has been answered, and counts what comes after the warm-up. */
const publishSteadily = async (
  editor: Editor | undefined,
  { seconds, warmupSeconds }: PublishOptions,
  signal: AbortSignal,
): Promise<Sample> => {
  if (!editor) throw new Error('The server has no editor.')
  const count = (warmupSeconds + seconds) * perSecond
  const ids: string[] = []
  for (let post = 0; post < count; post++) ids.push(await editor.draft(`Steady ${post}`))
  const startedAt = performance.now()
  const latenciesMs = await Promise.all(
    ids.map(async (id, index) => {
      const dueMs = startedAt + (index * 1_000) / perSecond
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())))
      signal.throwIfAborted()
      const askedAt = performance.now()
      await editor.publish(id)
      return performance.now() - askedAt
    }),
  )
  const sorted = latenciesMs.slice(warmupSeconds * perSecond).toSorted((one, other) => one - other)
  return {
    perSecond,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  }
}
