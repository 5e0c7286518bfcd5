import { Prisma } from '../../../db/generated/client.ts'
import { readerOf } from '../../../graphql/limits/answer-size.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { requestError } from '../../../graphql/schema/errors.ts'
import { registerNode } from '../../../graphql/schema/node.ts'
import { columnsOf, fieldsOf, selectOf } from '../../../graphql/schema/select.ts'
import { openPreview, type Preview, withDraft } from '../../previews/preview.ts'
import { visibleTo, visibleToSql } from '../visibility.ts'

const OriginInput = builder.inputType('OriginInput', {
  description: 'What a post was in the system it came from.',
  fields: (t) => ({
    source: t.string({ required: true, description: "The import's name." }),
    id: t.string({ required: true, description: 'The id it had there.' }),
  }),
})

const PostBy = builder.inputType('PostBy', {
  isOneOf: true,
  description: 'How to look up a post: by exactly one of these.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.' }),
    slug: t.string({ description: 'The name in the URL of its page.' }),
    path: t.string({ description: 'The path, exactly as it is answered.' }),
    guid: t.string({ description: 'The permanent identifier; it must be unique.' }),
    legacyId: t.string({
      description: 'The id in the system it came from; it must be unique among all imports.',
    }),
    origin: t.field({ type: OriginInput, description: 'The import and the id within it.' }),
  }),
})

builder.queryField('post', (t) =>
  t.prismaField({
    type: 'Post',
    nullable: true,
    description: 'One post; null when there is none or it is not for this caller.',
    args: {
      by: t.arg({ type: PostBy, required: true, description: 'What to look for.' }),
      previewToken: t.arg.string({
        description:
          'A token of createPreviewToken: its one post is shown in any status but TRASHED, with the edits that are not live yet in every field below. One that is not valid, or of another post, changes nothing.',
      }),
    },
    resolve: async (query, _root, { by, previewToken }, context) => {
      const preview = previewToken == null ? null : await previewOf(previewToken, context)
      const opened = preview?.postId ?? null
      const where: Prisma.PostWhereInput = {
        AND: [whereOf(by, preview), visibleTo(context.viewer, opened)],
      }
      const [post, another] = await context.db.post.findMany({ ...query, where, take: 2 })
      if (another) throw await notUnique(by, where, context)
      return post ? withDraft(post, preview) : null
    },
  }),
)

/** What a caller's token opens; null when it opens nothing. */
export const previewOf = (
  token: string,
  { db, site, now, keepFromCaches }: Context,
): Promise<Preview | null> => {
  // A wrong token, too: the same document may be answered otherwise a moment later.
  keepFromCaches()
  return openPreview(db, site, token, now())
}

type By = typeof PostBy.$inferInput

const whereOf = (by: By, preview: Preview | null): Prisma.PostWhereInput => {
  const { id, slug, path, guid, legacyId, origin } = by
  const place = preview?.draft?.place
  // Where the previewed post would be is its own, even if another one has come to live there.
  if (preview && place && (slug === place.slug || path === place.path)) return { id: preview.postId }
  if (id != null) return { id }
  if (slug != null) return { slug }
  if (path != null) return { path }
  if (guid != null) return { guid }
  if (legacyId != null) return { legacyId }
  return { origin: { is: { source: origin?.source ?? '', sourceId: origin?.id ?? '' } } }
}

const notUnique = async (by: By, where: Prisma.PostWhereInput, { db }: Context) => {
  const posts = await db.post.findMany({
    where,
    take: 10,
    select: { id: true, origin: { select: { source: true } } },
  })
  const places = posts.map((post) => `${post.id} (${post.origin?.source ?? 'written here'})`)
  const [field] = Object.entries(by).find(([, value]) => value != null) ?? []
  return requestError(
    'BAD_USER_INPUT',
    `Several posts have this ${field}: ${places.join(', ')}. Look it up by "origin" or "id".`,
  )
}

registerNode('post', 'Post', (ids, context, info) => {
  const select = selectOf(context, info, 'Post', { id: true })
  const statement = Prisma.sql`
    SELECT ${columnsOf(select, 'posts')} FROM posts
    WHERE posts.id = ANY(${ids}::text[]) AND ${visibleToSql(context.viewer)}`
  return readerOf(context, info)<{ id: string }>(statement, fieldsOf(select))
})
