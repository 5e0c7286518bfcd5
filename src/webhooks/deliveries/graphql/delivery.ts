import type { ApiKeyScope, Prisma } from '../../../db/generated/client.ts'
import { type Ordering, pageOrder, pageWhere, readPage, toConnection } from '../../../db/page.ts'
import { Event, EventType } from '../../../events/graphql/event.ts'
import { eventsVisibleTo } from '../../../events/visibility.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../../graphql/schema/connection.ts'
import { DateTimeRange } from '../../../graphql/schema/date-time-range.ts'
import { forbidden } from '../../../graphql/schema/errors.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { hasScope, type Viewer } from '../../../keys/viewer.ts'
import { WebhookEndpoint } from '../../endpoints/graphql/endpoint.ts'
import { WebhookDeliveryStatus } from '../../endpoints/graphql/enums.ts'

const WebhookAttempt = builder.prismaObject('WebhookAttempt', {
  description: 'What happened when a delivery was sent once.',
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Counted from 1.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it was sent.' }),
    durationMs: t.exposeInt('durationMs', { description: 'How long it took, in milliseconds.' }),
    statusCode: t.exposeInt('statusCode', {
      nullable: true,
      description: 'The HTTP status; null when nothing was answered.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'Why it failed: a code for programs, a colon and a sentence for people; null on success.',
    }),
    responseHeaders: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The headers that were answered, as an object: names in lower case, repeated ones joined by ", "; null when nothing was answered.',
      resolve: ({ responseHeaders }) => responseHeaders,
    }),
    responseBody: t.string({
      nullable: true,
      description:
        'The first 16 KiB that were answered; null when nothing was, and after 30 days. It may repeat what was sent: only for keys with all scopes that that was rendered with, null and FORBIDDEN otherwise.',
      resolve: ({ responseBody, scopes }, _args, { viewer }) => {
        if (responseBody !== null && !mayRead(viewer, scopes)) throw forbidden('WebhookAttempt.responseBody')
        return responseBody
      },
    }),
  }),
})

/** What its fields are loaded by. */
export const deliveryKeys = { id: true, endpointId: true, eventId: true, nextAttemptAt: true } as const

export const WebhookDelivery = builder.prismaObject('WebhookDelivery', {
  description: 'One event, or the events of a batch window, for one endpoint. Needs webhooks:manage.',
  interfaces: [Node],
  select: deliveryKeys,
  fields: (t) => ({
    status: t.expose('status', { type: WebhookDeliveryStatus, description: 'What became of it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why it is not delivered; null when nothing went wrong.',
    }),
    body: t.string({
      nullable: true,
      description:
        'The bytes that are sent, the same with every attempt; null when there was nothing that could be sent, and of a batch until its window has closed. Only for keys with all scopes that it was rendered with: null and FORBIDDEN otherwise.',
      select: { body: true, scopes: true },
      resolve: ({ body, scopes }, _args, { viewer }) => {
        if (body !== null && !mayRead(viewer, scopes)) throw forbidden('WebhookDelivery.body')
        return body
      },
    }),
  }),
})

builder.prismaObjectFields('WebhookDelivery', (t) => ({
  nextAttemptAt: t.loadable({
    type: 'DateTime',
    nullable: true,
    description:
      'When it is sent next at the earliest, of a batch when its window closes; null when it will not be sent. While the endpoint fails again and again it is not before its next probe.',
    resolve: ({ endpointId, nextAttemptAt }) => (nextAttemptAt ? { endpointId, nextAttemptAt } : null),
    load: async (waiting: { endpointId: string | null; nextAttemptAt: Date }[], { db }) => {
      const ids = waiting.flatMap(({ endpointId }) => endpointId ?? [])
      const open = await db.webhookEndpoint.findMany({
        select: { id: true, openUntil: true },
        where: { id: { in: ids }, openUntil: { not: null } },
      })
      const openUntil = new Map(open.map((row) => [row.id, row.openUntil]))
      return waiting.map(({ endpointId, nextAttemptAt }) => {
        const until = openUntil.get(endpointId ?? '')
        return until && until > nextAttemptAt ? until : nextAttemptAt
      })
    },
  }),
  endpoint: t.loadable({
    type: WebhookEndpoint,
    nullable: true,
    byPath: true,
    description: 'Where it goes; null when the endpoint was deleted.',
    resolve: (delivery) => delivery.endpointId,
    load: async (ids: string[], context, _args, info) => {
      const select = selectOf(context, info, 'WebhookEndpoint', { id: true })
      return inOrder(
        ids,
        await context.db.webhookEndpoint.findMany({ select, where: { id: { in: ids }, deletedAt: null } }),
      )
    },
  }),
  event: t.loadable({
    type: Event,
    nullable: true,
    description:
      'What it tells; null of a batch, which tells of several, when the event is no longer kept and when it is not for this caller.',
    resolve: (delivery) => delivery.eventId,
    load: async (ids: string[], { db, viewer }) =>
      inOrder(
        ids,
        await db.event.findMany({ where: { AND: [{ id: { in: ids } }, eventsVisibleTo(viewer)] } }),
      ),
  }),
  attempts: t.loadableGroup({
    type: WebhookAttempt,
    description: 'What happened so far, the first attempt first.',
    resolve: (delivery) => delivery.id,
    load: (ids: string[], { db }) =>
      db.webhookAttempt.findMany({ where: { deliveryId: { in: ids } }, orderBy: { number: 'asc' } }),
    group: (row) => row.deliveryId,
  }),
}))

/** Whether somebody may read what was rendered with these scopes. */
const mayRead = (viewer: Viewer, scopes: ApiKeyScope[]): boolean =>
  scopes.every((scope) => hasScope(viewer, scope))

const inOrder = <Row extends { id: string }>(ids: string[], rows: Row[]): (Row | null)[] => {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

export const WebhookDeliveryConnection = connectionType(
  'WebhookDelivery',
  'webhook deliveries',
  WebhookDelivery,
)

const WebhookDeliveryFilter = builder.inputType('WebhookDeliveryFilter', {
  description: 'Which deliveries to list; conditions are ANDed.',
  fields: (t) => ({
    status: t.field({
      type: [WebhookDeliveryStatus],
      description: 'Only with one of these; absent or null: any.',
    }),
    endpointId: t.id({ description: 'Only to this endpoint.' }),
    eventTypes: t.field({
      type: [EventType],
      description: 'Only of events of one of these types that the caller may see; absent or null: any.',
    }),
    createdAt: t.field({ type: DateTimeRange, description: 'Only what was made in this span of time.' }),
  }),
})

const newestFirst: Ordering = {
  name: 'webhookDeliveries',
  field: 'createdAt',
  direction: 'desc',
  kind: 'date',
}

builder.queryField('webhookDeliveries', (t) =>
  t.field({
    type: WebhookDeliveryConnection,
    authScopes: { scope: 'WEBHOOKS_MANAGE' },
    description: 'The log of deliveries, newest first. Needs webhooks:manage.',
    args: {
      ...connectionArgs(t.arg),
      filter: t.arg({ type: WebhookDeliveryFilter, description: 'Which deliveries; absent or null: all.' }),
    },
    resolve: async (_root, { filter, ...args }, context, info) => {
      const page = readPage(args, newestFirst)
      const select = selectOf(
        context,
        info,
        'WebhookDelivery',
        { ...deliveryKeys, createdAt: true },
        nodePaths,
      )
      const where: Prisma.WebhookDeliveryWhereInput = {
        ...(filter?.status ? { status: { in: filter.status } } : {}),
        ...(filter?.endpointId != null ? { endpointId: filter.endpointId } : {}),
        ...(filter?.eventTypes
          ? { event: { AND: [{ type: { in: filter.eventTypes } }, eventsVisibleTo(context.viewer)] } }
          : {}),
        ...(filter?.createdAt
          ? { createdAt: { gte: filter.createdAt.from?.instant, lt: filter.createdAt.before?.instant } }
          : {}),
      }
      const rows = await context.db.webhookDelivery.findMany({
        select,
        where: { AND: [where, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.webhookDelivery.count({ where }))
    },
  }),
)

registerNode('delivery', 'WebhookDelivery', async (ids, context, info) =>
  hasScope(context.viewer, 'WEBHOOKS_MANAGE')
    ? context.db.webhookDelivery.findMany({
        select: selectOf(context, info, 'WebhookDelivery', deliveryKeys),
        where: { id: { in: ids } },
      })
    : [],
)
