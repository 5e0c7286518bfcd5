import type { Event as EventRow } from '../../db/generated/client.ts'
import { Event } from '../../events/graphql/event.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { Node } from '../../graphql/schema/node.ts'
import { hasScope, type Viewer } from '../../keys/viewer.ts'
import type { ImportDetail } from '../store/announce.ts'

const maySeeAll = (viewer: Viewer): boolean => hasScope(viewer, 'CONTENT_READ')

/** The counts for this viewer. An event that is older than the counts for everybody counts nothing for everybody. */
const countsOf = ({ detail }: EventRow, viewer: Viewer) => {
  const kept = detail as Omit<ImportDetail, 'public'> & Partial<ImportDetail>
  return maySeeAll(viewer) ? kept : { created: 0, changed: 0, unchanged: 0, ...kept.public, failed: 0 }
}

export const ImportEvent = builder.objectRef<EventRow>('ImportEvent').implement({
  description:
    'An import brought in or changed posts: a reader of events reads `posts` again. Its `invalidates` is "all", since every stored answer is stale. Without content:read it counts what is public and nothing else.',
  interfaces: [Node, Event],
  fields: (t) => ({
    source: t.string({
      nullable: true,
      description: "The import's name; null for readers without content:read, to whom it is no concern.",
      resolve: ({ detail }, _args, { viewer }) =>
        maySeeAll(viewer) ? (detail as ImportDetail).source : null,
    }),
    created: t.int({
      description: 'How many posts it created.',
      resolve: (event, _args, { viewer }) => countsOf(event, viewer).created,
    }),
    changed: t.int({
      description: 'How many posts it changed.',
      resolve: (event, _args, { viewer }) => countsOf(event, viewer).changed,
    }),
    unchanged: t.int({
      description: 'How many posts were in already.',
      resolve: (event, _args, { viewer }) => countsOf(event, viewer).unchanged,
    }),
    failed: t.int({
      description: 'How many it could not read or store; 0 for readers without content:read.',
      resolve: (event, _args, { viewer }) => countsOf(event, viewer).failed,
    }),
  }),
})
