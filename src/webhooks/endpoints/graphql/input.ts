import { EventType } from '../../../events/graphql/event.ts'
import { builder, type SchemaTypes } from '../../../graphql/schema/builder.ts'
import { ApiKeyScope } from '../../../keys/graphql/viewer.ts'
import { WebhookEndpointStatus, WebhookOrdering, WebhookSigning } from './enums.ts'

const HeaderInput = builder.inputType('HeaderInput', {
  description: 'A header that every delivery bears, such as a credential of the receiver.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'Its name; none that frames or signs the request, such as `content-type` or `webhook-id`.',
    }),
    value: t.string({
      required: true,
      description: 'Its value, in visible ASCII. It is stored encrypted and never shown again.',
    }),
  }),
})

type Fields = PothosSchemaTypes.InputFieldBuilder<SchemaTypes, 'InputObject'>

/** What an endpoint can be set to but for its URL, when it is made and later. */
const settings = (t: Fields) => ({
  description: t.string({ description: 'What it is, for people.' }),
  eventTypes: t.field({
    type: [EventType],
    description: 'What to tell it of. Null or empty: all that its scopes may see.',
  }),
  filter: t.field({
    type: 'PostFilter',
    description:
      'Which posts to tell it of: those that match it, seen with its scopes, before or after the event, so that it learns what left. Events of anything but posts are told only where eventTypes names them. At most 16 KiB. Null: all.',
  }),
  document: t.string({
    description:
      'A subscription whose `events` field shapes `data`, such as `subscription { events { ... on PostEvent { post { title } } } }`. Null: the default one.',
  }),
  variables: t.field({ type: 'JSON', description: 'The variables of the document, as an object.' }),
  scopes: t.field({
    type: [ApiKeyScope],
    description:
      'What its document may read beyond what is public; none that your own key lacks. Null: nothing.',
  }),
  headers: t.field({
    type: [HeaderInput],
    description:
      'Headers that every delivery bears: at most 20, with 4 KiB in all, names and values together. These are all: what is not among them is not sent. Null: none.',
  }),
  signing: t.field({
    type: [WebhookSigning],
    description: 'How deliveries are signed: HMAC_SHA256, ED25519 or both. Null: HMAC_SHA256.',
  }),
  ordering: t.field({
    type: WebhookOrdering,
    description: 'Whether deliveries about one subject wait for each other. Null: UNORDERED.',
  }),
  batchWindowSeconds: t.int({
    description:
      'Gathers the events of so many seconds, 0 to 3600, from the first of them on, into one delivery. Null: 0.',
  }),
  rateLimitPerMinute: t.int({
    description: 'At most so many requests in any minute, 1 to 6000. Null: no limit.',
  }),
  maxInFlight: t.int({
    description: 'At most so many requests under way at a time, 1 to 100. Null: 4.',
  }),
})

export const CreateWebhookEndpointInput = builder.inputType('CreateWebhookEndpointInput', {
  description: 'A new endpoint: a URL at least. What is absent is as if it were null.',
  fields: (t) => ({
    url: t.field({
      type: 'URL',
      required: true,
      description: 'Where to send. https, or http to hosts in WEBHOOK_ALLOW.',
    }),
    ...settings(t),
  }),
})

export const UpdateWebhookEndpointInput = builder.inputType('UpdateWebhookEndpointInput', {
  description:
    'What to change of an endpoint. What is absent stays as it is; null clears, or sets to the default.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The endpoint.' }),
    url: t.field({
      type: 'URL',
      description: 'Where to send from now on, also what waits already. It cannot be cleared.',
    }),
    ...settings(t),
    status: t.field({
      type: WebhookEndpointStatus,
      description:
        'ACTIVE, PAUSED or DISABLED. An endpoint that was disabled and is set active is told of what happens from then on; replayWebhooks fetches the rest.',
    }),
    statusReason: t.string({ description: 'Why it is to have the status, for people. Only with a status.' }),
  }),
})

export const RotateWebhookSecretInput = builder.inputType('RotateWebhookSecretInput', {
  description: 'Which endpoint gets new keys, and how long the old ones go on signing.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The endpoint.' }),
    signing: t.field({
      type: [WebhookSigning],
      description: 'Which of its keys to rotate. Absent or null: all that it signs with.',
    }),
    overlapSeconds: t.int({
      required: true,
      defaultValue: 86_400,
      description:
        'How long the old keys sign beside the new ones, in seconds: 0 to 604800, which is 7 days. 0 is for a key that leaked: all old ones end at once.',
    }),
  }),
})

export const DeleteWebhookEndpointInput = builder.inputType('DeleteWebhookEndpointInput', {
  description: 'Which endpoint to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The endpoint.' }) }),
})
