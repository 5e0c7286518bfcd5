import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What the relay and the receivers are behind by, read when the metrics are asked for. */
export type Backlog = { eventLagSeconds: number; pendingByEndpoint: { endpoint: string; pending: number }[] }

export type Metrics = {
  request(operation: string | null, status: number, seconds: number): void
  statement(): void
  documentLookUp(result: 'hit' | 'miss'): void
  attempt(outcome: 'delivered' | 'retried' | 'failed'): void
  /** The text of the Prometheus exposition format. */
  print(): Promise<{ contentType: string; body: string }>
}

// An operation's name comes from the caller: beyond this many, new ones share one label and no memory grows.
const maxOperations = 200

/** The program's metrics, by Prometheus's naming conventions: base units, `_total` for counters. */
export const createMetrics = (backlog: () => Promise<Backlog>): Metrics => {
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
  const operations = new Set<string>()
  const labelOf = (operation: string | null): string => {
    if (operation === null) return 'anonymous'
    if (operations.size < maxOperations) operations.add(operation)
    return operations.has(operation) ? operation : 'other'
  }

  return {
    request(name, status, seconds) {
      const operation = labelOf(name)
      requests.inc({ operation, status })
      durations.observe({ operation }, seconds)
    },
    statement: () => statements.inc(),
    documentLookUp: (result) => documents.inc({ result }),
    attempt: (outcome) => attempts.inc({ outcome }),
    async print() {
      const { eventLagSeconds, pendingByEndpoint } = await backlog()
      lag.set(eventLagSeconds)
      pending.reset()
      for (const row of pendingByEndpoint) pending.set({ endpoint: row.endpoint }, row.pending)
      return { contentType: registry.contentType, body: await registry.metrics() }
    },
  }
}
