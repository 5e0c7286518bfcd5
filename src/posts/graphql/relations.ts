import { builder } from '../../graphql/schema/builder.ts'
import { isPast, stateIdOf } from '../revisions/shown-state.ts'
import { Origin } from './parts.ts'
import { linkedTermFields } from './term-fields.ts'

// One statement a level, however many posts there are: nested includes would read a statement more a relation, with
// every column of every row.
builder.prismaObjectFields('Post', (t) => ({
  ...linkedTermFields(t, 'onPost', stateIdOf),
  origin: t.loadable({
    type: Origin,
    nullable: true,
    byPath: true,
    description:
      'Where it was imported from; null when it was written here, and in what an event keeps of the past.',
    resolve: (post) => (isPast(post) ? null : post.id),
    load: async (postIds: string[], { db }) => {
      const rows = await db.postOrigin.findMany({
        where: { postId: { in: postIds } },
        omit: { frontMatter: true },
      })
      const byPost = new Map(rows.map((row) => [row.postId, row]))
      return postIds.map((postId) => byPost.get(postId) ?? null)
    },
  }),
}))

builder.objectFields(Origin, (t) => ({
  // Apart from the rest, since it may be long: it is read only where it is asked for.
  frontMatter: t.loadable({
    type: 'String',
    nullable: true,
    byPath: true,
    authScopes: { scope: 'CONTENT_READ' },
    description:
      "The file's front matter as it was written, with what was kept back of the metadata; null where the file had none. Needs content:read; null without it.",
    resolve: ({ postId }) => postId,
    load: async (postIds: string[], { db }) => {
      const select = { postId: true, frontMatter: true }
      const rows = await db.postOrigin.findMany({ where: { postId: { in: postIds } }, select })
      const byPost = new Map(rows.map((row) => [row.postId, row.frontMatter]))
      return postIds.map((postId) => byPost.get(postId) || null)
    },
  }),
}))
