import { builder } from '../../../graphql/schema/builder.ts'
import { ApiKeyScope } from '../../../keys/graphql/viewer.ts'
import { rulesOf } from '../../endpoints/graphql/mutations.ts'
import { type Preview, previewWebhook } from '../manage/preview.ts'

const PreviewWebhookInput = builder.inputType('PreviewWebhookInput', {
  description:
    'An event, and what to look at it with: an endpoint, or a document with its variables and scopes; with neither, the default document.',
  fields: (t) => ({
    eventId: t.id({ required: true, description: 'The event that the body is about.' }),
    endpointId: t.id({ description: 'The endpoint whose document, variables and scopes are used.' }),
    document: t.string({
      description: 'A subscription, as an endpoint may have one. Not together with endpointId.',
    }),
    variables: t.field({ type: 'JSON', description: 'The variables of the document, as an object.' }),
    scopes: t.field({
      type: [ApiKeyScope],
      description: 'What the document may read beyond what is public; none that your own key lacks.',
    }),
  }),
})

const WebhookPreview = builder.objectRef<Preview>('WebhookPreview').implement({
  description: 'What an endpoint would be sent. Nothing is.',
  fields: (t) => ({
    body: t.exposeString('body', {
      nullable: true,
      description:
        'The bytes of the request. `rendered` in them is `replay` where they show the state of now, since the event was not rendered with this document. Null when nothing could be sent.',
    }),
    problem: t.exposeString('problem', {
      nullable: true,
      description: 'Why nothing could be sent; null when it could.',
    }),
    wouldBeSent: t.exposeBoolean('wouldBeSent', {
      description:
        'Whether the event would reach the endpoint: its status, its event types, its scopes and its filter let it through. Where the filter is younger than the event, the state of now decides.',
    }),
  }),
})

builder.queryField('previewWebhook', (t) =>
  t.field({
    type: WebhookPreview,
    authScopes: { scope: 'WEBHOOKS_MANAGE' },
    description:
      'The body that an endpoint gets of an event, or that a document would give; sends nothing and shows no more than your own key may see. Needs webhooks:manage.',
    args: {
      input: t.arg({ type: PreviewWebhookInput, required: true, description: 'The event and the document.' }),
    },
    resolve: (_root, { input }, context) =>
      previewWebhook(context.db, context.viewer, rulesOf(context), input),
  }),
)
