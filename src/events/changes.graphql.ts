import type { Event as EventRow } from '../db/generated/client.ts'
import type { Connection } from '../db/page.ts'
import { pageSize } from '../db/page.ts'
import { builder } from '../graphql/builder.ts'
import { connectionType } from '../graphql/connection.ts'
import type { Context } from '../graphql/context.ts'
import type { EventType as Type } from './catalog.ts'
import { Event, EventType } from './event.graphql.ts'
import { readLog, readSequence } from './log.ts'
import { eventsVisibleTo } from './visibility.ts'

const EventConnection = connectionType('Event', 'events', Event)

builder.queryField('changes', (t) =>
  t.field({
    type: EventConnection,
    description:
      'Every event in commit order, forwards: for a site that would rather ask than be told. Keep the `endCursor` of the last page that had any and ask again after it; nothing is missed and nothing comes twice. Without content:read only events of what is or was public. Events are kept for a while: an `after` that is older is CURSOR_EXPIRED, never a silent gap.',
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
  const { events } = await readLog(db, { viewer, types }, start, limit + 1)
  const edges = events.slice(0, limit).map((node) => ({ node, cursor: String(node.sequence) }))
  return {
    edges,
    pageInfo: {
      hasNextPage: events.length > limit,
      hasPreviousPage: start !== null,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: () =>
      db.event.count({ where: { ...eventsVisibleTo(viewer), ...(types ? { type: { in: types } } : {}) } }),
  }
}
