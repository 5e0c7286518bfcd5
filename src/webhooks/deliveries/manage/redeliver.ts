import { type ApiKeyScope, Prisma, type WebhookEndpoint } from '../../../db/generated/client.ts'
import { ApiKeyScope as scopeNames } from '../../../db/generated/enums.ts'
import { requireScope } from '../../../keys/require-scope.ts'
import { hasScope, viewerWith } from '../../../keys/viewer.ts'
import { InvalidStateError, NotFoundError } from '../../../lib/errors.ts'
import type { Write } from '../../../write/write.ts'
import { lockEndpoint } from '../../endpoints/status.ts'
import { wakeSenders } from '../run/wake.ts'

/**
 * Has one delivery sent again, with the same id and the same bytes, whatever became of it; its retries are counted anew.
 * What there was nothing to send of is rendered anew. One that waits for a retry is sent now instead; one that is on its way is left alone.
 *
 * @throws NotFoundError; InvalidStateError when there is nowhere to send it, or it may not be sent any more.
 */
export const redeliverWebhook = async (w: Write, id: string): Promise<{ id: string }> => {
  requireScope(w, 'WEBHOOKS_MANAGE')
  const delivery = await w.tx.webhookDelivery.findUnique({ where: { id } })
  if (!delivery) throw new NotFoundError(`There is no webhook delivery with the id "${id}".`, ['input', 'id'])
  const endpoint =
    delivery.endpointId === null
      ? null
      : await lockEndpoint(w, delivery.endpointId).catch((error) => {
          if (error instanceof NotFoundError) return null
          throw error
        })
  if (!endpoint) throw cannot('Its endpoint was deleted.')
  checkNotDisabled(endpoint, ['input', 'id'])
  if (!maySend(endpoint, delivery)) {
    throw cannot(`${showsTooMuch} replayWebhooks renders what it may see now.`)
  }
  await makeDue(w, [id], 'also those that wait')
  return { id }
}

/** @throws InvalidStateError */
export const checkNotDisabled = ({ status }: WebhookEndpoint, path: string[]): void => {
  if (status === 'DISABLED')
    throw new InvalidStateError('The endpoint is disabled; set it ACTIVE or PAUSED first.', path)
}

/** Why a delivery is cancelled that `maySend` refuses. */
export const showsTooMuch = 'It shows what the endpoint may no longer see.'

/** Whether a body shows no more than its endpoint may see today. */
export const maySend = (
  endpoint: Pick<WebhookEndpoint, 'scopes'>,
  { scopes }: { scopes: ApiKeyScope[] },
): boolean => scopes.every((scope) => hasScope(viewerWith(endpoint.scopes), scope))

/** Every scope that these include. */
export const includedIn = (scopes: ApiKeyScope[]): ApiKeyScope[] =>
  Object.values(scopeNames).filter((scope) => hasScope(viewerWith(scopes), scope))

/** Makes deliveries due now. The caller has locked their endpoint. Returns how many it were. */
export const makeDue = async (
  { tx, now }: Write,
  ids: string[],
  which: 'those that have ended' | 'also those that wait',
): Promise<number> => {
  if (ids.length === 0) return 0
  const ended = Prisma.sql`status <> 'PENDING'`
  const waiting = Prisma.sql`(status = 'PENDING' AND (leased_until IS NULL OR leased_until <= ${now}))`
  const chosen = which === 'those that have ended' ? ended : Prisma.sql`(${ended} OR ${waiting})`
  const count = await tx.$executeRaw`
    UPDATE webhook_deliveries SET
      resent_after = CASE WHEN status = 'PENDING' THEN resent_after ELSE attempt_count END,
      status = 'PENDING', reason = NULL, next_attempt_at = ${now}, leased_until = NULL
    WHERE id = ANY(${ids}) AND ${chosen}`
  await wakeSenders(tx)
  return count
}

/** Has deliveries that have ended rendered anew, should they be sent again. */
export const forgetBodies = async ({ tx }: Write, ids: string[]): Promise<void> => {
  if (ids.length > 0)
    await tx.webhookDelivery.updateMany({ where: { id: { in: ids } }, data: { body: null } })
}

const cannot = (message: string): InvalidStateError => new InvalidStateError(message, ['input', 'id'])
