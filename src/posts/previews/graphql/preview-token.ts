import type { GraphQLResolveInfo } from 'graphql'
import { type Ordering, pageOrder, pageWhere, readPage, toConnection } from '../../../db/page.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { connectionArgs, connectionType, nodePaths } from '../../../graphql/schema/connection.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { Node, registerNode } from '../../../graphql/schema/node.ts'
import { isProblem, orProblem, resultType } from '../../../graphql/schema/result.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { hasScope } from '../../../keys/viewer.ts'
import { InvalidStateError, NotFoundError, ValidationError } from '../../../lib/errors.ts'
import { Post } from '../../graphql/post.ts'
import { visibleTo } from '../../query/visibility.ts'
import { createPreviewToken, revokePreviewToken } from '../preview-token.ts'

const PreviewToken = builder.prismaObject('PreviewToken', {
  description:
    'What opens one post, as it is being edited, to whoever holds its token: `post(by:, previewToken:)`. Needs content:write.',
  interfaces: [Node],
  select: { id: true, postId: true },
  fields: (t) => ({
    post: t.loadable({
      type: Post,
      byPath: true,
      description: 'The one post that it opens, as it is without the token.',
      resolve: (row) => row.postId,
      load: async (ids: string[], context, _args, info) => {
        const rows = await context.db.post.findMany({
          select: selectOf(context, info, 'Post', { id: true }),
          where: { AND: [{ id: { in: ids } }, visibleTo(context.viewer)] },
        })
        const byId = new Map(rows.map((row) => [row.id, row]))
        return ids.map((id) => byId.get(id) ?? new Error(`A preview token outlived its post ${id}.`))
      },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the token was made.' }),
    createdBy: t.exposeString('createdBy', {
      nullable: true,
      description: 'The name of the key that made it; null when that was not kept.',
    }),
    createdById: t.exposeID('createdById', {
      nullable: true,
      description: 'The global id of the ApiKey that made it; null when that was not kept.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When it opens nothing any longer.' }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody ended it before its time; null when nobody did.',
    }),
  }),
})

const PreviewTokenConnection = connectionType('PreviewToken', 'preview tokens', PreviewToken)

const newestFirst: Ordering = {
  name: 'previewTokens',
  field: 'createdAt',
  direction: 'desc',
  kind: 'date',
}

builder.queryField('previewTokens', (t) =>
  t.field({
    type: PreviewTokenConnection,
    authScopes: { scope: 'CONTENT_WRITE' },
    description:
      'The preview tokens that have not expired, the newest first, also those that were revoked. Needs content:write.',
    args: {
      ...connectionArgs(t.arg),
      createdById: t.arg.id({ description: 'Only what this ApiKey made; absent or null: all.' }),
      postId: t.arg.id({ description: 'Only those of this post; absent or null: of all.' }),
    },
    resolve: async (_root, { createdById, postId, ...args }, context, info) => {
      const page = readPage(args, newestFirst)
      const where = {
        expiresAt: { gt: context.now() },
        ...(createdById == null ? {} : { createdById }),
        ...(postId == null ? {} : { postId }),
      }
      const rows = await context.db.previewToken.findMany({
        select: selectOf(
          context,
          info,
          'PreviewToken',
          { id: true, postId: true, createdAt: true },
          nodePaths,
        ),
        where: { AND: [where, pageWhere(page)] },
        orderBy: pageOrder(page),
        take: page.limit + 1,
      })
      return toConnection(rows, page, () => context.db.previewToken.count({ where }))
    },
  }),
)

registerNode('preview', 'PreviewToken', async (ids, context, info) =>
  hasScope(context.viewer, 'CONTENT_WRITE')
    ? context.db.previewToken.findMany({
        select: selectOf(context, info, 'PreviewToken', { id: true, postId: true }),
        where: { id: { in: ids } },
      })
    : [],
)

const CreatePreviewTokenInput = builder.inputType('CreatePreviewTokenInput', {
  description: 'Which post to open, and for how long.',
  fields: (t) => ({
    postId: t.id({ required: true, description: 'The post, in any status but TRASHED.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description:
        'A time in the future, at most 90 days away and not after the end of your own key. Absent or null: in 7 days, or when your key ends.',
    }),
  }),
})
const RevokePreviewTokenInput = builder.inputType('RevokePreviewTokenInput', {
  description: 'Which preview token to end.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'The global id of the PreviewToken, not the token itself.' }),
  }),
})

type TokenId = { id: string }
type Made = { previewToken: TokenId; token: string }

/** Read again: what a repeated write hands on has been JSON, with no dates. */
const tokenAsItIs = ({ id }: TokenId, context: Context, info: GraphQLResolveInfo) =>
  context.db.previewToken.findUniqueOrThrow({
    select: selectOf(context, info, 'PreviewToken', { id: true, postId: true }),
    where: { id },
  })

const CreatePreviewTokenPayload = builder.objectRef<Made>('CreatePreviewTokenPayload').implement({
  description: 'The new preview token.',
  fields: (t) => ({
    previewToken: t.field({
      type: PreviewToken,
      description: 'What is known of it from now on.',
      resolve: ({ previewToken }, _args, context, info) => tokenAsItIs(previewToken, context, info),
    }),
    token: t.exposeString('token', {
      description: 'What `post(previewToken:)` takes. This is the only time that it is shown.',
    }),
  }),
})
const RevokePreviewTokenPayload = builder
  .objectRef<{ previewToken: TokenId }>('RevokePreviewTokenPayload')
  .implement({
    description: 'The preview token that was ended.',
    fields: (t) => ({
      previewToken: t.field({
        type: PreviewToken,
        description: 'The token as it is now.',
        resolve: ({ previewToken }, _args, context, info) => tokenAsItIs(previewToken, context, info),
      }),
    }),
  })

const authScopes = { scope: 'CONTENT_WRITE' } as const

builder.mutationFields((t) => ({
  createPreviewToken: t.field({
    type: resultType('CreatePreviewToken', CreatePreviewTokenPayload, [
      ValidationError,
      NotFoundError,
      InvalidStateError,
    ]),
    description:
      'Makes a token with which anyone can read one post as it is being edited. Needs content:write.',
    authScopes,
    args: {
      input: t.arg({ type: CreatePreviewTokenInput, required: true, description: 'Which post, how long.' }),
    },
    resolve: async (_root, { input }, { write, viewer }) => {
      const made = await orProblem(write(viewer, (w) => createPreviewToken(w, input)))
      return isProblem(made) ? made : made.value
    },
  }),
  revokePreviewToken: t.field({
    type: resultType('RevokePreviewToken', RevokePreviewTokenPayload, [NotFoundError]),
    description: 'Ends a preview token for good; ending it twice changes nothing. Needs content:write.',
    authScopes,
    args: { input: t.arg({ type: RevokePreviewTokenInput, required: true, description: 'Which token.' }) },
    resolve: async (_root, { input }, { write, viewer }) => {
      const ended = await orProblem(write(viewer, (w) => revokePreviewToken(w, input.id)))
      return isProblem(ended) ? ended : { previewToken: ended.value }
    },
  }),
}))
