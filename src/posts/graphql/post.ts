import { builder } from '../../graphql/schema/builder.ts'
import { connectionType } from '../../graphql/schema/connection.ts'
import { Node } from '../../graphql/schema/node.ts'
import { absoluteUrl } from '../../urls/site-paths.ts'
import { PostStatus } from './enums.ts'
import { sharedFields } from './fields.ts'

const readScope = { scope: 'CONTENT_READ' } as const

/** A post in its live version, to everyone and in every field. */
export const Post = builder.prismaObject('Post', {
  description:
    'A post. A published one answers its live version to everyone; edits that are not live yet wait apart.',
  interfaces: [Node],
  select: { id: true },
  fields: (t) => ({
    ...sharedFields(t, 'post'),
    legacyId: t.exposeString('legacyId', {
      nullable: true,
      description: 'The id in the system it came from, such as "1290"; null when it was written here.',
    }),
    guid: t.exposeString('guid', {
      nullable: true,
      description: 'The permanent identifier that feed readers know it by; null when it never had one.',
    }),
    path: t.exposeString('path', { description: 'The permalink as a path, such as /2009/07/some-post/.' }),
    url: t.field({
      type: 'URL',
      description: 'The permalink as an absolute URL: SITE_URL and the path.',
      select: { path: true },
      resolve: ({ path }, _args, { site }) => absoluteUrl(site, path),
    }),
    status: t.expose('status', {
      type: PostStatus,
      description: 'Where it stands: without a key it is always PUBLISHED.',
    }),
    version: t.exposeInt('version', {
      description:
        'Rises by one with every save and every change of status; of what is live, for a published post.',
    }),
    hasUnpublishedChanges: t.boolean({
      nullable: true,
      authScopes: readScope,
      description: 'Whether edits wait that are not live yet. Needs content:read; null without it.',
      select: { draftId: true },
      resolve: ({ draftId }) => draftId !== null,
    }),
    scheduledAt: t.expose('scheduledAt', {
      type: 'DateTime',
      nullable: true,
      authScopes: readScope,
      description: 'When it will be published; null when it is not scheduled. Needs content:read.',
    }),
    unpublishAt: t.expose('unpublishAt', {
      type: 'DateTime',
      nullable: true,
      authScopes: readScope,
      description: 'When it will be taken back to draft; null when it will not. Needs content:read.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it came into this system.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When it last changed; of what is live, for a published post.',
    }),
  }),
})

export const PostConnection = connectionType('Post', 'posts', Post)
