import type { GraphQLResolveInfo } from 'graphql'
import { type Connection, type Ordering, pageSql, readPage, toConnection } from '../../../db/page.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { type ConnectionArgs, connectionArgs, nodePaths } from '../../../graphql/schema/connection.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { deliveryKeys, WebhookDeliveryConnection } from './delivery.ts'

const newestFirst: Ordering = {
  name: 'WebhookEndpoint.deliveries',
  field: 'createdAt',
  direction: 'desc',
  kind: 'date',
}

builder.prismaObjectField('WebhookEndpoint', 'deliveries', (t) =>
  t.loadable({
    type: WebhookDeliveryConnection,
    byPath: true,
    description: 'What was sent to it and waits to be, newest first.',
    args: connectionArgs(t.arg),
    resolve: (endpoint) => endpoint.id,
    load: (endpointIds: string[], context, args, info) => deliveriesOf(endpointIds, args, context, info),
  }),
)

type DeliveryKey = {
  id: string
  endpointId: string | null
  eventId: string | null
  nextAttemptAt: Date | null
}
type ListKey = { id: string; endpointId: string }

/** A page of deliveries for each of many endpoints: one statement that cuts the pages, and one that reads their rows. */
const deliveriesOf = async (
  endpointIds: string[],
  args: ConnectionArgs,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Connection<DeliveryKey>[]> => {
  const page = readPage(args, newestFirst)
  const { where, orderBy } = pageSql(page, 'webhook_deliveries')
  const places = await context.db.$queryRaw<ListKey[]>`
    SELECT page.id, parent.id AS "endpointId"
    FROM unnest(${endpointIds}::text[]) AS parent(id)
    CROSS JOIN LATERAL (
      SELECT webhook_deliveries.id FROM webhook_deliveries
      WHERE webhook_deliveries.endpoint_id = parent.id AND ${where}
      ORDER BY ${orderBy} LIMIT ${page.limit + 1}
    ) page`
  const select = selectOf(context, info, 'WebhookDelivery', { ...deliveryKeys, createdAt: true }, nodePaths)
  const rows = await context.db.webhookDelivery.findMany({
    select,
    where: { id: { in: places.map(({ id }) => id) } },
  })
  const byId = new Map(rows.map((row) => [row.id, row]))
  const byEndpoint = Map.groupBy(places, ({ endpointId }) => endpointId)
  let counts: Promise<Map<string | null, number>> | undefined
  return endpointIds.map((endpointId) => {
    const own = (byEndpoint.get(endpointId) ?? []).flatMap(({ id }) => byId.get(id) ?? [])
    return toConnection(own, page, async () => {
      counts ??= countsOf(endpointIds, context)
      return (await counts).get(endpointId) ?? 0
    })
  })
}

const countsOf = async (endpointIds: string[], { db }: Context): Promise<Map<string | null, number>> => {
  const where = { endpointId: { in: endpointIds } }
  const rows = await db.webhookDelivery.groupBy({ by: ['endpointId'], where, _count: true })
  return new Map(rows.map((row) => [row.endpointId, row._count]))
}
