import type { Config } from './config.ts'
import { type Core, openCore, type World } from './core.ts'
import { forCaller } from './db/caller.ts'
import { createNotifier, type Notifier } from './db/notify.ts'
import { whyNotReady } from './db/readiness.ts'
import { readLog } from './events/log.ts'
import { eventsChannel } from './events/outbox.ts'
import { createFollow, unpaced } from './events/subscribe.ts'
import { createTail } from './events/tail.ts'
import { documentProblems } from './graphql/render.ts'
import type { Context } from './graphql/schema/context.ts'
import { schema } from './graphql/schema.ts'
import { createAuthenticate } from './http/authenticate.ts'
import type { Call, Route } from './http/call.ts'
import { type GraphQLCall, graphqlRoute } from './http/graphql-route.ts'
import { healthRoute, readyRoute } from './http/health.ts'
import { createIdempotency } from './http/idempotency/intercept.ts'
import { parseAddresses } from './http/limits/caller-address.ts'
import { createRateLimits } from './http/limits/rate-limit.ts'
import { createStreams } from './http/limits/streams.ts'
import { metricsRoute } from './http/metrics.ts'
import { createGraphiql } from './http/playground/playground.ts'
import { createHttpServer, shownPath } from './http/server.ts'
import { createGraphQLServer } from './http/yoga.ts'
import { claimRequest, type RepeatableRequest } from './idempotency/store.ts'
import { remainingOfJobs } from './jobs/job.ts'
import { stillHolds, viewerOfKey } from './keys/api-key.ts'
import { startLastUse } from './keys/last-use.ts'
import { system } from './keys/viewer.ts'
import { rememberOpened } from './lib/encryption.ts'
import type { Log } from './lib/log.ts'
import { createMetrics, type Metrics } from './lib/metrics.ts'
import { createStopping, type Stopping } from './lib/stopping.ts'
import { startTracing } from './lib/tracing.ts'
import { version } from './lib/version.ts'
import { filterProblem, filterToJson } from './posts/query/filter-json.ts'
import type { Attempt } from './webhooks/deliveries/run/attempt.ts'
import { readBacklog } from './webhooks/deliveries/run/backlog.ts'
import { sendingChannel } from './webhooks/deliveries/run/wake.ts'
import type { EndpointRules } from './webhooks/endpoints/input.ts'
import { openSeal } from './webhooks/endpoints/sealed.ts'
import { createSender } from './webhooks/http/sender.ts'
import { parseAllow } from './webhooks/http/url-policy.ts'
import { startWorker, type Worker } from './worker.ts'
import { writerWith } from './write/write.ts'

export type App = {
  core: Core
  /** The address that it answers at, with the port that the system chose where it was 0; null for a worker. */
  url: string | null
  worker: Worker | null
  /**
   * Finishes what is in flight, then closes everything, within the grace in all. For `drainMs` of it open connections are
   * still answered, with word that they end.
   */
  stop(graceMs?: number, drainMs?: number): Promise<void>
}

const failedStartMs = 2_000

/** Starts everything that ROLE says: the API, the worker, or both in one process. */
export const startApp = async (config: Config, world: World, opened?: Core): Promise<App> => {
  const core = opened ?? (await openCore(config, world))
  const { database, now } = core
  const stopping = createStopping(world.log)
  stopping.base('database', () => core.close())
  let draining = 0
  const stop = (graceMs = 10_000, drainMs = 0) => {
    draining = drainMs
    database.giveUpAfter(graceMs * databasePatience)
    return stopping.stop(graceMs)
  }
  try {
    const seal = await openSeal(database.db, config)
    if (config.OTEL_EXPORTER_OTLP_ENDPOINT) stopping.service('tracing', await startTracing(version))
    let worker: Worker | null = null
    const metrics = createMetrics(
      async () => ({
        ...(await forCaller(neverGone, () => readBacklog(database.db, now()))),
        postsToDo: { ...(await remainingOfJobs(database.db)), ...worker?.outdated() },
      }),
      (error) => world.log.warn({ err: error }, 'the backlog cannot be read'),
      () => world.log.dropped?.() ?? 0,
    )
    database.db.$on('query', metrics.statement)
    const notifier = await createNotifier(database, [eventsChannel, sendingChannel])
    stopping.service('notifications', () => notifier.close())
    const rules: EndpointRules = {
      seal,
      allow: parseAllow(config.WEBHOOK_ALLOW),
      documentProblems: (document, variables) => documentProblems(schema, document, variables),
      render: core.render,
      filters: { problem: filterProblem, toJson: filterToJson, matching: core.matching },
    }
    const parts: Parts = { config, world, core, metrics, notifier, rules, stopping, drainMs: () => draining }
    worker = config.ROLE === 'api' ? null : await startWork(parts)
    const url = config.ROLE === 'worker' ? null : await startApi(parts)
    return { core, url, worker, stop }
  } catch (error) {
    // What the worker has begun ends of its own accord, without a word in the log.
    await stop(failedStartMs)
    throw error
  }
}

// Of the grace: what waits for a database that is silent then fails in time to be logged, and the rest ends.
const databasePatience = 0.6

type Parts = {
  config: Config
  world: World
  core: Core
  metrics: Metrics
  notifier: Notifier
  rules: EndpointRules
  stopping: Stopping
  drainMs: () => number
}

const startApi = async ({
  config,
  world: { log },
  core,
  metrics,
  notifier,
  rules,
  stopping,
  drainMs,
}: Parts): Promise<string> => {
  const { database, write, site, now } = core
  const { db } = database
  const everybody = { viewer: system('events'), types: null }
  const tail = createTail((sequence, limit) =>
    forCaller(neverGone, () => readLog(db, everybody, sequence, limit)),
  )
  notifier.on(eventsChannel, tail.ring)
  core.onCommit(tail.ring)
  stopping.service('followers of events', async () => tail.close())
  const follow = createFollow(db, tail, (viewer) => forCaller(neverGone, () => stillHolds(db, viewer, now())))
  const shared = {
    db,
    site,
    now,
    write,
    endpointRules: rules,
  }
  const contextOf = ({ viewer, call, nextSlot, pace }: GraphQLCall): Context => ({
    ...shared,
    write: nextSlot ? writerWith(write, nextSlot) : write,
    viewer,
    requestId: call.requestId,
    keepFromCaches: () => {
      call.facts.preview = true
    },
    follow: (...asked) => follow(pace ?? unpaced, ...asked),
  })
  const failed = (error: unknown, requestId: string) => log.error({ err: error, requestId }, 'request failed')
  const lastUse = startLastUse(db, now, (error) =>
    log.error({ err: error }, 'recording the use of keys failed'),
  )
  stopping.service('last use of keys', () => lastUse.stop())
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
        graphqlRoute({
          yoga,
          page: graphiql.page,
          authenticate: limits.authenticate,
          intercept,
          streams: createStreams(limits.roomForEvent),
        }),
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
  stopping.door('server', (ms) => server.stop(ms, drainMs()))
  const { port } = await server.listen()
  const url = `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}`
  // Without SITE_URL the site is where the API is, which is not known before the system has chosen the port.
  if (site.url.endsWith('://localhost:0')) site.url = url
  return url
}

/** Several callers share a question, of whom one may go away. */
const neverGone = new AbortController().signal

/** What such a route asks the database it asks for its caller, who may go away. */
const answered = (route: Route): Route => ({
  ...route,
  answer: (call) => forCaller(call.signal, () => route.answer(call)),
})

const startWork = async ({
  config,
  world,
  core,
  metrics,
  notifier,
  rules,
  stopping,
}: Parts): Promise<Worker> => {
  const { database, now } = core
  const onError = (error: unknown) => world.log.error({ err: error }, 'background work failed')
  const sender = createSender({ allow: rules.allow, resolve: world.resolve })
  stopping.service('sender', (ms) => sender.close(ms))
  const worker = await startWorker({
    database,
    db: database.db,
    write: core.write,
    render: core.render,
    renderPost: core.renderPost,
    notifier,
    sender,
    seal: rememberOpened(rules.seal),
    userAgent: `Presswire/${version}`,
    now,
    random: world.random ?? Math.random,
    retentionDays: config.EVENT_RETENTION_DAYS,
    revisionDays: config.REVISION_RETENTION_DAYS,
    compareClocks: core.compareClocks,
    searchLanguage: config.SEARCH_LANGUAGE,
    log: world.log,
    onError,
    onAttempt: (attempt) => logAttempt(world.log, metrics, attempt),
  })
  // Closing the sender cuts what is still being sent, so that the worker has nothing to wait for.
  stopping.door('worker', (ms) => Promise.all([worker.stop(), sender.close(Math.min(ms, 5_000))]))
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
