import type { GraphQLResolveInfo } from 'graphql'
import { builder } from '../../../graphql/schema/builder.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { isProblem, orProblem, resultType } from '../../../graphql/schema/result.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { InvalidStateError, NotFoundError, ValidationError } from '../../../lib/errors.ts'
import { createWebhookEndpoint, deleteWebhookEndpoint } from '../endpoint.ts'
import type { EndpointRules } from '../input.ts'
import { rotateWebhookSecret } from '../secret.ts'
import { updateWebhookEndpoint } from '../update.ts'
import { WebhookEndpoint } from './endpoint.ts'
import {
  CreateWebhookEndpointInput,
  DeleteWebhookEndpointInput,
  RotateWebhookSecretInput,
  UpdateWebhookEndpointInput,
} from './input.ts'

const authScopes = { scope: 'WEBHOOKS_MANAGE' } as const

/** Read again: what a repeated write hands on has been JSON, and only what is asked for is wanted. */
export const endpointAsItIs = (id: string, context: Context, info: GraphQLResolveInfo) =>
  context.db.webhookEndpoint.findUniqueOrThrow({
    select: selectOf(context, info, 'WebhookEndpoint', { id: true }),
    where: { id },
  })

type Shown<Secret> = { id: string; secret: Secret }

const CreateWebhookEndpointPayload = builder
  .objectRef<Shown<string>>('CreateWebhookEndpointPayload')
  .implement({
    description: 'The new endpoint and its secret.',
    fields: (t) => ({
      webhookEndpoint: t.field({
        type: WebhookEndpoint,
        description: 'The endpoint as it was saved.',
        resolve: ({ id }, _args, context, info) => endpointAsItIs(id, context, info),
      }),
      secret: t.exposeString('secret', {
        description:
          'What the receiver verifies signatures with; with ED25519 alone the public key. This is the only time that a secret is shown.',
      }),
    }),
  })

const UpdateWebhookEndpointPayload = builder
  .objectRef<Shown<string | null>>('UpdateWebhookEndpointPayload')
  .implement({
    description: 'The changed endpoint.',
    fields: (t) => ({
      webhookEndpoint: t.field({
        type: WebhookEndpoint,
        description: 'The endpoint as it is now.',
        resolve: ({ id }, _args, context, info) => endpointAsItIs(id, context, info),
      }),
      secret: t.exposeString('secret', {
        nullable: true,
        description:
          'The new secret when HMAC_SHA256 was added to its signing, shown this once; null otherwise.',
      }),
    }),
  })

const RotateWebhookSecretPayload = builder.objectRef<Shown<string>>('RotateWebhookSecretPayload').implement({
  description: 'The endpoint with its new keys.',
  fields: (t) => ({
    webhookEndpoint: t.field({
      type: WebhookEndpoint,
      description: 'The endpoint as it is now; publicKey is the new one.',
      resolve: ({ id }, _args, context, info) => endpointAsItIs(id, context, info),
    }),
    secret: t.exposeString('secret', {
      description:
        'What receivers verify with from now on: the new secret, shown this once; the new public key when only the key pair was rotated.',
    }),
  }),
})

const DeleteWebhookEndpointPayload = builder
  .objectRef<{ deletedId: string }>('DeleteWebhookEndpointPayload')
  .implement({
    description: 'The endpoint that was deleted.',
    fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'The global id that it had.' }) }),
  })

/** Where nothing can be saved there are no rules: a document that renders an event has no mutations. */
export const rulesOf = ({ endpointRules }: Context): EndpointRules => {
  if (!endpointRules) throw new Error('This context cannot save endpoints.')
  return endpointRules
}

builder.mutationFields((t) => ({
  createWebhookEndpoint: t.field({
    type: resultType('CreateWebhookEndpoint', CreateWebhookEndpointPayload, [ValidationError]),
    description: 'Makes an endpoint, active at once. Needs webhooks:manage.',
    authScopes,
    args: {
      input: t.arg({ type: CreateWebhookEndpointInput, required: true, description: 'The new endpoint.' }),
    },
    resolve: async (_root, { input }, context) => {
      const rules = rulesOf(context)
      const written = await orProblem(
        context.write(context.viewer, (w) => createWebhookEndpoint(w, rules, input)),
      )
      return isProblem(written) ? written : { id: written.value.endpoint.id, secret: written.value.secret }
    },
  }),
  updateWebhookEndpoint: t.field({
    type: resultType('UpdateWebhookEndpoint', UpdateWebhookEndpointPayload, [ValidationError, NotFoundError]),
    description:
      'Changes an endpoint, pauses it, disables it or sets it active again. Needs webhooks:manage, and the scopes of the endpoint to change where it is sent or what it is shown.',
    authScopes,
    args: {
      input: t.arg({ type: UpdateWebhookEndpointInput, required: true, description: 'What to change.' }),
    },
    resolve: async (_root, { input }, context) => {
      const rules = rulesOf(context)
      const written = await orProblem(
        context.write(context.viewer, (w) => updateWebhookEndpoint(w, rules, input)),
      )
      return isProblem(written) ? written : written.value
    },
  }),
  rotateWebhookSecret: t.field({
    type: resultType('RotateWebhookSecret', RotateWebhookSecretPayload, [
      ValidationError,
      NotFoundError,
      InvalidStateError,
    ]),
    description:
      'Gives an endpoint new keys; the old ones sign beside them for a while. Needs webhooks:manage.',
    authScopes,
    args: {
      input: t.arg({ type: RotateWebhookSecretInput, required: true, description: 'Which and how.' }),
    },
    resolve: async (_root, { input }, context) => {
      const { seal } = rulesOf(context)
      const written = await orProblem(
        context.write(context.viewer, (w) => rotateWebhookSecret(w, seal, input)),
      )
      return isProblem(written) ? written : written.value
    },
  }),
  deleteWebhookEndpoint: t.field({
    type: resultType('DeleteWebhookEndpoint', DeleteWebhookEndpointPayload, [NotFoundError]),
    description:
      'Deletes an endpoint and its secrets; its deliveries stay in the log. Needs webhooks:manage.',
    authScopes,
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
