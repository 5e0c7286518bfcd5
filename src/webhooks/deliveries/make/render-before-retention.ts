import type { Db } from '../../../db/client.ts'
import { Prisma } from '../../../db/generated/client.ts'
import type { OutboxPorts } from '../../../events/outbox.ts'
import { leaseMs, release } from '../run/claim.ts'
import { compose } from './render-body.ts'

// One look takes so many and then asks again: each may take its document's time to make.
const batch = 100

// One of an endpoint that is gone will never be sent.
const hasNoBody = Prisma.sql`d.status = 'PENDING' AND d.body IS NULL AND d.endpoint_id IS NOT NULL`

/**
 * Whether an event of the table `events` is still needed, as a condition in SQL: a delivery that waits is yet to be made of
 * it, such as the batch of an endpoint that is paused.
 */
export const isAwaited = Prisma.sql`(
  EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_id = events.id AND ${hasNoBody})
  OR EXISTS (
    SELECT 1 FROM webhook_batched_events b JOIN webhook_deliveries d ON d.id = b.delivery_id
    WHERE b.event_id = events.id AND ${hasNoBody}))`

/**
 * Makes the bodies of some deliveries that wait for an event of before a time, so that the event can be forgotten and
 * nothing that they tell is lost, however long their endpoint is paused. What another process is making is left to it.
 *
 * @returns how many; 0 when nothing is left to make.
 */
export const composeAwaited = async (
  db: Db,
  render: OutboxPorts['render'],
  before: Date,
  now: Date,
): Promise<number> => {
  let made = 0
  for (const id of await awaiting(db, before, now)) {
    if (!(await lease(db, id, now))) continue
    // What fails stays in the row, as its reason, and is told there.
    await compose(db, render, id).finally(() => release(db, id))
    made++
  }
  return made
}

/** Begun at the events: of those that old there are few, of deliveries that wait there may be very many. */
const awaiting = async (db: Db, before: Date, now: Date): Promise<string[]> => {
  const isFree = Prisma.sql`${hasNoBody} AND d.next_attempt_at <= ${now}
    AND (d.leased_until IS NULL OR d.leased_until <= ${now})`
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT d.id FROM events JOIN webhook_deliveries d ON d.event_id = events.id
    WHERE events.occurred_at < ${before} AND ${isFree}
    UNION
    SELECT d.id FROM events JOIN webhook_batched_events b ON b.event_id = events.id
      JOIN webhook_deliveries d ON d.id = b.delivery_id
    WHERE events.occurred_at < ${before} AND ${isFree}
    LIMIT ${batch}`
  return rows.map(({ id }) => id)
}

/** As a claim does, so that nobody sends it or puts an event into it meanwhile. Whoever has the row is waited for. */
const lease = async (db: Db, id: string, now: Date): Promise<boolean> =>
  (await db.$executeRaw`
    UPDATE webhook_deliveries d SET leased_until = ${new Date(now.getTime() + leaseMs)}
    WHERE d.id = ${id} AND ${hasNoBody} AND (d.leased_until IS NULL OR d.leased_until <= ${now})`) > 0
