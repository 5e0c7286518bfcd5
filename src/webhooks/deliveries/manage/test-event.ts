import { requireScope } from '../../../keys/require-scope.ts'
import { newId } from '../../../lib/id.ts'
import type { Write } from '../../../write/write.ts'
import { testType } from '../../endpoints/endpoint.ts'
import { lockEndpoint } from '../../endpoints/status.ts'
import { deliveryOf, insertDeliveries } from '../make/fanout.ts'
import { wakeSenders } from '../run/wake.ts'
import { checkNotDisabled } from './redeliver.ts'

/**
 * Tries an endpoint out: makes an event that it alone is told of, whatever it listens to, and its delivery, which is sent
 * once the transaction is committed. To a paused endpoint it waits, as any delivery does.
 *
 * @throws NotFoundError, InvalidStateError when the endpoint is disabled.
 */
export const sendTestWebhook = async (w: Write, endpointId: string): Promise<{ deliveryId: string }> => {
  requireScope(w, 'WEBHOOKS_MANAGE')
  const endpoint = await lockEndpoint(w, endpointId)
  checkNotDisabled(endpoint, ['input', 'id'])
  const deliveryId = newId('delivery')
  w.record({
    type: testType,
    subjectId: endpointId,
    subjectVersion: endpoint.version,
    changedFields: [],
    previous: null,
    invalidates: [],
    paths: [],
    isPublic: false,
    detail: { reason: 'A test.' },
    // Not left to the fan-out: the answer has the delivery.
    written: async (event) => {
      const rendering = await w.tx.eventRendering.findFirstOrThrow({ where: { eventId: event.id } })
      const row = deliveryOf({ event, endpoint, rendering }, w.now)
      await insertDeliveries(w.tx, [{ ...row, id: deliveryId }])
      await w.tx.event.update({ where: { id: event.id }, data: { fannedOutAt: w.now } })
      await wakeSenders(w.tx)
    },
  })
  return { deliveryId }
}
