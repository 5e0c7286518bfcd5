import { viewerOfKey } from './auth/api-key.ts'
import type { Viewer } from './auth/viewer.ts'
import type { Config } from './config.ts'
import { type Core, openCore, type World } from './core.ts'
import { createNotifier, type Notifier } from './db/notify.ts'
import { createFollow } from './events/follow.ts'
import { eventsChannel } from './events/outbox.ts'
import { createSignal } from './events/signal.ts'
import type { Context } from './graphql/context.ts'
import { documentProblems } from './graphql/render.ts'
import { schema } from './graphql/schema.ts'
import { createAuthenticate } from './http/authenticate.ts'
import type { Call } from './http/call.ts'
import { createGraphiql } from './http/graphiql.ts'
import { graphqlRoute } from './http/graphql-route.ts'
import { healthRoute, readyRoute } from './http/health.ts'
import { metricsRoute } from './http/metrics.ts'
import { createHttpServer } from './http/server.ts'
import { createGraphQLServer } from './http/yoga.ts'
import type { Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { startQueue } from './queue/pg-boss.ts'
import { createSeal } from './seal.ts'
import { secretKeyIn } from './secret-key.ts'
import { siteOf } from './site.ts'
import { startTracing } from './tracing.ts'
import { version } from './version.ts'
import { parseAllow } from './webhooks/address.ts'
import { readBacklog } from './webhooks/backlog.ts'
import type { Attempt } from './webhooks/delivery.ts'
import type { EndpointRules } from './webhooks/endpoint.ts'
import { createSender, type Sender } from './webhooks/send.ts'
import { startWorker, type Worker } from './worker.ts'

export type App = {
  core: Core
  /** The address that it answers at, with the port that the system chose where it was 0; null for a worker. */
  url: string | null
  worker: Worker | null
  /** Finishes what is in flight within the grace, then closes everything. */
  stop(graceMs?: number): Promise<void>
}

/** Starts everything that ROLE says: the API, the worker, or both in one process. */
export const startApp = async (config: Config, world: World, opened?: Core): Promise<App> => {
  const core = opened ?? (await openCore(config, world))
  const { database, now } = core
  const endTracing = config.OTEL_EXPORTER_OTLP_ENDPOINT ? await startTracing(version) : null
  const metrics = createMetrics(() => readBacklog(database.db, now()))
  database.db.$on('query', metrics.statement)
  const notifier = await createNotifier(database, [eventsChannel])
  const rules: EndpointRules = {
    seal: createSeal(config.SECRET_KEY ?? secretKeyIn(config.DATA_DIR)),
    allow: parseAllow(config.WEBHOOK_ALLOW),
    documentProblems: (document, variables) => documentProblems(schema, document, variables),
  }
  const sender = createSender({ allow: rules.allow, resolve: world.resolve })
  const parts: Parts = { config, world, core, metrics, notifier, rules, sender }
  const closeAll = async () => {
    await notifier.close()
    await endTracing?.()
    await core.close()
  }
  try {
    const api = config.ROLE === 'worker' ? null : await startApi(parts)
    const work = config.ROLE === 'api' ? null : await startWork(parts)
    const stop = async (graceMs = 10_000) => {
      await api?.server.stop(graceMs)
      // Closing the sender cuts what is still being sent, so that the worker has nothing to wait for.
      await Promise.all([work?.worker.stop(), sender.close(Math.min(graceMs, 5_000))])
      await work?.queue.stop()
      await closeAll()
    }
    return { core, url: api?.url ?? null, worker: work?.worker ?? null, stop }
  } catch (error) {
    await sender.close(0)
    await closeAll()
    throw error
  }
}

type Parts = {
  config: Config
  world: World
  core: Core
  metrics: Metrics
  notifier: Notifier
  rules: EndpointRules
  sender: Sender
}

const startApi = async ({ config, world: { log }, core, metrics, notifier, rules }: Parts) => {
  const { database, write, now } = core
  const { db } = database
  const signal = createSignal()
  notifier.on(eventsChannel, signal.ring)
  core.onCommit(signal.ring)
  const shared = {
    db,
    site: siteOf(config),
    now,
    write,
    follow: createFollow(db, signal.next),
    endpointRules: rules,
  }
  const contextOf = (viewer: Viewer, requestId: string): Context => ({ ...shared, viewer, requestId })
  const failed = (error: unknown, requestId: string) => log.error({ err: error, requestId }, 'request failed')
  const authenticate = createAuthenticate((key) => viewerOfKey(db, key, now()))
  const graphiql = createGraphiql('/graphql', config.SITE_TITLE)
  const yoga = createGraphQLServer(schema, contextOf, failed)
  const server = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    corsOrigins: config.CORS_ORIGINS.includes('*') ? '*' : config.CORS_ORIGINS,
    routes: {
      '/graphql': graphqlRoute({ yoga, page: graphiql.page, authenticate }),
      ...graphiql.routes,
      '/healthz': healthRoute,
      '/readyz': readyRoute(() => db.$queryRaw`SELECT 1`),
      '/metrics': metricsRoute(metrics, authenticate),
    },
    onError: (error, { requestId }) => failed(error, requestId),
    onAnswered: (call, status, durationMs) => logCall(log, metrics, call, status, durationMs),
  })
  const { port } = await server.listen()
  return { server, url: `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}` }
}

const startWork = async ({ world, core, metrics, notifier, rules, sender }: Parts) => {
  const { database, now } = core
  const onError = (error: unknown) => world.log.error({ err: error }, 'background work failed')
  const queue = await startQueue(database, onError)
  const worker = await startWorker({
    database,
    db: database.db,
    queue,
    notifier,
    sender,
    seal: rules.seal,
    userAgent: `Presswire/${version}`,
    now,
    random: world.random ?? Math.random,
    onError,
    onAttempt: (attempt) => logAttempt(world.log, metrics, attempt),
  })
  core.onCommit(worker.wake)
  return { worker, queue }
}

const logCall = (log: Log, metrics: Metrics, call: Call, status: number, durationMs: number): void => {
  const { requestId, path, request, facts } = call
  if (facts.operation !== undefined) metrics.request(facts.operation, status, durationMs / 1_000)
  const line = {
    requestId,
    method: request.method,
    path,
    status,
    durationMs: Math.round(durationMs * 10) / 10,
    ...facts,
  }
  log.info(line, 'request')
}

/** A subscriber's failure is no error of ours: it is a row, and one line that says everything. */
const logAttempt = (log: Log, metrics: Metrics, attempt: Attempt): void => {
  const { deliveryId, endpointId, number, outcome, retryDelayMs } = attempt
  metrics.attempt(outcome.ok ? 'delivered' : retryDelayMs === null ? 'failed' : 'retried')
  const line = {
    delivery: deliveryId,
    endpoint: endpointId,
    attempt: number,
    ok: outcome.ok,
    status: outcome.statusCode,
    error: outcome.error,
    durationMs: Math.round(outcome.durationMs),
    retryInMs: retryDelayMs,
  }
  log.info(line, 'delivery attempted')
}
