import type { Tx } from '../../db/client.ts'
import type { WebhookEndpoint } from '../../db/generated/client.ts'

/** The endpoints that a fan-out makes deliveries for. */
export type FanOutEndpoints = {
  /** None of them is disabled. */
  endpoints: WebhookEndpoint[]
  /** The ids of those whose batch windows nobody else opens or fills meanwhile. */
  windows: ReadonlySet<string>
}

/**
 * Lets a fan-out in to those of these endpoints that are not disabled. To the end of its transaction none of them is
 * deleted or disabled, and none loses a scope, past its deliveries: whoever does that waits in `lockOutFanOuts`. It holds up
 * no claim, no recording of attempts and no other fan-out, but where there are batch windows, which one at a time fills.
 */
export const lockForFanOut = async (tx: Tx, ids: string[]): Promise<FanOutEndpoints> => {
  if (ids.length === 0) return { endpoints: [], windows: new Set() }
  // First what may have to wait for whoever changes an endpoint: there is nothing yet that they could be waiting for.
  const batched = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM webhook_endpoints
    WHERE id = ANY(${ids}) AND status <> 'DISABLED' AND batch_window_seconds > 0
    ORDER BY id FOR NO KEY UPDATE`
  await tx.$queryRaw`
    SELECT 1 FROM webhook_endpoints WHERE id = ANY(${ids}) AND status <> 'DISABLED' ORDER BY id FOR KEY SHARE`
  const endpoints = await tx.webhookEndpoint.findMany({
    where: { id: { in: ids }, status: { not: 'DISABLED' } },
  })
  return { endpoints, windows: new Set(batched.map(({ id }) => id)) }
}

/**
 * Waits for the fan-outs that are making deliveries for an endpoint, whose row the caller holds, and keeps others out until
 * the commit. Called last, and of several endpoints in the order of their ids: fan-outs of other endpoints may be among
 * those that wait.
 */
export const lockOutFanOuts = async (tx: Tx, endpointId: string): Promise<void> =>
  void (await tx.$queryRaw`SELECT 1 FROM webhook_endpoints WHERE id = ${endpointId} FOR UPDATE`)
