import type { Event as EventRow } from '../../db/generated/client.ts'
import { builder } from '../../graphql/schema/builder.ts'
import { Node, registerNode } from '../../graphql/schema/node.ts'
import { enumNameOf, eventCatalog, eventTypes, type EventType as Type } from '../catalog.ts'
import { eventsVisibleTo } from '../visibility.ts'

export const EventType = builder.enumType('EventType', {
  description: 'What happened. On the wire POST_PUBLISHED is `post.published`, and so on.',
  values: Object.fromEntries(
    eventTypes.map((type) => [
      enumNameOf(type),
      { value: type, description: eventCatalog[type].description },
    ]),
  ) as Record<string, { value: Type; description: string }>,
})

const typeNameOf = ({ subjectType }: EventRow): string => `${subjectType}Event`

export const Event = builder.interfaceRef<EventRow>('Event').implement({
  description:
    'Something that happened, in commit order. Kept for a while, told to subscribers at least once.',
  interfaces: [Node],
  resolveType: typeNameOf,
  fields: (t) => ({
    sequence: t.string({
      description: 'A number that rises in commit order; events after n are all that happened since.',
      resolve: ({ sequence }) => String(sequence),
    }),
    type: t.field({ type: EventType, description: 'What happened.', resolve: ({ type }) => type as Type }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it happened.' }),
    actor: t.exposeString('actor', {
      nullable: true,
      authScopes: { scope: 'CONTENT_READ' },
      description: 'The name of the API key that did it. Needs content:read; null without it.',
    }),
    actorId: t.exposeID('actorId', {
      nullable: true,
      authScopes: { scope: 'CONTENT_READ' },
      description:
        'The global id of the API key that did it, by which keys of one name are told apart; null when the program itself did. Needs content:read; null without it.',
    }),
    version: t.exposeInt('subjectVersion', {
      description:
        'The version of its subject that it made: a receiver can drop what is older than what it has. 1 where there are no versions.',
    }),
    changedFields: t.exposeStringList('changedFields', {
      description: 'The names of the fields of its subject that changed.',
    }),
    previous: t.field({
      type: 'JSON',
      nullable: true,
      description:
        'The values that changed fields had before, by their names; of the deletion of an author or a term, all that it had. The content of a post is left out. Null when nothing had a value.',
      resolve: ({ previous }) => previous,
    }),
    invalidates: t.exposeStringList('invalidates', {
      description: 'The cache tags of every answer that it made stale.',
    }),
    paths: t.exposeStringList('paths', {
      description:
        'The paths of every page of the site that it made stale: of its subject, as it is and as it was, and of others that show it.',
    }),
  }),
})

registerNode(
  'event',
  (row) => typeNameOf(row as EventRow),
  (ids, { db, viewer }) =>
    db.event.findMany({ where: { AND: [{ id: { in: ids } }, eventsVisibleTo(viewer)] } }),
)

builder.subscriptionField('events', (t) =>
  t.field({
    type: Event,
    description:
      'Every event as it is committed, over server-sent events. The same field shapes a webhook: an endpoint names a document that selects from it.',
    args: {
      types: t.arg({
        type: [EventType],
        description: 'Only these; absent or null: all that the caller may see.',
      }),
      after: t.arg.string({
        description: 'The sequence of an event: begin after it and miss nothing. Absent: from now on.',
      }),
    },
    subscribe: (_root, { types, after }, { follow, viewer }) => follow(viewer, types ?? null, after ?? null),
    resolve: (root) => (root as unknown as { events: EventRow }).events,
  }),
)
