import { type Ordering, pageOrder, pageWhere, readPage, toConnection } from '../../../db/page.ts'
import type { EventType as EventName } from '../../../events/catalog.ts'
import { EventType } from '../../../events/graphql/event.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../../graphql/schema/connection.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { ApiKeyScope } from '../../../keys/graphql/viewer.ts'
import { hasScope } from '../../../keys/viewer.ts'
import { WebhookEndpointStatus, WebhookOrdering, WebhookSigning } from './enums.ts'

const manage = { scope: 'WEBHOOKS_MANAGE' } as const

export const WebhookEndpoint = builder.prismaObject('WebhookEndpoint', {
  description: 'A downstream site that is told what happens. Needs webhooks:manage.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    url: t.expose('url', { type: 'URL', description: 'Where its deliveries are sent.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is, for people; null when nothing was written.',
    }),
    eventTypes: t.field({
      type: [EventType],
      description: 'What it is told of; empty = all that its scopes may see.',
      select: { eventTypes: true },
      resolve: ({ eventTypes }) => eventTypes as EventName[],
    }),
    filter: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'Which posts it is told of, as the variables of a PostFilter; null = all. With one, events of anything but posts are told only where eventTypes names them.',
      select: { filter: true },
      resolve: ({ filter }) => filter,
    }),
    document: t.exposeString('document', {
      nullable: true,
      description: 'The subscription that shapes `data`; null = the default one.',
    }),
    variables: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The variables of the document; null when it has none.',
      select: { variables: true },
      resolve: ({ variables }) => variables,
    }),
    scopes: t.field({
      type: [ApiKeyScope],
      description: 'What its document may read beyond what is public.',
      select: { scopes: true },
      resolve: ({ scopes }) => scopes,
    }),
    apiVersion: t.exposeString('apiVersion', {
      description: 'The version of the envelope that it was made with and keeps.',
    }),
    headerNames: t.exposeStringList('headerNames', {
      description:
        'The names of the headers of its own. Their values may be credentials and are never shown.',
    }),
    signing: t.expose('signing', {
      type: [WebhookSigning],
      description: 'How its deliveries are signed; with both, each request bears both signatures.',
    }),
    publicKey: t.exposeString('publicKey', {
      nullable: true,
      description:
        'What receivers verify `v1a` signatures with: `whpk_` and base64 of the Ed25519 public key, the newest one; null unless it signs with ED25519.',
    }),
    ordering: t.expose('ordering', {
      type: WebhookOrdering,
      description: 'Whether deliveries about one subject wait for each other.',
    }),
    batchWindowSeconds: t.exposeInt('batchWindowSeconds', {
      description:
        'How long events are gathered, from the first of them on, to be sent as one delivery; 0: each is sent at once.',
    }),
    rateLimitPerMinute: t.exposeInt('rateLimitPerMinute', {
      nullable: true,
      description: 'How many requests it is sent in any minute at most; null: as many as it takes.',
    }),
    maxInFlight: t.exposeInt('maxInFlight', {
      description: 'How many requests are under way to it at a time at most.',
    }),
    status: t.expose('status', { type: WebhookEndpointStatus, description: 'Whether it is sent anything.' }),
    statusReason: t.exposeString('statusReason', {
      nullable: true,
      description: 'Why it has the status; null when nobody said.',
    }),
    statusChangedAt: t.expose('statusChangedAt', {
      type: 'DateTime',
      description: 'Since when it has the status.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    createdBy: t.exposeString('createdBy', {
      nullable: true,
      description: 'The name of the key that made it; null when that was not kept.',
    }),
    createdById: t.exposeID('createdById', {
      nullable: true,
      description: 'The global id of the ApiKey that made it; null when that was not kept.',
    }),
    updatedBy: t.exposeString('updatedBy', {
      nullable: true,
      description:
        'The name of the key that last said where it is sent or what it is shown; null when none did since it was made.',
    }),
    updatedById: t.exposeID('updatedById', {
      nullable: true,
      description: 'The global id of that ApiKey; null when there is none.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it is disabled by itself, with the key that last said where it is sent or what it is shown; null when that key does not end. Such a change by another key, or setting it ACTIVE, gives it the end of that one.',
    }),
  }),
})

const WebhookEndpointConnection = connectionType('WebhookEndpoint', 'webhook endpoints', WebhookEndpoint)

const newestFirst: Ordering = {
  name: 'webhookEndpoints',
  field: 'createdAt',
  direction: 'desc',
  kind: 'date',
}

builder.queryField('webhookEndpoints', (t) =>
  t.field({
    type: WebhookEndpointConnection,
    authScopes: manage,
    description: 'All endpoints, newest first. Needs webhooks:manage.',
    args: {
      ...connectionArgs(t.arg),
      createdById: t.arg.id({
        description: 'Only what this ApiKey made or last changed; absent or null: all.',
      }),
    },
    resolve: async (_root, { createdById: id, ...args }, context, info) => {
      const made = id == null ? {} : { OR: [{ createdById: id }, { updatedById: id }] }
      const where = { AND: [{ deletedAt: null }, made] }
      const page = readPage(args, newestFirst)
      const select = selectOf(context, info, 'WebhookEndpoint', { id: true, createdAt: true }, nodePaths)
      const rows = await context.db.webhookEndpoint.findMany({
        select,
        where: { AND: [where, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.webhookEndpoint.count({ where }))
    },
  }),
)

registerNode('endpoint', 'WebhookEndpoint', async (ids, context, info) =>
  hasScope(context.viewer, 'WEBHOOKS_MANAGE')
    ? context.db.webhookEndpoint.findMany({
        select: selectOf(context, info, 'WebhookEndpoint', { id: true }),
        where: { id: { in: ids }, deletedAt: null },
      })
    : [],
)
