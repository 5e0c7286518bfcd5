import type { Tx } from '../../../db/client.ts'
import type { Event, Prisma, WebhookEndpoint } from '../../../db/generated/client.ts'
import { newId } from '../../../lib/id.ts'

/** An event for an endpoint that gathers the events of a window. */
export type Joining = { endpoint: WebhookEndpoint; event: Event }

/**
 * Puts events, in commit order, into the batch windows of their endpoints: into the one that is open, or that has closed and
 * still waits, as for an endpoint that is paused or down; else into a new one from the time of the event on. So what piles
 * up goes out as one delivery when the endpoint is back. A window is a delivery without a body that is due when it closes, so that it survives
 * whatever happens to a process; the lease that sends it closes it. The caller has locked the endpoints, so that no two
 * open a window each.
 */
export const joinWindows = async (tx: Tx, joinings: Joining[], now: Date): Promise<void> => {
  const byEndpoint = Map.groupBy(joinings, ({ endpoint }) => endpoint.id)
  for (const [id, joining] of byEndpoint) {
    const windows = windowsOf(joining, await openWindow(tx, id), now)
    await writeWindows(tx, id, windows, now)
  }
}

type Window = { id: string; closesAt: Date; isNew: boolean; size: number; events: Event[] }

// Whoever was away for long is told in several parts, each small enough to be made at once.
const maxEvents = 1_000

const openWindow = async (tx: Tx, endpointId: string): Promise<Window | null> => {
  const [row] = await tx.$queryRaw<{ id: string; closesAt: Date; size: number }[]>`
    SELECT id, next_attempt_at AS "closesAt",
      (SELECT count(*)::int FROM webhook_batched_events WHERE delivery_id = webhook_deliveries.id) AS size
    FROM webhook_deliveries
    WHERE endpoint_id = ${endpointId} AND status = 'PENDING' AND subject_id IS NULL AND body IS NULL
      AND leased_until IS NULL
    ORDER BY sequence DESC LIMIT 1 FOR UPDATE OF webhook_deliveries`
  return row ? { ...row, isNew: false, events: [] } : null
}

const windowsOf = (joinings: Joining[], open: Window | null, now: Date): Window[] => {
  const windows = open ? [open] : []
  for (const { endpoint, event } of joinings) {
    const last = windows.at(-1)
    // What has closed and is still here waits for its endpoint, or for this fan-out.
    const takesIt = last && (event.occurredAt < last.closesAt || last.closesAt <= now)
    if (takesIt && last.size + last.events.length < maxEvents) last.events.push(event)
    else {
      const closesAt = new Date(event.occurredAt.getTime() + endpoint.batchWindowSeconds * 1_000)
      windows.push({ id: newId('delivery'), closesAt, isNew: true, size: 0, events: [event] })
    }
  }
  return windows.filter(({ events }) => events.length > 0)
}

const writeWindows = async (tx: Tx, endpointId: string, windows: Window[], now: Date): Promise<void> => {
  const sequenceOf = ({ events }: Window) => events.at(-1)?.sequence ?? 0n
  const rows: Prisma.WebhookDeliveryCreateManyInput[] = windows
    .filter(({ isNew }) => isNew)
    .map((window) => ({
      id: window.id,
      endpointId,
      sequence: sequenceOf(window),
      nextAttemptAt: window.closesAt,
      createdAt: now,
    }))
  if (rows.length > 0) await tx.webhookDelivery.createMany({ data: rows })
  for (const window of windows.filter(({ isNew }) => !isNew))
    await tx.webhookDelivery.update({ where: { id: window.id }, data: { sequence: sequenceOf(window) } })
  await tx.webhookBatchedEvent.createMany({
    data: windows.flatMap(({ id, events }) => events.map((event) => ({ deliveryId: id, eventId: event.id }))),
  })
}
