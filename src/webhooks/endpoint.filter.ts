import { createHash } from 'node:crypto'
import type { Tx } from '../db/client.ts'
import { Prisma, type WebhookEndpoint } from '../db/generated/client.ts'
import type { Interest } from '../events/interests.ts'

/** What saving and reading an endpoint's filter needs of those who know posts. */
export type FilterRules = {
  /** Why it cannot be kept, as a sentence; null when it can. */
  problem(filter: object): string | null
  /** As it is written in variables. */
  toJson(filter: object): Prisma.InputJsonObject
}

type Filtering = Pick<WebhookEndpoint, 'filter' | 'scopes'>

/** Which posts an endpoint wants to be told of; null: of all. */
export const interestOf = ({ filter, scopes }: Filtering): Interest | null => {
  if (filter === null) return null
  const key = createHash('sha256')
    .update(JSON.stringify([filter, [...scopes].sort()]))
    .digest('base64url')
  return { key, filter: filter as Prisma.JsonObject, scopes }
}

/** The interests of all endpoints, each once; also of those that are disabled, so that a replay knows what they missed. */
export const interestsOf = async (tx: Tx): Promise<Interest[]> => {
  const endpoints = await tx.webhookEndpoint.findMany({
    select: { filter: true, scopes: true },
    where: { filter: { not: Prisma.DbNull } },
  })
  const interests = endpoints.flatMap((endpoint) => interestOf(endpoint) ?? [])
  return [...new Map(interests.map((interest) => [interest.key, interest])).values()]
}
