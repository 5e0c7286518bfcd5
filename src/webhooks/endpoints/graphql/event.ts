import type { Event as EventRow } from '../../../db/generated/client.ts'
import { Event } from '../../../events/graphql/event.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { Node } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { hasScope } from '../../../keys/viewer.ts'
import { WebhookEndpoint } from './endpoint.ts'

export const EndpointEvent = builder.objectRef<EventRow>('EndpointEvent').implement({
  description: 'Something that happened to a webhook endpoint. Needs webhooks:manage.',
  interfaces: [Node, Event],
  fields: (t) => ({
    endpointId: t.exposeID('subjectId', { description: 'The endpoint; it may have been deleted since.' }),
    endpoint: t.loadable({
      type: WebhookEndpoint,
      nullable: true,
      byPath: true,
      description: 'The endpoint after the event; null once it is deleted, and without webhooks:manage.',
      resolve: (event, _args, context) =>
        hasScope(context.viewer, 'WEBHOOKS_MANAGE') ? event.subjectId : null,
      load: async (ids: string[], context, _args, info) => {
        const select = selectOf(context, info, 'WebhookEndpoint', { id: true })
        const rows = await context.db.webhookEndpoint.findMany({
          select,
          where: { id: { in: ids }, deletedAt: null },
        })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((id) => byId.get(id) ?? null)
      },
    }),
    reason: t.string({
      nullable: true,
      description: 'Why it happened, for people; null when nobody said.',
      resolve: ({ detail }) => (detail as { reason?: string | null } | null)?.reason ?? null,
    }),
  }),
})
