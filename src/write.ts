import type { Viewer } from './auth/viewer.ts'
import type { Db, Tx } from './db/client.ts'
import type { Event } from './db/generated/client.ts'
import { type Fact, type OutboxPorts, writeEvents } from './events/outbox.ts'
import type { Site } from './site.ts'

/** What every write is handed: the transaction, who asks, the clock, the site, and the recorder of facts. */
export type Write = {
  tx: Tx
  viewer: Viewer
  now: Date
  site: Site
  /** Says what happened. The event is written when the work is done, in the same transaction. */
  record(fact: Fact): void
}

/** Runs work in one transaction: its rows, its events and their rendered data commit together or not at all. */
export type Writer = <T>(
  viewer: Viewer,
  work: (w: Write) => Promise<T>,
) => Promise<{ value: T; events: Event[] }>

export const createWriter =
  (parts: { db: Db; site: Site; now: () => Date; outbox: OutboxPorts; committed: () => void }): Writer =>
  async (viewer, work) => {
    const result = await parts.db.$transaction(async (tx) => {
      const facts: Fact[] = []
      const now = parts.now()
      const value = await work({ tx, viewer, now, site: parts.site, record: (fact) => facts.push(fact) })
      const events = await writeEvents(tx, parts.outbox, facts, { actor: viewer.name, now })
      return { value, events }
    })
    // The relay of this process need not wait for the notification to come round.
    if (result.events.length > 0) parts.committed()
    return result
  }
