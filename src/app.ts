import { viewerOfKey } from './auth/api-key.ts'
import type { Viewer } from './auth/viewer.ts'
import type { Config } from './config.ts'
import { type Database, openDatabase } from './db/client.ts'
import { migrate } from './db/migrate.ts'
import { createNotifier } from './db/notify.ts'
import { createFollow } from './events/follow.ts'
import { eventsChannel } from './events/outbox.ts'
import { createSignal } from './events/signal.ts'
import type { Context } from './graphql/context.ts'
import { createRenderer, documentProblems } from './graphql/render.ts'
import { schema } from './graphql/schema.ts'
import { createAuthenticate } from './http/authenticate.ts'
import { createGraphiql } from './http/graphiql.ts'
import { graphqlRoute } from './http/graphql-route.ts'
import { createHttpServer } from './http/server.ts'
import { createGraphQLServer } from './http/yoga.ts'
import type { Log } from './log.ts'
import { startQueue } from './queue/pg-boss.ts'
import { createSeal } from './seal.ts'
import { secretKeyIn } from './secret-key.ts'
import { siteOf } from './site.ts'
import { version } from './version.ts'
import { parseAllow } from './webhooks/address.ts'
import type { Resolve } from './webhooks/connector.ts'
import type { Attempt } from './webhooks/delivery.ts'
import { listenersOf } from './webhooks/endpoint.ts'
import { createSender } from './webhooks/send.ts'
import { startWorker, type Worker } from './worker.ts'
import { createWriter, type Writer } from './write.ts'

/** What a test may put in the place of the world. */
export type World = {
  now?: () => Date
  random?: () => number
  resolve?: Resolve
  database?: Database
  log: Log
}

/** The opened program without its doors: what commands other than `serve` need. */
export type Core = {
  database: Database
  write: Writer
  now: () => Date
  onCommit(wake: () => void): void
  close(): Promise<void>
}

/** Opens and migrates the database and joins the ports; nothing listens and nothing runs in the background. */
export const openCore = async (config: Config, world: World): Promise<Core> => {
  const database =
    world.database ??
    (await openDatabase(config.DATABASE_URL ? { url: config.DATABASE_URL } : { folder: config.DATA_DIR }))
  const now = world.now ?? (() => new Date())
  const site = siteOf(config)
  const wakes: (() => void)[] = []
  try {
    await migrate(database)
  } catch (error) {
    await database.close()
    throw error
  }
  const outbox = { listeners: listenersOf, render: createRenderer(schema, site) }
  const committed = () => {
    for (const wake of wakes) wake()
  }
  const write = createWriter({ db: database.db, site, now, outbox, committed })
  return { database, write, now, onCommit: (wake) => void wakes.push(wake), close: () => database.close() }
}

/** A subscriber's failure is no error of ours: it is a row, and one line that says everything. */
const logAttempt = (log: Log, { deliveryId, endpointId, number, outcome, retryDelayMs }: Attempt): void =>
  log.info(
    {
      delivery: deliveryId,
      endpoint: endpointId,
      attempt: number,
      ok: outcome.ok,
      status: outcome.statusCode,
      error: outcome.error,
      durationMs: Math.round(outcome.durationMs),
      retryInMs: retryDelayMs,
    },
    'delivery attempted',
  )

export type App = {
  core: Core
  /** The address that it answers at, with the port that the system chose where it was 0; null for a worker. */
  url: string | null
  worker: Worker | null
  /** Finishes what is in flight within the grace, then closes everything. */
  stop(graceMs?: number): Promise<void>
}

/** Starts everything that ROLE says: the API, the worker, or both in one process. */
export const startApp = async (config: Config, world: World, core?: Core): Promise<App> => {
  const { log } = world
  const opened = core ?? (await openCore(config, world))
  const { database, write, now } = opened
  const onError = (error: unknown) => log.error({ err: error }, 'background work failed')
  const notifier = await createNotifier(database, [eventsChannel])
  const seal = createSeal(config.SECRET_KEY ?? secretKeyIn(config.DATA_DIR))
  const allow = parseAllow(config.WEBHOOK_ALLOW)
  const sender = createSender({ allow, resolve: world.resolve })

  const startWork = async () => {
    const queue = await startQueue(database, onError)
    const random = world.random ?? Math.random
    const userAgent = `Presswire/${version}`
    const parts = {
      database,
      db: database.db,
      queue,
      notifier,
      sender,
      seal,
      userAgent,
      now,
      random,
      onError,
    }
    const worker = await startWorker({ ...parts, onAttempt: (attempt) => logAttempt(log, attempt) })
    opened.onCommit(worker.wake)
    return { worker, queue }
  }

  const startApi = async () => {
    const signal = createSignal()
    notifier.on(eventsChannel, signal.ring)
    opened.onCommit(signal.ring)
    const endpointRules = {
      seal,
      allow,
      documentProblems: (document: string, variables: Record<string, unknown> | null) =>
        documentProblems(schema, document, variables),
    }
    const shared = {
      db: database.db,
      site: siteOf(config),
      now,
      write,
      follow: createFollow(database.db, signal.next),
      endpointRules,
    }
    const contextOf = (viewer: Viewer, requestId: string): Context => ({ ...shared, viewer, requestId })
    const yoga = createGraphQLServer(schema, contextOf, (error, requestId) =>
      log.error({ err: error, requestId }, 'request failed'),
    )
    const graphiql = createGraphiql('/graphql', config.SITE_TITLE)
    const server = createHttpServer({
      host: config.HOST,
      port: config.PORT,
      corsOrigins: config.CORS_ORIGINS.includes('*') ? '*' : config.CORS_ORIGINS,
      routes: {
        '/graphql': graphqlRoute({
          yoga,
          page: graphiql.page,
          authenticate: createAuthenticate((key) => viewerOfKey(database.db, key, now())),
        }),
        ...graphiql.routes,
      },
      onError: (error, { requestId }) => log.error({ err: error, requestId }, 'request failed'),
    })
    const { port } = await server.listen()
    return { server, url: `http://${config.HOST.includes(':') ? `[${config.HOST}]` : config.HOST}:${port}` }
  }

  const api = config.ROLE === 'worker' ? null : await startApi()
  const work = config.ROLE === 'api' ? null : await startWork()
  const stop = async (graceMs = 10_000) => {
    await api?.server.stop(graceMs)
    const drained = work?.worker.stop()
    await sender.close(Math.min(graceMs, 5_000))
    await drained
    await work?.queue.stop()
    await notifier.close()
    await opened.close()
  }
  return { core: opened, url: api?.url ?? null, worker: work?.worker ?? null, stop }
}
