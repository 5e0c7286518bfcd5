import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { within } from './deadline.ts'

/** What the relay and the receivers are behind by, read when the metrics are asked for. */
export type Backlog = {
  eventLagSeconds: number
  pendingByEndpoint: { endpoint: string; pending: number }[]
  /** How many posts background work has still to go through, by what it does. */
  postsToDo: Record<string, number>
}

export type Metrics = {
  request(operation: string | null, status: number, seconds: number): void
  statement(): void
  documentLookUp(result: 'hit' | 'miss'): void
  attempt(outcome: 'delivered' | 'retried' | 'failed'): void
  /** The text of the Prometheus exposition format. */
  print(): Promise<{ contentType: string; body: string }>
}

// An operation's name comes from the caller: only those that were used last have a label of their own, so that no memory
// grows, and whoever makes names up takes no label for good from those in use. What is pushed out is counted on as "other".
const maxOperations = 200

// The rest of the figures does not wait for a database that hangs; scrapers give up after ten seconds.
const backlogTimeoutMs = 2_000

/** The program's metrics, by Prometheus's naming conventions: base units, `_total` for counters. */
export const createMetrics = (
  backlog: () => Promise<Backlog>,
  onError: (error: unknown) => void = () => undefined,
  droppedLines: () => number = () => 0,
): Metrics => {
  const registry = new Registry()
  // Process memory, file descriptors and the delay of the event loop, under their usual names.
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const requests = new Counter({
    name: 'presswire_graphql_requests_total',
    help: 'GraphQL requests by operation name and HTTP status.',
    labelNames: ['operation', 'status'],
    registers,
  })
  const durations = new Histogram({
    name: 'presswire_graphql_request_duration_seconds',
    help: 'How long GraphQL requests took, by operation name.',
    labelNames: ['operation'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers,
  })
  const statements = new Counter({
    name: 'presswire_sql_statements_total',
    help: 'SQL statements sent to the database.',
    registers,
  })
  const documents = new Counter({
    name: 'presswire_document_cache_lookups_total',
    help: 'Look-ups of parsed and validated documents by result: hit, or miss (parsed and validated again).',
    labelNames: ['result'],
    registers,
  })
  const attempts = new Counter({
    name: 'presswire_webhook_attempts_total',
    help: 'Webhook attempts by outcome: delivered, retried (failed, with another one to come) or failed (the last one).',
    labelNames: ['outcome'],
    registers,
  })
  const lag = new Gauge({
    name: 'presswire_event_lag_seconds',
    help: 'How long the oldest event waits that no deliveries were made of yet.',
    registers,
  })
  const pending = new Gauge({
    name: 'presswire_webhook_backlog',
    help: 'Deliveries that wait, by endpoint.',
    labelNames: ['endpoint'],
    registers,
  })
  const postsToDo = new Gauge({
    name: 'presswire_background_posts_remaining',
    help: 'Posts that background work has still to go through: rename, delete and merge (behind mutations), render and index (after an upgrade).',
    labelNames: ['work'],
    registers,
  })
  new Gauge({
    name: 'presswire_log_lines_dropped',
    help: 'Lines of the log that were lost since the start, because nobody read standard error in time.',
    registers,
    collect() {
      this.set(droppedLines())
    },
  })
  const known = new Gauge({
    name: 'presswire_backlog_known',
    help: 'Whether the database told the backlog: at 0 it is unknown, and the lag and the backlog are left out.',
    registers,
  })
  let reading: Promise<Backlog | null> | undefined
  /** Who asks meanwhile shares it: however many ask, it is read once at a time. */
  const readBacklog = () => {
    reading ??= within(
      backlogTimeoutMs,
      backlog().catch((error: unknown) => {
        onError(error)
        return null
      }),
    )
      .then((answer) => (answer === 'late' ? null : answer))
      .finally(() => {
        reading = undefined
      })
    return reading
  }
  const counted = new Map<string, Map<number, number>>()
  const note = (operation: string, status: number): void => {
    const counts = counted.get(operation) ?? new Map<number, number>()
    counts.set(status, (counts.get(status) ?? 0) + 1)
    // A Map keeps the order of insertion: what is used goes to the end.
    counted.delete(operation)
    counted.set(operation, counts)
    const [oldest] = counted
    if (counted.size > maxOperations && oldest) forget(...oldest)
  }
  const forget = (operation: string, counts: Map<number, number>): void => {
    counted.delete(operation)
    durations.remove({ operation })
    for (const [status, count] of counts) {
      requests.remove({ operation, status })
      requests.inc({ operation: 'other', status }, count)
    }
  }

  return {
    request(name, status, seconds) {
      const operation = name ?? 'anonymous'
      requests.inc({ operation, status })
      if (name !== null && name !== 'other') note(name, status)
      durations.observe({ operation }, seconds)
    },
    statement: () => statements.inc(),
    documentLookUp: (result) => documents.inc({ result }),
    attempt: (outcome) => attempts.inc({ outcome }),
    async print() {
      const told = await readBacklog()
      known.set(told ? 1 : 0)
      lag.remove()
      pending.reset()
      if (told) lag.set(told.eventLagSeconds)
      for (const row of told?.pendingByEndpoint ?? []) pending.set({ endpoint: row.endpoint }, row.pending)
      postsToDo.reset()
      for (const [work, posts] of Object.entries(told?.postsToDo ?? {})) postsToDo.set({ work }, posts)
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
