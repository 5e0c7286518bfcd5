import type { Event as EventRow } from '../../db/generated/client.ts'
import type { Connection } from '../../db/page.ts'
import { pageSize } from '../../db/page.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { connectionType } from '../../graphql/schema/connection.ts'
import type { Context } from '../../graphql/schema/context.ts'
import type { EventType as Type } from '../catalog.ts'
import { readLog, readSequence } from '../log.ts'
import { eventsVisibleTo } from '../visibility.ts'
import { Event, EventType } from './event.ts'

const EventConnection = connectionType('Event', 'events', Event)

builder.queryField('changes', (t) =>
  t.field({
    type: EventConnection,
    description:
      'Every event in commit order, forwards: for a site that would rather ask than be told. Keep the `endCursor` and ask again after it; nothing is missed and nothing comes twice. When there is no next page it is the end of the log, on an empty page too, so that it moves on with events that were not for this reader. Without content:read only events of what is or was public. Events are kept for a while: an `after` that is older is CURSOR_EXPIRED, and so is one that is newer than the log, which a restored backup leaves behind: never a silent gap.',
    args: {
      first: t.arg.int({ description: 'How many: 0 to 100; 20 when absent.' }),
      after: t.arg.string({
        description:
          "A cursor, which is an event's sequence: only what was committed after it. Absent: from the oldest that is kept.",
      }),
      types: t.arg({
        type: [EventType],
        description: 'Only these; absent or null: all that the caller may see.',
      }),
    },
    resolve: (_root, args, context) => pageOfLog(args, context),
  }),
)

type Args = { first?: number | null; after?: string | null; types?: Type[] | null }

const pageOfLog = async (
  { first, after, types = null }: Args,
  { db, viewer }: Context,
): Promise<Connection<EventRow>> => {
  const limit = pageSize('first', first)
  const start = after == null ? null : readSequence(after)
  const { events, end } = await readLog(db, { viewer, types }, start, limit + 1)
  const hasNextPage = events.length > limit
  const edges = events.slice(0, limit).map((node) => ({ node, cursor: String(node.sequence) }))
  // Up to there everything was read: whoever asks for few types would else hold a cursor that retention overtakes.
  const readTo = hasNextPage ? (edges.at(-1)?.cursor ?? after ?? null) : String(end)
  return {
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: start !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: readTo,
    },
    totalCount: () =>
      db.event.count({ where: { ...eventsVisibleTo(viewer), ...(types ? { type: { in: types } } : {}) } }),
  }
}
