import pg from 'pg'
import { openDatabase } from '../src/db/client.ts'
import { eventsChannel } from '../src/events/outbox.ts'
import { until } from '../tests/support/until.ts'
import { type Arrivals, startArrivals, steadyRate } from './arrivals.ts'
import { startDatabaseServer } from './database.ts'
import { deliverReport } from './deliver.report.ts'
import { compare, type Sample, type Variant, type Watch } from './harness.ts'
import { percentile } from './load.ts'
import { type Editor, editorOf, newKey, startPresswire } from './presswire.ts'
import { readCircumstances, saveReport } from './report.ts'
import { startServer } from './server-process.ts'

export type DeliverOptions = { deliveries: number; rounds: number; save: boolean; note: string | null }

// With 4 requests in flight each, they are the 100 that one process has in flight.
const endpoints = 25
const idlePublishes = 100

/**
 * How long a publish takes to its receiver when nothing else is done; how many deliveries a second a worker makes of a
 * backlog, with an attempt row each; and beside it the signed POSTs that the machine sends when nothing is written down.
 * Returns the result as Markdown.
 */
export const benchDeliver = async (options: DeliverOptions, watch: Watch): Promise<string> => {
  const { rounds, save, note } = options
  const deliveries = Math.ceil(options.deliveries / endpoints) * endpoints
  const machine = readCircumstances(note)
  const postgres = await startDatabaseServer()
  const arrivals = await startArrivals()
  try {
    const url = await postgres.newDatabase()
    const key = await newKey(url)
    watch.say(`publishing ${idlePublishes} posts, one at a time`)
    const idle = await withEditor(url, key, 'all', async (editor) => {
      await editor.subscribe(arrivals.url)
      const sample = await idleLatency(editor, arrivals, url)
      for (let index = 1; index < endpoints; index++) await editor.subscribe(`${arrivals.url}${index}`)
      return sample
    })
    const fill = () =>
      withEditor(url, key, 'api', async (editor) => {
        for (let post = 0; post < deliveries / endpoints; post++)
          await editor.publish(await editor.draft(`Backlog ${post}`))
      })
    const drain = { name: 'backlog', measure: () => drained(arrivals, deliveries) }
    const comparison = await compare(variantsOf(url, arrivals, fill, deliveries), [drain], rounds, watch)
    await checkWrittenDown(url, idlePublishes + deliveries * rounds)
    const circumstances = { ...machine, postgres: postgres.version }
    const markdown = deliverReport(comparison, idle, { rounds, deliveries, endpoints }, circumstances)
    const files = save ? saveReport('deliver', circumstances, { options, idle, ...comparison }, markdown) : []
    for (const file of files) watch.say(`wrote ${file}`)
    return markdown
  } finally {
    await arrivals.close()
    await postgres.remove()
  }
}

const withEditor = async <T>(
  databaseUrl: string,
  key: string,
  role: 'all' | 'api',
  work: (editor: Editor) => Promise<T>,
): Promise<T> => {
  const server = await startPresswire(databaseUrl, { ROLE: role })
  try {
    return await work(editorOf(server.url, key))
  } finally {
    await server.stop()
  }
}

/** From the notification that PostgreSQL sends when an event is committed to the arrival of its delivery. */
const idleLatency = async (editor: Editor, arrivals: Arrivals, databaseUrl: string): Promise<Sample> => {
  const commits = await listenForCommits(databaseUrl)
  const latenciesMs: number[] = []
  try {
    for (let index = 0; index < idlePublishes; index++) {
      const id = await editor.draft(`Alone ${index}`)
      arrivals.reset()
      const before = commits.lastMs()
      await editor.publish(id)
      await until(() => arrivals.all.length === 1 && commits.lastMs() > before)
      latenciesMs.push((arrivals.all[0]?.atMs ?? Number.NaN) - commits.lastMs())
    }
  } finally {
    await commits.close()
  }
  // The first ones warm up the program.
  const sorted = latenciesMs.slice(idlePublishes / 10).toSorted((one, other) => one - other)
  return { perSecond: Number.NaN, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
}

const listenForCommits = async (databaseUrl: string) => {
  const client = new pg.Client({ connectionString: databaseUrl })
  let lastMs = 0
  client.on('notification', () => {
    lastMs = performance.now()
  })
  await client.connect()
  await client.query(`LISTEN ${eventsChannel}`)
  return { lastMs: () => lastMs, close: () => client.end() }
}

const variantsOf = (
  databaseUrl: string,
  arrivals: Arrivals,
  fill: () => Promise<void>,
  deliveries: number,
): Variant[] => [
  {
    name: 'Presswire',
    start: async () => {
      await fill()
      arrivals.reset()
      return startPresswire(databaseUrl, { ROLE: 'worker' })
    },
  },
  {
    name: 'signed POSTs',
    start: () => {
      arrivals.reset()
      return startServer('bench/deliver.limit.ts', [arrivals.url, String(deliveries)])
    },
  },
]

const drained = async (arrivals: Arrivals, deliveries: number): Promise<Sample> => {
  await until(() => arrivals.all.length >= deliveries, 300_000)
  if (arrivals.all.length > deliveries)
    throw new Error(`${arrivals.all.length} deliveries arrived, not ${deliveries}: some came twice.`)
  return { perSecond: steadyRate(arrivals.all), p50Ms: Number.NaN, p99Ms: Number.NaN }
}

/** @throws Error when fewer attempts are on record than were made. */
const checkWrittenDown = async (databaseUrl: string, attempts: number): Promise<void> => {
  const { db, close } = await openDatabase({ url: databaseUrl })
  try {
    const written = await db.webhookAttempt.count({ where: { statusCode: 204 } })
    if (written !== attempts) throw new Error(`${written} attempts are on record, not ${attempts}.`)
  } finally {
    await close()
  }
}
