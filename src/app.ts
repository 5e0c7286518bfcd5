import { stillHolds, viewerOfKey } from './auth/api-key.ts'
import { startLastUse } from './auth/last-use.ts'
import type { Viewer } from './auth/viewer.ts'
import type { Config } from './config.ts'
import { filterProblem, filterToJson } from './content/post.filter.json.ts'
import { type Core, openCore, type World } from './core.ts'
import { forCaller } from './db/caller.ts'
import { createNotifier, type Notifier } from './db/notify.ts'
import { whyNotReady } from './db/readiness.ts'
import { createFollow } from './events/follow.ts'
import { eventsChannel } from './events/outbox.ts'
import { createSignal } from './events/signal.ts'
import type { Context } from './graphql/context.ts'
import { documentProblems } from './graphql/render.ts'
import { schema } from './graphql/schema.ts'
import { createAuthenticate } from './http/authenticate.ts'
import type { Call, Route } from './http/call.ts'
import { parseAddresses } from './http/caller-address.ts'
import { createGraphiql } from './http/graphiql.ts'
import { graphqlRoute } from './http/graphql-route.ts'
import { healthRoute, readyRoute } from './http/health.ts'
import { createIdempotency } from './http/idempotency.ts'
import { metricsRoute } from './http/metrics.ts'
import { createRateLimits } from './http/rate-limit.ts'
import { createHttpServer, shownPath } from './http/server.ts'
import { createGraphQLServer } from './http/yoga.ts'
import { remainingOfJobs } from './jobs/job.ts'
import type { Log } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { claimRequest, type RepeatableRequest } from './once.ts'
import { startQueue } from './queue/pg-boss.ts'
import { rememberOpened } from './seal.ts'
import { startTracing } from './tracing.ts'
import { version } from './version.ts'
import { parseAllow } from './webhooks/address.ts'
import { readBacklog } from './webhooks/backlog.ts'
import type { Attempt } from './webhooks/delivery.ts'
import type { EndpointRules } from './webhooks/endpoint.input.ts'
import { openSeal } from './webhooks/sealed.ts'
import { createSender } from './webhooks/send.ts'
import { sendingChannel } from './webhooks/sending.ts'
import { startWorker, type Worker } from './worker.ts'
import { type Once, writerWith } from './write.ts'

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
  // What was opened, and how it ends; the last one first, so that nothing is closed that another one still needs.
  const ends: End[] = [() => core.close()]
  const stop = async (graceMs = 10_000) => {
    database.giveUpAfter(graceMs * databasePatience)
    for (const end of ends.splice(0).reverse()) await end(graceMs)
  }
  try {
    const seal = await openSeal(database.db, config)
    if (config.OTEL_EXPORTER_OTLP_ENDPOINT) ends.push(await startTracing(version))
    let worker: Worker | null = null
    const metrics = createMetrics(
      async () => ({
        ...(await readBacklog(database.db, now())),
        postsToDo: { ...(await remainingOfJobs(database.db)), ...worker?.outdated() },
      }),
      (error) => world.log.warn({ err: error }, 'the backlog cannot be read'),
      () => world.log.dropped?.() ?? 0,
    )
    database.db.$on('query', metrics.statement)
    const notifier = await createNotifier(database, [eventsChannel, sendingChannel])
    ends.push(() => notifier.close())
    const rules: EndpointRules = {
      seal,
      allow: parseAllow(config.WEBHOOK_ALLOW),
      documentProblems: (document, variables) => documentProblems(schema, document, variables),
      render: core.render,
      filters: { problem: filterProblem, toJson: filterToJson, matching: core.matching },
    }
    const parts: Parts = { config, world, core, metrics, notifier, rules, ends }
    worker = config.ROLE === 'api' ? null : await startWork(parts)
    const url = config.ROLE === 'worker' ? null : await startApi(parts)
    return { core, url, worker, stop }
  } catch (error) {
    await stop(0)
    throw error
  }
}

// Of the grace: what waits for a database that is silent then fails in time to be logged, and the rest ends.
const databasePatience = 0.6

type End = (graceMs: number) => Promise<unknown>

type Parts = {
  config: Config
  world: World
  core: Core
  metrics: Metrics
  notifier: Notifier
  rules: EndpointRules
  ends: End[]
}

const startApi = async ({
  config,
  world: { log },
  core,
  metrics,
  notifier,
  rules,
  ends,
}: Parts): Promise<string> => {
  const { database, write, site, now } = core
  const { db } = database
  const signal = createSignal()
  notifier.on(eventsChannel, signal.ring)
  core.onCommit(signal.ring)
  const shared = {
    db,
    site,
    now,
    write,
    follow: createFollow(db, signal.next, (viewer) => stillHolds(db, viewer, now())),
    endpointRules: rules,
  }
  const contextOf = (viewer: Viewer, { requestId, facts }: Call, nextOnce?: () => Once): Context => {
    const keepFromCaches = () => {
      facts.preview = true
    }
    const bound = nextOnce ? writerWith(write, nextOnce) : write
    return { ...shared, write: bound, viewer, requestId, keepFromCaches }
  }
  const failed = (error: unknown, requestId: string) => log.error({ err: error, requestId }, 'request failed')
  const lastUse = startLastUse(db, now, (error) =>
    log.error({ err: error }, 'recording the use of keys failed'),
  )
  ends.push(() => lastUse.stop())
  const authenticate = createAuthenticate(async (key) => {
    const found = await viewerOfKey(db, key, now())
    if (found?.keyId) lastUse.note(found.keyId)
    return found
  })
  const limits = createRateLimits(config.RATE_LIMIT_PER_MINUTE, authenticate)
  const graphiql = createGraphiql('/graphql', config.SITE_TITLE)
  const yoga = createGraphQLServer(schema, contextOf, failed, metrics.documentLookUp)
  const claim = (request: RepeatableRequest) => claimRequest({ db, seal: rules.seal, now }, request)
  const intercept = createIdempotency({ claim, onError: failed })
  const server = createHttpServer({
    host: config.HOST,
    port: config.PORT,
    corsOrigins: config.CORS_ORIGINS.includes('*') ? '*' : config.CORS_ORIGINS,
    isTrusted: parseAddresses(config.TRUSTED_PROXIES),
    count: limits.count,
    routes: {
      '/graphql': answered(
        graphqlRoute({ yoga, page: graphiql.page, authenticate: limits.authenticate, intercept }),
      ),
      ...graphiql.routes,
      '/healthz': healthRoute,
      '/readyz': readyRoute(() => forCaller(neverGone, () => whyNotReady(database))),
      '/metrics': answered(
        metricsRoute({
          metrics,
          authenticate: limits.authenticate,
          isAllowed: parseAddresses(config.METRICS_ALLOW),
        }),
      ),
    },
    onError: (error, { requestId }) => failed(error, requestId),
    onAnswered: (call, status, durationMs) => logCall(log, metrics, call, status, durationMs),
  })
  ends.push((graceMs) => server.stop(graceMs))
  const { port } = await server.listen()
  const url = `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}`
  // Without SITE_URL the site is where the API is, which is not known before the system has chosen the port.
  if (site.url.endsWith('://localhost:0')) site.url = url
  return url
}

/** Several probes share a question, of whom one may go away. */
const neverGone = new AbortController().signal

/** What such a route asks the database it asks for its caller, who may go away. */
const answered = (route: Route): Route => ({
  ...route,
  answer: (call) => forCaller(call.signal, () => route.answer(call)),
})

const startWork = async ({ config, world, core, metrics, notifier, rules, ends }: Parts): Promise<Worker> => {
  const { database, now } = core
  const onError = (error: unknown) => world.log.error({ err: error }, 'background work failed')
  const sender = createSender({ allow: rules.allow, resolve: world.resolve })
  ends.push((graceMs) => sender.close(graceMs))
  const queue = await startQueue(database, onError)
  ends.push(() => queue.stop())
  const worker = await startWorker({
    database,
    db: database.db,
    write: core.write,
    render: core.render,
    renderPost: core.renderPost,
    queue,
    notifier,
    sender,
    seal: rememberOpened(rules.seal),
    userAgent: `Presswire/${version}`,
    now,
    random: world.random ?? Math.random,
    retentionDays: config.EVENT_RETENTION_DAYS,
    compareClocks: core.compareClocks,
    searchLanguage: config.SEARCH_LANGUAGE,
    log: world.log,
    onError,
    onAttempt: (attempt) => logAttempt(world.log, metrics, attempt),
  })
  // Closing the sender cuts what is still being sent, so that the worker has nothing to wait for.
  ends.push((graceMs) => Promise.all([worker.stop(), sender.close(Math.min(graceMs, 5_000))]))
  core.onCommit(worker.wake)
  return worker
}

const logCall = (log: Log, metrics: Metrics, call: Call, status: number, durationMs: number): void => {
  const { requestId, path, request, facts } = call
  if (facts.operation !== undefined) metrics.request(facts.operation, status, durationMs / 1_000)
  const line = {
    requestId,
    method: request.method,
    path: shownPath(path),
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
    ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
    durationMs: Math.round(outcome.durationMs),
    retryInMs: retryDelayMs,
  }
  log.info(line, 'delivery attempted')
}
