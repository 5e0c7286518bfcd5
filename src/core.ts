import { type Config, locationOf } from './config.ts'
import { forNobody } from './db/caller.ts'
import { type Database, openDatabase } from './db/client.ts'
import { startDatabaseClock } from './db/clock.ts'
import { migrate } from './db/migrations/migrate.ts'
import { limitStatements, unlimitedStatements } from './db/statement-timeout.ts'
import type { FilterPorts } from './events/filter-matching.ts'
import { leapAhead } from './events/leap.ts'
import type { OutboxPorts } from './events/outbox.ts'
import { createTimeBudget } from './events/time-budget.ts'
import { createRenderer } from './graphql/render.ts'
import { schema } from './graphql/schema.ts'
import type { Log } from './lib/log.ts'
import { createRenderPool, type Render, type RenderOptions } from './markup/threads/pool.ts'
import { createMatching } from './posts/query/filter-matching.ts'
import { type Site, siteOf } from './urls/site-paths.ts'
import { forgetBodiesOf } from './webhooks/deliveries/manage/forget.ts'
import { listenersOf } from './webhooks/endpoints/endpoint.ts'
import { subscriptionFilters } from './webhooks/endpoints/filter.ts'
import type { Resolve } from './webhooks/http/guarded-connector.ts'
import { createWriter, type Writer } from './write/write.ts'

/** What a test may put in the place of the world. */
export type World = {
  now?: () => Date
  random?: () => number
  resolve?: Resolve
  database?: Database
  /** How posts are rendered. */
  rendering?: RenderOptions
  /** Ends a start between two of its steps. */
  signal?: AbortSignal
  log: Log
}

/** The opened program without its doors: what commands other than `serve` need. */
export type Core = {
  database: Database
  write: Writer
  site: Site
  /** Renders an endpoint's document for an event. */
  render: OutboxPorts['render']
  /** Renders what is written in a post, in a thread of its own. */
  renderPost: Render
  /** Says which posts match an endpoint's filter. */
  matching: FilterPorts['matching']
  /** By the database's clock, which all processes share. */
  now: () => Date
  /** Looks again how far the clocks are apart. */
  compareClocks(): Promise<void>
  /** Calls back after every commit with events in this process. */
  onCommit(wake: () => void): void
  close(): Promise<void>
}

/** Opens and migrates the database and joins the ports; nothing listens and nothing runs in the background. */
export const openCore = async (config: Config, world: World): Promise<Core> => {
  const database = world.database ?? (await openDatabase(locationOf(config)))
  const renderPool = createRenderPool(world.rendering)
  const close = async () => {
    await renderPool.end()
    await database.close()
  }
  try {
    world.signal?.throwIfAborted()
    await migrate(database)
    await leapAhead(database.db)
    world.signal?.throwIfAborted()
  } catch (error) {
    // A database that broke may not close either; what broke it is what counts.
    await close().catch(() => undefined)
    throw error
  }
  const clock = world.now ? null : await startDatabaseClock(database.db)
  const now = world.now ?? clock?.now ?? (() => new Date())
  const site = siteOf(config)
  const wakes: (() => void)[] = []
  const onError = (error: unknown, event: string) =>
    world.log.error({ err: error, event }, 'rendering failed')
  const render = createRenderer(schema, site, onError)
  const limit = database.kind === 'postgres' ? limitStatements : unlimitedStatements
  const outbox = { listeners: listenersOf, render, limitStatements: limit, timeBudget: createTimeBudget() }
  const matching = createMatching(site)
  const filters: FilterPorts = {
    filters: subscriptionFilters,
    matching,
    limitStatements: limit,
    timeBudget: createTimeBudget(),
    onError: (error, { filter }) => world.log.error({ err: error, filter }, 'a filter of an endpoint failed'),
  }
  // What a commit sets going is not its caller's any more, who may go away.
  const committed = () =>
    forNobody(() => {
      for (const wake of wakes) wake()
    })
  const write = createWriter({
    db: database.db,
    site,
    now,
    outbox,
    filters,
    render: renderPool.render,
    forgetTold: forgetBodiesOf,
    committed,
  })
  const onCommit = (wake: () => void) => void wakes.push(wake)
  const compareClocks = async () => clock?.compare()
  return {
    database,
    write,
    render,
    renderPost: renderPool.render,
    matching,
    site,
    now,
    compareClocks,
    onCommit,
    close,
  }
}
