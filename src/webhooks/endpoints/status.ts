import type { WebhookEndpoint, WebhookEndpointStatus } from '../../db/generated/client.ts'
import { NotFoundError } from '../../lib/errors.ts'
import type { Write } from '../../write/write.ts'
import { wakeSenders } from '../deliveries/run/wake.ts'
import { cancelSome, disabledReason } from './delete-in-steps.ts'
import { untried } from './health.ts'
import { lockOutFanOuts } from './locks.ts'

/**
 * Sets an endpoint ACTIVE, PAUSED or DISABLED. Nothing happens when it is that already. Paused, its deliveries are made
 * and wait. Disabled, none are made, those that wait are cancelled and `endpoint.disabled` is told to the others. Active
 * again it is believed healthy, and what waits goes out with the commit; after it was disabled it is told of what happens
 * from now on.
 *
 * @param reason for people: why, as a sentence; null when nobody said.
 * @throws NotFoundError
 */
export const setEndpointStatus = async (
  w: Write,
  id: string,
  status: WebhookEndpointStatus,
  reason: string | null,
): Promise<WebhookEndpoint> => {
  const before = await lockEndpoint(w, id)
  if (before.status === status) return before
  // What was to be cancelled when it was disabled is not sent for being late.
  if (before.status === 'DISABLED')
    while ((await cancelSome(w.tx, id, disabledReason(before.statusReason))) > 0);
  const restart = before.status === 'DISABLED' ? { listensAfter: await newestSequence(w) } : {}
  const endpoint = await w.tx.webhookEndpoint.update({
    where: { id },
    data: {
      status,
      statusReason: reason,
      statusChangedAt: w.now,
      version: before.version + 1,
      ...restart,
      ...(status === 'ACTIVE' ? untried : {}),
    },
  })
  if (status === 'ACTIVE') await wakeSenders(w.tx)
  if (status === 'DISABLED') {
    const why = disabledReason(reason)
    await cancelSome(w.tx, id, why)
    recordDisabled(w, before, endpoint, reason, () => cancelComing(w, id, why))
  }
  return endpoint
}

/** The endpoint, locked before any of its deliveries is: everybody locks in this order. */
export const lockEndpoint = async (
  { tx }: Write,
  id: string,
  path = ['input', 'id'],
): Promise<WebhookEndpoint> => {
  await tx.$queryRaw`SELECT 1 FROM webhook_endpoints WHERE id = ${id} FOR NO KEY UPDATE`
  const endpoint = await tx.webhookEndpoint.findUnique({ where: { id, deletedAt: null } })
  if (!endpoint) throw new NotFoundError(`There is no webhook endpoint with the id "${id}".`, path)
  return endpoint
}

/**
 * Ends what fan-outs have just made, or are making, for an endpoint that gets nothing more. After `cancelSome`, which lets
 * them go on, and right before the commit: from here on they wait. Very much of it is ended after the commit (`deleteSomeEndpoints`).
 */
export const cancelComing = async ({ tx }: Write, endpointId: string, reason: string): Promise<void> => {
  await lockOutFanOuts(tx, endpointId)
  await cancelSome(tx, endpointId, reason)
}

/** The sequence of the newest event: whoever begins to listen now is told of those after it. */
export const newestSequence = async ({ tx }: Write): Promise<bigint> =>
  (await tx.event.aggregate({ _max: { sequence: true } }))._max.sequence ?? 0n

const recordDisabled = (
  w: Write,
  before: WebhookEndpoint,
  { id, version }: WebhookEndpoint,
  reason: string | null,
  written: () => Promise<void>,
): void =>
  w.record({
    type: 'endpoint.disabled',
    subjectId: id,
    subjectVersion: version,
    changedFields: ['status', 'statusReason', 'statusChangedAt'],
    // Why it was in that state is for those who manage endpoints; this one is told to others, too.
    previous: { status: before.status },
    invalidates: [],
    paths: [],
    // What is known of endpoints is for those who manage them.
    isPublic: false,
    detail: { reason },
    written,
  })
