import type {
  Author as AuthorRow,
  Category as CategoryRow,
  Tag as TagRow,
} from '../../../db/generated/client.ts'
import { builder } from '../../../graphql/schema/builder.ts'
import { loadedBy } from '../../../graphql/schema/select.ts'
import { Author } from '../../../taxonomy/author/graphql/author.ts'
import { Category } from '../../../taxonomy/category/graphql/category.ts'
import { Tag } from '../../../taxonomy/tag/graphql/tag.ts'
import { authors, categories, type Filed, filedUnder, tags } from '../../graphql/terms.ts'

builder.prismaObjectFields('PostRevision', (t) => ({
  author: t.loadable({
    type: Author,
    nullable: true,
    byPath: true,
    description: 'The main author: the first of `authors`; null when none is named.',
    resolve: (revision, _args, context, info) => loadedBy(revision.id, context, info),
    load: async (ids: string[], context, _args, info) => {
      const rows = await filedUnder<AuthorRow>(ids, authors, context, info)
      return ids.map((id) => rows.find((row) => row.filedId === id) ?? null)
    },
  }),
  authors: t.loadableGroup({
    type: Author,
    byPath: true,
    description: 'Who wrote it, in the written order; an author who was deleted since is left out.',
    resolve: (revision, _args, context, info) => loadedBy(revision.id, context, info),
    load: (ids: string[], context, _args, info) => filedUnder<AuthorRow>(ids, authors, context, info),
    group: (row) => (row as Filed<AuthorRow>).filedId,
  }),
  categories: t.loadableGroup({
    type: Category,
    byPath: true,
    description:
      'The categories it was filed under, in the written order; one that was deleted since is left out.',
    resolve: (revision, _args, context, info) => loadedBy(revision.id, context, info),
    load: (ids: string[], context, _args, info) => filedUnder<CategoryRow>(ids, categories, context, info),
    group: (row) => (row as Filed<CategoryRow>).filedId,
  }),
  tags: t.loadableGroup({
    type: Tag,
    byPath: true,
    description: 'The tags it bore, in the written order; one that was deleted since is left out.',
    resolve: (revision, _args, context, info) => loadedBy(revision.id, context, info),
    load: (ids: string[], context, _args, info) => filedUnder<TagRow>(ids, tags, context, info),
    group: (row) => (row as Filed<TagRow>).filedId,
  }),
}))
