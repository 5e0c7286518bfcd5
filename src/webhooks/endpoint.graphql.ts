import { ApiKeyScope } from '../auth/viewer.graphql.ts'
import { hasScope } from '../auth/viewer.ts'
import type { WebhookEndpoint as EndpointRow } from '../db/generated/client.ts'
import { type Ordering, pageOrder, pageWhere, readPage, toConnection } from '../db/page.ts'
import { NotFoundError, ValidationError } from '../errors.ts'
import type { EventType as EventName } from '../events/catalog.ts'
import { EventType } from '../events/event.graphql.ts'
import { builder } from '../graphql/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../graphql/connection.ts'
import { Node, registerNode } from '../graphql/node.ts'
import { isProblem, orProblem, resultType } from '../graphql/result.ts'
import { selectOf } from '../graphql/select.ts'
import { createWebhookEndpoint, deleteWebhookEndpoint } from './endpoint.ts'
import { WebhookEndpointStatus, WebhookOrdering } from './enums.graphql.ts'

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
    args: connectionArgs(t.arg),
    resolve: async (_root, args, context, info) => {
      const page = readPage(args, newestFirst)
      const select = selectOf(context, info, 'WebhookEndpoint', { id: true, createdAt: true }, nodePaths)
      const rows = await context.db.webhookEndpoint.findMany({
        select,
        where: pageWhere(page),
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.webhookEndpoint.count())
    },
  }),
)

registerNode('endpoint', 'WebhookEndpoint', async (ids, context, info) =>
  hasScope(context.viewer, 'WEBHOOKS_MANAGE')
    ? context.db.webhookEndpoint.findMany({
        select: selectOf(context, info, 'WebhookEndpoint', { id: true }),
        where: { id: { in: ids } },
      })
    : [],
)

const CreateWebhookEndpointInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'A new endpoint: a URL at least.',
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      required: true,
      description: 'Where to send. https, or http to hosts in WEBHOOK_ALLOW.',
    }),
    description: t.string({ description: 'What it is, for people.' }),
    eventTypes: t.field({
      type: [EventType],
      description: 'What to tell it of. Absent or empty: all that its scopes may see.',
    }),
    document: t.string({
      description:
        'A subscription whose `events` field shapes `data`, such as `subscription { events { ... on PostEvent { post { title } } } }`.',
    }),
    variables: t.field({ type: 'JSON', description: 'The variables of the document, as an object.' }),
    scopes: t.field({
      type: [ApiKeyScope],
      description: 'What its document may read beyond what is public; none that your own key lacks.',
    }),
    ordering: t.field({
      type: WebhookOrdering,
      description: 'Whether deliveries about one subject wait for each other. Absent or null: UNORDERED.',
    }),
    batchWindowSeconds: t.int({
      description:
        'Gathers the events of so many seconds, 0 to 3600, from the first of them on, into one delivery. Absent or null: 0.',
    }),
    rateLimitPerMinute: t.int({
      description: 'At most so many requests in any minute, 1 to 6000. Absent or null: no limit.',
    }),
    maxInFlight: t.int({
      description: 'At most so many requests under way at a time, 1 to 100. Absent or null: 4.',
    }),
  }),
})

const CreateWebhookEndpointPayload = builder
  .objectRef<{ endpoint: EndpointRow; secret: string }>('CreateWebhookEndpointPayload')
  .implement({
    description: 'The new endpoint and its secret.',
    fields: (t) => ({
      webhookEndpoint: t.field({
        type: WebhookEndpoint,
        description: 'The endpoint as it was saved.',
        resolve: ({ endpoint }, _args, context, info) =>
          context.db.webhookEndpoint.findUniqueOrThrow({
            select: selectOf(context, info, 'WebhookEndpoint', { id: true }),
            where: { id: endpoint.id },
          }),
      }),
      secret: t.exposeString('secret', {
        description: 'What the receiver verifies signatures with. This is the only time that it is shown.',
      }),
    }),
  })

const DeleteWebhookEndpointInput = builder.inputType('DeleteWebhookEndpointInput', {
  description: 'Which endpoint to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The endpoint.' }) }),
})

const DeleteWebhookEndpointPayload = builder
  .objectRef<{ deletedId: string }>('DeleteWebhookEndpointPayload')
  .implement({
    description: 'The endpoint that was deleted.',
    fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'The global id that it had.' }) }),
  })

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    type: resultType('CreateWebhookEndpoint', CreateWebhookEndpointPayload, [ValidationError]),
    description: 'Makes an endpoint, active at once. Needs webhooks:manage.',
    authScopes: manage,
    args: {
      input: t.arg({ type: CreateWebhookEndpointInput, required: true, description: 'The new endpoint.' }),
    },
    resolve: async (_root, { input }, context) => {
      const rules = context.endpointRules
      if (!rules) throw new Error('This context cannot save endpoints.')
      const written = await orProblem(
        context.write(context.viewer, (w) => createWebhookEndpoint(w, rules, input)),
      )
      return isProblem(written) ? written : written.value
    },
  }),
  deleteWebhookEndpoint: t.field({
    type: resultType('DeleteWebhookEndpoint', DeleteWebhookEndpointPayload, [NotFoundError]),
    description:
      'Deletes an endpoint and its secrets; its deliveries stay in the log. Needs webhooks:manage.',
    authScopes: manage,
    args: {
      input: t.arg({ type: DeleteWebhookEndpointInput, required: true, description: 'The endpoint.' }),
    },
    resolve: async (_root, { input }, context) => {
      const written = await orProblem(
        context.write(context.viewer, (w) => deleteWebhookEndpoint(w, input.id)),
      )
      return isProblem(written) ? written : { deletedId: written.value }
    },
  }),
}))
