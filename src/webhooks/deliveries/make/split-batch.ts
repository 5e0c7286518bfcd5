import type { Db, Tx } from '../../../db/client.ts'
import type { ApiKeyScope, Event } from '../../../db/generated/client.ts'
import { newId } from '../../../lib/id.ts'
import { type Body, batchBody, type LastState, maxBodyBytes } from './envelope.ts'
import { insertDeliveries } from './fanout.ts'

/** Some subjects of a batch window, all of their events, and what is sent of them: a delivery of its own. */
export type Part = { id: string; events: Event[]; made: Body }

/**
 * What is sent of a batch window: one body where it fits into one, else halves of it, and of these, until each fits. A
 * subject whose state alone is too large is a part that has failed, and takes no other with it.
 *
 * @param id of the delivery that the window is; the first part keeps it.
 * @param events all of the window, in commit order.
 * @param states of its subjects, in the order of their last events.
 */
export const partsOf = (id: string, apiVersion: string, events: Event[], states: LastState[]): Part[] => {
  // Nobody builds megabytes to find that they are too many.
  const made = isSurelyTooLarge(states) ? null : batchBody(id, apiVersion, events, states)
  if (made && (states.length < 2 || 'body' in made || !made.isTooLarge)) return [{ id, events, made }]
  const middle = Math.ceil(states.length / 2)
  const half = (id: string, some: LastState[]) => {
    const subjects = new Set(some.map(({ event }) => event.subjectId))
    const theirs = events.filter(({ subjectId }) => subjects.has(subjectId))
    return partsOf(id, apiVersion, theirs, some)
  }
  return [...half(id, states.slice(0, middle)), ...half(newId('delivery'), states.slice(middle))]
}

const isSurelyTooLarge = (states: LastState[]): boolean =>
  states.length > 1 && states.reduce((sum, { shown }) => sum + (shown.data?.length ?? 0), 0) > maxBodyBytes

/**
 * Keeps the parts of a window in the place of the one delivery that it was: all or none of them, so that nothing is lost or
 * told twice with a process, and each keeps its id from then on. Returns whether the window was still to be sent, to
 * an endpoint whose scopes are those that it was made with.
 */
export const keepParts = (
  db: Db,
  { id, endpointId, scopes }: { id: string; endpointId: string; scopes: ApiKeyScope[] },
  parts: Part[],
): Promise<boolean> =>
  db.$transaction(async (tx) => {
    // Before its deliveries, as everybody locks an endpoint. With other scopes by now it is to be made again.
    const unchanged = await tx.$queryRaw<object[]>`
      SELECT 1 FROM webhook_endpoints
      WHERE id = ${endpointId} AND scopes = ${scopes}::text[]::"ApiKeyScope"[] FOR NO KEY UPDATE`
    if (unchanged.length === 0) return false
    const [window] = await tx.$queryRaw<{ nextAttemptAt: Date; createdAt: Date }[]>`
      SELECT next_attempt_at AS "nextAttemptAt", created_at AS "createdAt" FROM webhook_deliveries
      WHERE id = ${id} AND endpoint_id = ${endpointId} AND status = 'PENDING' AND body IS NULL
        AND leased_until IS NOT NULL FOR UPDATE`
    if (!window) return false
    for (const { made, ...part } of parts) {
      const [isOld, sequence] = [part.id === id, part.events.at(-1)?.sequence ?? 0n]
      if (isOld) await keepFirst(tx, id, { scopes, sequence }, made)
      else await addPart(tx, id, { ...part, sequence, endpointId, scopes, ...window }, made)
    }
    return true
  })

type New = {
  id: string
  events: Event[]
  sequence: bigint
  endpointId: string
  scopes: ApiKeyScope[]
  nextAttemptAt: Date
  createdAt: Date
}

const addPart = async (
  tx: Tx,
  windowId: string,
  { events, sequence, nextAttemptAt, ...row }: New,
  made: Body,
): Promise<void> => {
  const state =
    'body' in made
      ? ({ status: 'PENDING', body: made.body, nextAttemptAt } as const)
      : ({ status: 'FAILED', reason: made.reason } as const)
  await insertDeliveries(tx, [
    { ...row, ...state, eventId: null, subjectId: null, sequence: String(sequence) },
  ])
  await tx.$executeRaw`
    UPDATE webhook_batched_events SET delivery_id = ${row.id}
    WHERE delivery_id = ${windowId} AND event_id = ANY(${events.map((event) => event.id)})`
}

const keepFirst = (
  tx: Tx,
  id: string,
  kept: { scopes: ApiKeyScope[]; sequence: bigint },
  made: Body,
): Promise<unknown> => {
  const state =
    'body' in made
      ? { body: made.body }
      : ({ status: 'FAILED', reason: made.reason, nextAttemptAt: null, leasedUntil: null } as const)
  return tx.webhookDelivery.update({ where: { id }, data: { ...kept, ...state } })
}
