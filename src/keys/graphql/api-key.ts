import type { GraphQLResolveInfo } from 'graphql'
import { type Ordering, pageOrder, pageWhere, readPage, toConnection } from '../../db/page.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../graphql/schema/connection.ts'
import type { Context } from '../../graphql/schema/context.ts'
import { Node, registerNode } from '../../graphql/schema/node.ts'
import { isProblem, orProblem, resultType } from '../../graphql/schema/result.ts'
import { selectOf } from '../../graphql/schema/select.ts'
import { NotFoundError, ValidationError } from '../../lib/errors.ts'
import { revokePreviewTokensOf } from '../../posts/previews/preview-token.ts'
import { disableEndpointsOf } from '../../webhooks/endpoints/ending.ts'
import type { Write } from '../../write/write.ts'
import { keyPrefix } from '../api-key.ts'
import { endApiKey, issueApiKey } from '../managed-key.ts'
import { hasScope } from '../viewer.ts'
import { ApiKeyScope } from './viewer.ts'

const authScopes = { scope: 'KEYS_MANAGE' } as const

const ApiKey = builder.prismaObject('ApiKey', {
  description: 'A key of the API: what is known of it, which the key itself is not. Needs keys:manage.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it is for, as its maker wrote it.' }),
    prefix: t.string({
      description: 'What the key begins with, as every key does.',
      resolve: () => keyPrefix,
    }),
    last4: t.exposeString('last4', {
      description: 'The last four characters of the key, to tell it from others.',
    }),
    scopes: t.field({
      type: [ApiKeyScope],
      description: 'What its bearer may do.',
      select: { scopes: true },
      resolve: ({ scopes }) => scopes,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When somebody made it.' }),
    createdBy: t.exposeString('createdBy', {
      nullable: true,
      description: 'The name of the key that made it; null when the command line did.',
    }),
    createdById: t.exposeID('createdById', {
      nullable: true,
      description: 'The global id of the key that made it; null when the command line did.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends by itself; null when it does not.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a request last bore it, up to a minute late; null when none has.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody ended it for good; null when nobody did.',
    }),
  }),
})

const ApiKeyConnection = connectionType('ApiKey', 'API keys', ApiKey)

const newestFirst: Ordering = { name: 'apiKeys', field: 'createdAt', direction: 'desc', kind: 'date' }

builder.queryField('apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    authScopes,
    description: 'All keys, the newest first, also those that were revoked or expired. Needs keys:manage.',
    args: {
      ...connectionArgs(t.arg),
      createdById: t.arg.id({ description: 'Only what this ApiKey made; absent or null: all.' }),
    },
    resolve: async (_root, { createdById, ...args }, context, info) => {
      const page = readPage(args, newestFirst)
      const where = createdById == null ? {} : { createdById }
      const rows = await context.db.apiKey.findMany({
        select: selectOf(context, info, 'ApiKey', { id: true, createdAt: true }, nodePaths),
        where: { AND: [where, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.apiKey.count({ where }))
    },
  }),
)

registerNode('key', 'ApiKey', async (ids, context, info) =>
  hasScope(context.viewer, 'KEYS_MANAGE')
    ? context.db.apiKey.findMany({
        select: selectOf(context, info, 'ApiKey', { id: true }),
        where: { id: { in: ids } },
      })
    : [],
)

const CreateApiKeyInput = builder.inputType('CreateApiKeyInput', {
  description: 'What the new key is for, what it may do and when it ends.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'What the key is for; it is shown as the actor of events. One line of what can be seen, and nothing that could be taken for the program itself (`schedule`, `webhooks`, `import`).',
    }),
    scopes: t.field({
      type: [ApiKeyScope],
      required: true,
      description: 'What its bearer may do: one at least, and none that your own key lacks.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'A time in the future, not after the end of your own key. Absent or null: it does not end by itself, which only a key can give that does not either.',
    }),
  }),
})
const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
  description: 'Which key to end.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The global id of the ApiKey, not the key itself.' }),
    withWhatItMade: t.boolean({
      description:
        'Whether what it made ends with it: keys, and what they made, preview tokens, and webhook endpoints that one of them made or last changed, which are disabled with a reason. Absent or null: it all stays; `apiKeys`, `previewTokens` and `webhookEndpoints` find it by `createdById`.',
    }),
  }),
})

type KeyId = { id: string }

/** Read again: what a repeated write hands on has been JSON, with no dates. */
const keyAsItIs = ({ id }: KeyId, context: Context, info: GraphQLResolveInfo) =>
  context.db.apiKey.findUniqueOrThrow({
    select: selectOf(context, info, 'ApiKey', { id: true }),
    where: { id },
  })

const CreateApiKeyPayload = builder
  .objectRef<{ apiKey: KeyId; key: string }>('CreateApiKeyPayload')
  .implement({
    description: 'The new key.',
    fields: (t) => ({
      apiKey: t.field({
        type: ApiKey,
        description: 'What is known of it from now on.',
        resolve: ({ apiKey }, _args, context, info) => keyAsItIs(apiKey, context, info),
      }),
      key: t.exposeString('key', {
        description: 'What goes into "Authorization: Bearer". This is the only time that it is shown.',
      }),
    }),
  })
type EndedWithKey = { apiKey: KeyId; apiKeys: number; previewTokens: number; webhookEndpoints: number }

const RevokeApiKeyPayload = builder.objectRef<EndedWithKey>('RevokeApiKeyPayload').implement({
  description: 'The key that was ended, and how much ended with it.',
  fields: (t) => ({
    endedApiKeys: t.exposeInt('apiKeys', {
      description: 'How many keys it had made, and those had made; 0 without withWhatItMade.',
    }),
    endedPreviewTokens: t.exposeInt('previewTokens', {
      description: 'How many preview tokens ended with it; 0 without withWhatItMade.',
    }),
    endedWebhookEndpoints: t.exposeInt('webhookEndpoints', {
      description: 'How many webhook endpoints were disabled with it; 0 without withWhatItMade.',
    }),
    apiKey: t.field({
      type: ApiKey,
      description: 'The key as it is now.',
      resolve: ({ apiKey }, _args, context, info) => keyAsItIs(apiKey, context, info),
    }),
  }),
})

const madeWith = (w: Write) => ({
  previewTokens: (ids: string[]) => revokePreviewTokensOf(w, ids),
  webhookEndpoints: (ids: string[], reason: string) => disableEndpointsOf(w, ids, reason),
})

builder.mutationFields((t) => ({
  createApiKey: t.field({
    type: resultType('CreateApiKey', CreateApiKeyPayload, [ValidationError]),
    description: 'Makes a key that may do no more than your own. Needs keys:manage.',
    authScopes,
    args: { input: t.arg({ type: CreateApiKeyInput, required: true, description: 'The new key.' }) },
    resolve: async (_root, { input }, { write, viewer }) => {
      const made = await orProblem(write(viewer, (w) => issueApiKey(w, input)))
      return isProblem(made) ? made : made.value
    },
  }),
  revokeApiKey: t.field({
    type: resultType('RevokeApiKey', RevokeApiKeyPayload, [ValidationError, NotFoundError]),
    description:
      'Ends a key for good, at once, also the one that asks; ending it twice changes nothing. Needs keys:manage, and every scope that the key has.',
    authScopes,
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true, description: 'Which key.' }) },
    resolve: async (_root, { input }, { write, viewer }) => {
      const end = (w: Write) => endApiKey(w, input.id, input.withWhatItMade ? madeWith(w) : null)
      const ended = await orProblem(write(viewer, end))
      return isProblem(ended) ? ended : ended.value
    },
  }),
}))
