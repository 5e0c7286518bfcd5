import type { GraphQLResolveInfo } from 'graphql'
import { builder } from '../../../graphql/schema/builder.ts'
import type { Context } from '../../../graphql/schema/context.ts'
import { PostConnection } from '../../graphql/post.ts'
import { countsByPeriod, keyOf, listsOfPeriods, type Period } from '../archive.ts'
import type { PostFilter as Filter } from '../filter.ts'
import { PostFilter, type PostListArgs, postListArgs } from './filter.ts'
import { connectionsOf, countedSet } from './lists.ts'

const ArchiveUnit = builder.enumType('ArchiveUnit', {
  description: 'How long the periods of an archive are.',
  values: {
    MONTH: { description: 'One archive for each month of each year.' },
    YEAR: { description: 'One archive for each year.' },
  } as const,
})

/** With the filter that it was counted with, which holds for its posts, too. */
type ArchiveShape = Period & { count: number; filter: Filter | null }

const Archive = builder.objectRef<ArchiveShape>('Archive').implement({
  description: "A month or a year of the site's calendar (SITE_TIMEZONE) in which posts were published.",
  fields: (t) => ({
    year: t.exposeInt('year', { description: 'The year, such as 2009.' }),
    month: t.exposeInt('month', {
      nullable: true,
      description: 'The month from 1 to 12; null when the archive is a whole year.',
    }),
    count: t.exposeInt('count', { description: 'How many posts it has.' }),
    posts: t.loadable({
      type: PostConnection,
      extensions: { lists: 1 },
      byPath: true,
      description: 'Its posts, newest first; a filter here holds together with that of the archives.',
      args: postListArgs(t.arg),
      resolve: (archive) => archive,
      load: (archives: ArchiveShape[], context, args, info) => postsOf(archives, args, context, info),
    }),
  }),
})

builder.queryField('archives', (t) =>
  t.field({
    type: [Archive],
    description:
      'The months or years in which posts were published, newest first; those without a post are left out.',
    // A year of months: what is asked for within each weighs as much. An archive has a hundred, but few posts a month.
    extensions: { listSize: 12, lists: 5 },
    args: {
      by: t.arg({
        type: ArchiveUnit,
        required: true,
        defaultValue: 'MONTH',
        description: 'How long a period is.',
      }),
      filter: t.arg({ type: PostFilter, description: 'Which posts; without it the published ones.' }),
    },
    resolve: async (_root, { by, filter = null }, context, info) => {
      const set = await countedSet(context, info, filter)
      if (set.statuses.length === 0) return []
      const periods = await countsByPeriod(context.db, set, by, context.site.timezone)
      return periods.map((period) => ({ ...period, filter }))
    },
  }),
)

const postsOf = async (
  archives: ArchiveShape[],
  args: PostListArgs,
  context: Context,
  info: GraphQLResolveInfo,
) => {
  const set = await countedSet(context, info, archives[0]?.filter, args.filter)
  const { timezone } = context.site
  const lists = listsOfPeriods(archives, timezone)
  const counts = async () => {
    const unit = archives[0]?.month === null ? 'YEAR' : 'MONTH'
    const periods = await countsByPeriod(context.db, set, unit, timezone)
    return new Map(periods.map((period) => [keyOf(period), period.count]))
  }
  return connectionsOf('Archive.posts', set, lists, counts, args, context, info)
}
