import { newId } from '../../src/lib/id.ts'
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
    data: ids.map((id, index) => {
      const subjectId = newId('post')
      const sequence = index + 1
      const body = bodyOf(subjectId, sequence, now)
      return { id, endpointId, subjectId, sequence, body, nextAttemptAt: now, createdAt: now }
    }),
  })
  return ids
}

const bodyOf = (subjectId: string, sequence: number, now: Date): string =>
  JSON.stringify({
    id: newId('event'),
    type: 'post.unpublished',
    timestamp: now.toISOString(),
    sequence: String(sequence),
    apiVersion: '2026-11-22',
    subject: { type: 'Post', id: subjectId, version: 1 },
    changedFields: [],
    previous: null,
    invalidates: [],
    paths: [],
    data: {},
  })
