import { builder } from '../../../graphql/schema/builder.ts'
import { isProblem, orProblem, resultType } from '../../../graphql/schema/result.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { InvalidStateError, NotFoundError } from '../../../lib/errors.ts'
import { WebhookEndpoint } from '../../endpoints/graphql/endpoint.ts'
import { endpointAsItIs, rulesOf } from '../../endpoints/graphql/mutations.ts'
import { redeliverWebhook } from '../manage/redeliver.ts'
import { type Replayed, replayWebhooks } from '../manage/replay.ts'
import { sendTestWebhook } from '../manage/test-event.ts'
import { deliveryKeys, WebhookDelivery } from './delivery.ts'

const authScopes = { scope: 'WEBHOOKS_MANAGE' } as const

const SendTestWebhookInput = builder.inputType('SendTestWebhookInput', {
  description: 'Which endpoint to try out.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The endpoint.' }) }),
})

const RedeliverWebhookInput = builder.inputType('RedeliverWebhookInput', {
  description: 'Which delivery to send again.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The delivery.' }) }),
})

const ReplayFrom = builder.inputType('ReplayFrom', {
  isOneOf: true,
  description: 'From where on to replay: exactly one of these.',
  fields: (t) => ({
    eventId: t.id({ description: 'This event and all after it.' }),
    since: t.field({ type: 'DateTime', description: 'All events from this time on.' }),
    failedSince: t.field({ type: 'DateTime', description: 'All deliveries from this time on that FAILED.' }),
  }),
})

const ReplayWebhooksInput = builder.inputType('ReplayWebhooksInput', {
  description: 'What to send an endpoint again.',
  fields: (t) => ({
    endpointId: t.id({
      required: true,
      description: 'Which endpoint missed something; it must not be DISABLED.',
    }),
    from: t.field({ type: ReplayFrom, required: true, description: 'From where on.' }),
  }),
})

const deliveryPayload = (name: string, description: string) =>
  builder.objectRef<{ deliveryId: string }>(name).implement({
    description,
    fields: (t) => ({
      webhookDelivery: t.field({
        type: WebhookDelivery,
        description: 'The delivery. It is sent after this answer: read it again to see what became of it.',
        resolve: ({ deliveryId }, _args, context, info) =>
          context.db.webhookDelivery.findUniqueOrThrow({
            select: selectOf(context, info, 'WebhookDelivery', deliveryKeys),
            where: { id: deliveryId },
          }),
      }),
    }),
  })

const SendTestWebhookPayload = deliveryPayload(
  'SendTestWebhookPayload',
  'The delivery of the test, which is sent at once.',
)
const RedeliverWebhookPayload = deliveryPayload(
  'RedeliverWebhookPayload',
  'The delivery that is sent again, under the same id and with the same bytes.',
)

const ReplayWebhooksPayload = builder.objectRef<Replayed>('ReplayWebhooksPayload').implement({
  description: 'How far the replay came.',
  fields: (t) => ({
    webhookEndpoint: t.field({
      type: WebhookEndpoint,
      description: 'The endpoint that is sent to.',
      resolve: ({ id }, _args, context, info) => endpointAsItIs(id, context, info),
    }),
    count: t.exposeInt('count', { description: 'How many deliveries are on their way because of it.' }),
    hasMore: t.exposeBoolean('hasMore', {
      description:
        'Whether more is left than one call takes, which is 10,000. Ask again from lastEventId, or for what failed with nextFailedSince.',
    }),
    lastEventId: t.exposeID('lastEventId', {
      nullable: true,
      description: 'The last event that it came to and the caller may see; null when there was none.',
    }),
    nextFailedSince: t.expose('nextFailedSince', {
      type: 'DateTime',
      nullable: true,
      description:
        'Of a replay of what failed: the failedSince to go on with. Null when nothing is left, or something else was asked for.',
    }),
  }),
})

builder.mutationFields((t) => ({
  sendTestWebhook: t.field({
    type: resultType('SendTestWebhook', SendTestWebhookPayload, [NotFoundError, InvalidStateError]),
    description:
      'Sends an endpoint, and it alone, an event of the type WEBHOOK_TEST, whatever types it listens to. Does not wait for its answer. Needs webhooks:manage.',
    authScopes,
    args: { input: t.arg({ type: SendTestWebhookInput, required: true, description: 'The endpoint.' }) },
    resolve: async (_root, { input }, { write, viewer }) => {
      const sent = await orProblem(write(viewer, (w) => sendTestWebhook(w, input.id)))
      return isProblem(sent) ? sent : sent.value
    },
  }),
  redeliverWebhook: t.field({
    type: resultType('RedeliverWebhook', RedeliverWebhookPayload, [NotFoundError, InvalidStateError]),
    description:
      'Sends a delivery again, whatever became of it: the same webhook-id, the same bytes, its retries counted anew. Does not wait for the answer. Needs webhooks:manage.',
    authScopes,
    args: { input: t.arg({ type: RedeliverWebhookInput, required: true, description: 'The delivery.' }) },
    resolve: async (_root, { input }, { write, viewer }) => {
      const sent = await orProblem(write(viewer, (w) => redeliverWebhook(w, input.id)))
      return isProblem(sent) ? sent : { deliveryId: sent.value.id }
    },
  }),
  replayWebhooks: t.field({
    type: resultType('ReplayWebhooks', ReplayWebhooksPayload, [NotFoundError, InvalidStateError]),
    description:
      'Sends an endpoint what it was to be told of again, the oldest first, also what it missed while it was disabled. What it has a delivery of comes under the same webhook-id; what it has none of shows the state of now and says so. Of events that are older than its filter and were not told to it, those whose posts match now. Needs webhooks:manage.',
    authScopes,
    args: { input: t.arg({ type: ReplayWebhooksInput, required: true, description: 'Which and what.' }) },
    resolve: (_root, { input }, context) =>
      orProblem(replayWebhooks(context.write, context.viewer, rulesOf(context).filters, input)),
  }),
}))
