import { setTimeout as pause } from 'node:timers/promises'
import type { Db, Tx } from '../db/client.ts'
import { isContention } from '../db/contention.ts'
import type { Event } from '../db/generated/client.ts'
import { createFilterMatcher, type FilterMatcher, type FilterPorts } from '../events/filter-matching.ts'
import { type EventDraft, type OutboxPorts, writeEvents } from '../events/outbox.ts'
import type { Viewer } from '../keys/viewer.ts'
import type { PostSource, Rendered } from '../markup/rendered.ts'
import type { Render } from '../markup/threads/pool.ts'
import type { Site } from '../urls/site-paths.ts'
import { createRenderings } from './renderings.ts'

/** What every write is handed: the transaction, who asks, the clock, the site, the recorder of drafts and the matcher of filters. */
export type Write = {
  tx: Tx
  viewer: Viewer
  now: Date
  site: Site
  /** Says what happened. The event is written when the work is done, in the same transaction. */
  record(draft: EventDraft): void
  /** Says who wants to be told of a subject as it is: asked before it changes and after. */
  matchFilters: FilterMatcher
  /**
   * What was made of a source before the transaction began. For one that nobody knew of then, the transaction rolls back and
   * the work runs again: ask for it before any lock is taken, and let its errors pass.
   *
   * @throws CannotRender
   */
  rendered(source: PostSource): Rendered
  /** Forgets what receivers were told of events whose subject is deleted for good. */
  forgetTold(subjectId: string, eventIds: string[]): Promise<void>
}

/** What a write that may be asked for again came to: its value, as data without classes, and the ids of its events. */
export type RecordedResult = { value: unknown; eventIds: string[] }

/** The place of one write of a request that may be repeated, so that its work is committed once. */
export type IdempotencySlot = {
  /** Called first in the transaction: what an earlier attempt committed, or null when the work is still to be done. */
  replay(tx: Tx): Promise<RecordedResult | null>
  /** Called last in the transaction of the work. */
  keep(tx: Tx, value: unknown, events: Event[]): Promise<void>
}

/**
 * Runs work in one transaction: its rows, its events and their rendered data commit together or not at all. A deadlock, or
 * a source that has to be rendered first, runs the work again from its start, so it must change nothing but the database.
 */
export type Writer = <T>(
  viewer: Viewer,
  work: (w: Write) => Promise<T>,
  options?: WriteOptions,
) => Promise<{ value: T; events: Event[] }>

export type WriteOptions = {
  /** With it the work may not run at all: then the value is what an earlier attempt made. */
  slot?: IdempotencySlot
  /** What the work will want to be rendered, as far as that is known. */
  sources?: PostSource[]
}

type Parts = {
  db: Db
  site: Site
  now: () => Date
  outbox: OutboxPorts
  filters: FilterPorts
  render: Render
  forgetTold: (tx: Tx, subjectId: string, eventIds: string[]) => Promise<void>
  committed: () => void
}

export const createWriter =
  (parts: Parts): Writer =>
  async (viewer, work, { slot, sources = [] } = {}) => {
    const renderings = createRenderings((source) => parts.render(source, viewer.keyId ?? viewer.name ?? ''))
    await renderings.make(sources)
    const transaction = () =>
      parts.db.$transaction(async (tx) => {
        const known = await slot?.replay(tx)
        // A value of this very work, kept by an earlier attempt.
        if (known) return { value: known.value as never, events: await eventsOf(tx, known.eventIds) }
        const drafts: EventDraft[] = []
        const now = parts.now()
        const record = (draft: EventDraft) => void drafts.push(draft)
        const matchFilters = createFilterMatcher(tx, parts.filters)
        const { rendered } = renderings
        const forgetTold: Write['forgetTold'] = (...told) => parts.forgetTold(tx, ...told)
        const value = await work({
          tx,
          viewer,
          now,
          site: parts.site,
          record,
          matchFilters,
          rendered,
          forgetTold,
        })
        const by = { actor: viewer.name, actorId: viewer.keyId, now }
        const events = await writeEvents(tx, parts.outbox, drafts, by)
        await slot?.keep(tx, value, events)
        return { value, events }
      })
    const result = await renderings.makingWhatIsMissing(() => againWhenInTheWay(transaction))
    // The relay of this process need not wait for the notification to come round.
    if (result.events.length > 0) parts.committed()
    return result
  }

/** The writer of one request: each write that it makes has a memory of its own. */
export const writerWith =
  (write: Writer, nextSlot: () => IdempotencySlot): Writer =>
  (viewer, work, options) =>
    write(viewer, work, { ...options, slot: nextSlot() })

// Of two in each other's way one goes on: five tries are enough for five that want the same rows at once.
const tries = 5
// Random, or those who met would meet again.
const pauseMs = 50

const againWhenInTheWay = async <T>(transaction: () => Promise<T>): Promise<T> => {
  for (let left = tries - 1; ; left--) {
    try {
      return await transaction()
    } catch (error) {
      if (left === 0 || !isContention(error)) throw error
      await pause(Math.random() * pauseMs)
    }
  }
}

/** In the order in which they were written; one that is pruned is left out. */
const eventsOf = async (tx: Tx, ids: string[]): Promise<Event[]> =>
  ids.length === 0 ? [] : tx.event.findMany({ where: { id: { in: ids } }, orderBy: { sequence: 'asc' } })
