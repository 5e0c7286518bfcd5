import type { Event as EventRow } from '../db/generated/client.ts'
import { Event } from '../events/event.graphql.ts'
import { builder } from '../graphql/builder.ts'
import { Node } from '../graphql/node.ts'

type Detail = { source: string; created: number; changed: number; unchanged: number; failed: number }
const detailOf = ({ detail }: EventRow): Detail => detail as Detail

export const ImportEvent = builder.objectRef<EventRow>('ImportEvent').implement({
  description:
    'An import brought in or changed posts: a reader of events reads `posts` again. Its `invalidates` is "all", since every stored answer is stale.',
  interfaces: [Node, Event],
  fields: (t) => ({
    source: t.string({ description: "The import's name.", resolve: (event) => detailOf(event).source }),
    created: t.int({
      description: 'How many posts it created.',
      resolve: (event) => detailOf(event).created,
    }),
    changed: t.int({
      description: 'How many posts it changed.',
      resolve: (event) => detailOf(event).changed,
    }),
    unchanged: t.int({
      description: 'How many posts were in already.',
      resolve: (event) => detailOf(event).unchanged,
    }),
    failed: t.int({
      description: 'How many it could not read or store.',
      resolve: (event) => detailOf(event).failed,
    }),
  }),
})
