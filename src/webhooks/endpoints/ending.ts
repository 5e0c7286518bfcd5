import type { Tx } from '../../db/client.ts'
import { system } from '../../keys/viewer.ts'
import type { Write, Writer } from '../../write/write.ts'
import { setEndpointStatus } from './status.ts'

/** Disables the endpoints that some keys made, or last said of where they are sent or what they are shown. */
export const disableEndpointsOf = async (w: Write, keyIds: string[], reason: string): Promise<number> => {
  const rows = await w.tx.webhookEndpoint.findMany({
    where: {
      status: { not: 'DISABLED' },
      deletedAt: null,
      OR: [{ createdById: { in: keyIds } }, { updatedById: { in: keyIds } }],
    },
    select: { id: true },
    orderBy: { id: 'asc' },
  })
  for (const { id } of rows) await setEndpointStatus(w, id, 'DISABLED', reason)
  return rows.length
}

const worker = system('webhooks')

/** Disables the endpoints that end with a key which has expired, each in a transaction of its own. Returns how many. */
export const disableExpired = async (db: Tx, write: Writer, now: Date): Promise<number> => {
  const where = { status: { not: 'DISABLED' }, deletedAt: null, expiresAt: { lte: now } } as const
  const rows = await db.webhookEndpoint.findMany({ where, select: { id: true }, orderBy: { id: 'asc' } })
  for (const { id } of rows) {
    await write(worker, async (w) => {
      const endpoint = await w.tx.webhookEndpoint.findFirst({ where: { id, ...where } })
      if (!endpoint) return
      const by = endpoint.updatedBy ?? endpoint.createdBy
      await setEndpointStatus(
        w,
        id,
        'DISABLED',
        `The key that set it up${by ? `, "${by}",` : ''} has expired.`,
      )
    })
  }
  return rows.length
}
