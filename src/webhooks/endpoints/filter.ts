import { createHash } from 'node:crypto'
import type { Tx } from '../../db/client.ts'
import { type Event, Prisma, type WebhookEndpoint } from '../../db/generated/client.ts'
import type { FilterPorts, SubscriptionFilter } from '../../events/filter-matching.ts'

/** What saving and reading an endpoint's filter needs of those who know posts. */
export type FilterRules = {
  /** Why it cannot be kept, as a sentence; null when it can. */
  problem(filter: object): string | null
  /** As it is written in variables. */
  toJson(filter: object): Prisma.InputJsonObject
  matching: FilterPorts['matching']
}

type Filtering = Pick<WebhookEndpoint, 'filter' | 'scopes'>

/** Which posts an endpoint wants to be told of; null: of all. */
export const subscriptionFilterOf = ({ filter, scopes }: Filtering): SubscriptionFilter | null => {
  if (filter === null) return null
  const key = createHash('sha256')
    .update(JSON.stringify([filter, [...scopes].sort()]))
    .digest('base64url')
  return { key, filter: filter as Prisma.JsonObject, scopes }
}

/** The filters of all endpoints, each once; also of those that are disabled, so that a replay knows what they missed. */
export const subscriptionFilters = async (tx: Tx): Promise<SubscriptionFilter[]> => {
  const endpoints = await tx.webhookEndpoint.findMany({
    select: { filter: true, scopes: true },
    where: { filter: { not: Prisma.DbNull }, deletedAt: null },
  })
  const filters = endpoints.flatMap((endpoint) => subscriptionFilterOf(endpoint) ?? [])
  return [...new Map(filters.map((filter) => [filter.key, filter])).values()]
}

/**
 * Those of some events that pass an endpoint's filter: as it was decided with the event. Where nothing was, since the
 * endpoint or its filter is younger than the event, what the posts are now decides.
 */
export const passing = async <
  One extends Pick<Event, 'subjectType' | 'subjectId' | 'filtersMatched' | 'filtersMissed'>,
>(
  tx: Tx,
  matching: FilterPorts['matching'],
  endpoint: Filtering,
  events: One[],
): Promise<One[]> => {
  const filter = subscriptionFilterOf(endpoint)
  if (!filter) return events
  const { key } = filter
  const isOpen = ({ subjectType, filtersMatched, filtersMissed }: One) =>
    subjectType === 'Post' && !filtersMatched.includes(key) && !filtersMissed.includes(key)
  const open = [...new Set(events.filter(isOpen).map(({ subjectId }) => subjectId))]
  const [now] = open.length > 0 ? await matching(tx, [filter], open) : []
  return events.filter((event) =>
    // One that nobody can judge is told of everything, as it is when an event happens.
    isOpen(event) ? now === null || now?.has(event.subjectId) : !event.filtersMissed.includes(key),
  )
}
