import type {
  Author as AuthorRow,
  Category as CategoryRow,
  Tag as TagRow,
} from '../../db/generated/client.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { loadedBy } from '../../graphql/schema/select.ts'
import { Author } from '../../taxonomy/author/graphql/author.ts'
import { Category } from '../../taxonomy/category/graphql/category.ts'
import { Tag } from '../../taxonomy/tag/graphql/tag.ts'
import { filedAs, isPast } from '../revisions/filed-as.ts'
import { Origin } from './parts.ts'
import { authors, categories, type Filed, filedUnder, tags } from './terms.ts'

// One statement a level, however many posts there are: nested includes would read a statement more a relation, with
// every column of every row.
builder.prismaObjectFields('Post', (t) => ({
  author: t.loadable({
    type: Author,
    nullable: true,
    byPath: true,
    description: 'The main author: the first of `authors`; null when none is named.',
    resolve: (post, _args, context, info) => loadedBy(filedAs(post), context, info),
    load: async (ids: string[], context, _args, info) => {
      const rows = await filedUnder<AuthorRow>(ids, authors, context, info)
      return ids.map((id) => rows.find((row) => row.filedId === id) ?? null)
    },
  }),
  authors: t.loadableGroup({
    type: Author,
    byPath: true,
    description: 'Who wrote it, in the written order; the first is the main author.',
    resolve: (post, _args, context, info) => loadedBy(filedAs(post), context, info),
    load: (ids: string[], context, _args, info) => filedUnder<AuthorRow>(ids, authors, context, info),
    group: (row) => (row as Filed<AuthorRow>).filedId,
  }),
  categories: t.loadableGroup({
    type: Category,
    byPath: true,
    description: 'The categories it is filed under, in the written order.',
    resolve: (post, _args, context, info) => loadedBy(filedAs(post), context, info),
    load: (ids: string[], context, _args, info) => filedUnder<CategoryRow>(ids, categories, context, info),
    group: (row) => (row as Filed<CategoryRow>).filedId,
  }),
  tags: t.loadableGroup({
    type: Tag,
    byPath: true,
    description: 'The tags it bears, in the written order.',
    resolve: (post, _args, context, info) => loadedBy(filedAs(post), context, info),
    load: (ids: string[], context, _args, info) => filedUnder<TagRow>(ids, tags, context, info),
    group: (row) => (row as Filed<TagRow>).filedId,
  }),
  origin: t.loadable({
    type: Origin,
    nullable: true,
    byPath: true,
    description:
      'Where it was imported from; null when it was written here, and in what an event keeps of the past.',
    resolve: (post, _args, context, info) => (isPast(post) ? null : loadedBy(post.id, context, info)),
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
