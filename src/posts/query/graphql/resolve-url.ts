import type { GraphQLResolveInfo } from 'graphql'
import { builder } from '../../../graphql/schema/builder.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { loadNodes, typeNameOf } from '../../../graphql/schema/node.ts'
import { selectOf } from '../../../graphql/schema/select.ts'
import { type AskedUrl, readUrl } from '../../../urls/parse-url.ts'
import { absoluteUrl } from '../../../urls/site-paths.ts'
import { Post } from '../../graphql/post.ts'
import { termTypes } from '../../graphql/term-types.ts'
import { type Preview, withDraft } from '../../previews/preview.ts'
import { findLegacyPost, type ResolvedPage, resolvePage } from '../resolve-url.ts'
import { visibleTo } from '../visibility.ts'
import { previewOf } from './lookup.ts'

const Redirect = builder.objectRef<Extract<ResolvedPage, { to: string }>>('Redirect').implement({
  description: 'An old path, and where what was there is now.',
  fields: (t) => ({
    to: t.exposeString('to', { description: 'The path to go to, as its `path` answers it.' }),
    url: t.field({
      type: 'URL',
      description: 'The absolute URL to go to: SITE_URL and the path.',
      resolve: ({ to }, _args, { site }) => absoluteUrl(site, to),
    }),
    status: t.exposeInt('status', { description: 'The HTTP status to answer with: 301.' }),
  }),
})

const Gone = builder.objectRef<Extract<ResolvedPage, { gone: string }>>('Gone').implement({
  description:
    'The path of something that was public and is no longer: deleted, in the trash, or a draft again. Answer it with HTTP 410.',
  fields: (t) => ({
    path: t.exposeString('gone', { description: 'The path that it had.' }),
  }),
})

const UrlTarget = builder.unionType('UrlTarget', {
  description: 'What there is at an address of the site.',
  types: [Post, ...Object.values(termTypes).map(({ Term }) => Term), Redirect, Gone],
  resolveType: (target) => {
    if ('id' in target) return typeNameOf(target)
    return 'to' in target ? 'Redirect' : 'Gone'
  },
})

builder.queryField('resolveUrl', (t) =>
  t.field({
    type: UrlTarget,
    nullable: true,
    description:
      'What there is at an address of the site; null when nothing is there for this caller, and for what is no address of it. What is live comes before old paths.',
    args: {
      url: t.arg.string({
        required: true,
        description:
          'A path, or an absolute URL of the host of SITE_URL or of one of SITE_ALIASES; with or without a slash at its end, percent-encoded or not. Query and fragment are ignored, but for `?p=` and `?page_id=` of WordPress at the root: the post with that legacy id, unless several have it and no guid tells them apart.',
      }),
      previewToken: t.arg.string({
        description:
          'A token of createPreviewToken: its one post is found in any status but TRASHED, by the path that it will have as well, and shown with the edits that are not live yet.',
      }),
    },
    resolve: async (_root, { url, previewToken }, context, info) => {
      const preview = previewToken == null ? null : await previewOf(previewToken, context)
      const asked = readUrl(context.site, url)
      const page = asked && (await pageAt(asked, preview, context))
      if (!page || !('id' in page)) return page
      if (page.id === preview?.postId) return previewed(preview, context, info)
      return (await loadNodes([page.id], context, info))[0] as never
    },
  }),
)

const pageAt = (
  asked: AskedUrl,
  preview: Preview | null,
  context: Context,
): Promise<ResolvedPage | null> | ResolvedPage => {
  const looking = { ...context, openedId: preview?.postId ?? null }
  if (asked.legacy) return findLegacyPost(asked.legacy, looking)
  // Where the previewed post would be is its own, even if another one has come to live there.
  const place = preview?.draft?.place
  if (preview && place && asked.paths.includes(place.path)) return { id: preview.postId }
  return resolvePage(asked, looking)
}

const previewed = async (preview: Preview, context: Context, info: GraphQLResolveInfo) => {
  const post = await context.db.post.findFirst({
    select: selectOf(context, info, 'Post', { id: true }),
    where: { AND: [{ id: preview.postId }, visibleTo(context.viewer, preview.postId)] },
  })
  return post && withDraft(post as never, preview)
}
