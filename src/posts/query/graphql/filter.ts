import type { InputShapeFromFields } from '@pothos/core'
import { builder } from '../../../graphql/schema/builder.ts'
import { type ArgBuilder, connectionArgs } from '../../../graphql/schema/connection.ts'
import { DateTimeRange } from '../../../graphql/schema/date-time-range.ts'
import { OrderDirection } from '../../../graphql/schema/order.ts'
import { kindNames, kinds } from '../../../taxonomy/kinds.ts'
import { isTree } from '../../../taxonomy/shared/rows.ts'
import { PostStatus } from '../../graphql/enums.ts'
import { termTypes } from '../../graphql/term-types.ts'
import type { PostFilter as Filter } from '../filter.ts'

const SlugFilter = builder.inputType('SlugFilter', {
  description:
    'What posts are filed under, by slug; all that is given has to hold. A slug that does not exist is that of no post. At most 100 slugs a list.',
  fields: (t) => ({
    any: t.stringList({ description: 'At least one of these; an empty list matches nothing.' }),
    all: t.stringList({ description: 'Every one of these; an empty list matches everything.' }),
    none: t.stringList({ description: 'None of these; an empty list matches everything.' }),
  }),
})

const CategorySlugFilter = builder.inputType('CategorySlugFilter', {
  description: 'The same as SlugFilter for categories, which stand for those below them, too.',
  fields: (t) => ({
    any: t.stringList({ description: 'In at least one of these; an empty list matches nothing.' }),
    all: t.stringList({ description: 'In every one of these; an empty list matches everything.' }),
    none: t.stringList({ description: 'In none of these; an empty list matches everything.' }),
    includeDescendants: t.boolean({
      required: true,
      defaultValue: true,
      description: 'Whether posts of the categories below one count as posts of it.',
    }),
  }),
})

/** Also for whoever keeps a filter, such as a webhook endpoint. */
export const PostFilter = builder.inputRef<Filter>('PostFilter').implement({
  description:
    'Which posts; all that is given has to hold, and null is as good as absent. A filter that names no status anywhere holds published posts alone, with any key. At most 8 levels deep and 50 filters in all, with 500 ids and slugs and 20 conditions on authors, categories, tags and searches: each `any`, `all`, `none` and `search` is one.',
  fields: (t) => ({
    AND: t.field({
      type: [PostFilter],
      description: 'Every one of these holds; an empty list matches everything.',
    }),
    OR: t.field({
      type: [PostFilter],
      description: 'At least one of these holds; an empty list matches nothing.',
    }),
    NOT: t.field({ type: PostFilter, description: 'This does not hold.' }),
    ids: t.idList({
      description:
        'One of these global ids, at most 100; one of nothing, or of what is not for this caller, matches nothing.',
    }),
    status: t.field({
      type: [PostStatus],
      description: 'In one of these states. Without content:read there are none but PUBLISHED.',
    }),
    ...Object.fromEntries(
      kindNames.map((kind) => [
        kinds[kind].plural,
        t.field({
          type: isTree(kind) ? CategorySlugFilter : SlugFilter,
          description: termTypes[kind].filter,
        }),
      ]),
    ),
    publishedAt: t.field({
      type: DateTimeRange,
      description: 'By when it was published; with an end, what never was is not in it.',
    }),
    updatedAt: t.field({ type: DateTimeRange, description: 'By when it last changed.' }),
    search: t.string({
      description:
        'What `search` with these words finds, at most 500 characters; without a letter or digit it matches nothing. At most 5 of these in a filter.',
    }),
  }),
})

const PostOrderField = builder.enumType('PostOrderField', {
  description: 'What a list of posts is sorted by.',
  values: {
    PUBLISHED_AT: {
      description: 'When it was published; before that, when it will be, or else when it was created.',
    },
    UPDATED_AT: { description: 'When it last changed.' },
    CREATED_AT: { description: 'When it came into this system.' },
    TITLE: { description: 'The title, regardless of capitals, in the order of Unicode.' },
  } as const,
})

const PostOrder = builder.inputType('PostOrder', {
  description: 'How a list of posts is sorted. What is equal in it is sorted by id, the same way.',
  fields: (t) => ({
    field: t.field({ type: PostOrderField, required: true, description: 'What to compare.' }),
    direction: t.field({ type: OrderDirection, required: true, description: 'Which way round.' }),
  }),
})

/** `filter` and the page's arguments, of every list of posts. */
export const postListArgs = (arg: ArgBuilder) => ({
  ...connectionArgs(arg),
  filter: arg({ type: PostFilter, description: 'Which posts; without it the published ones.' }),
  orderBy: arg({
    type: PostOrder,
    description:
      'How they are sorted; without it by PUBLISHED_AT, newest first. A cursor holds for one order.',
  }),
})

export type PostListArgs = InputShapeFromFields<ReturnType<typeof postListArgs>>
