import { newId } from '../../src/id.ts'
import type { TestApp } from '../support/app.ts'

/** Puts deliveries in front of an endpoint that are due now, or then, as a fan-out would have made them. Returns their ids. */
export const insertDeliveries = async (
  { database: { db }, clock }: TestApp,
  endpointId: string,
  count: number,
  now: Date = clock.now(),
): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => newId('delivery'))
  await db.webhookDelivery.createMany({
    data: ids.map((id, index) => ({
      id,
      endpointId,
      subjectId: `subject ${index}`,
      sequence: index,
      body: '{}',
      nextAttemptAt: now,
      createdAt: now,
    })),
  })
  return ids
}
