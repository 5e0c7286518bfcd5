import { type Event, Prisma } from '../db/generated/client.ts'
import { hasScope, type Viewer } from '../keys/viewer.ts'

/**
 * The one rule of who is told of which event, for all ways to one: the log, the stream, a look-up by id. Everybody of what
 * is or was public, content:read of all of the publication, webhooks:manage of endpoints. What a public event says
 * (`previous`, `changedFields`, `paths`, `invalidates`) is recorded with values that were public, for everybody: see
 * `posts/events.ts`.
 */
export const eventsVisibleTo = (viewer: Viewer): Prisma.EventWhereInput => ({
  OR: [
    { isPublic: true },
    ...(hasScope(viewer, 'CONTENT_READ') ? [{ subjectType: { not: 'Endpoint' } }] : []),
    ...(hasScope(viewer, 'WEBHOOKS_MANAGE') ? [{ subjectType: 'Endpoint' }] : []),
  ],
})

/** The same rule for statements that are written in SQL and name the events table `events`. */
export const eventsVisibleToSql = (viewer: Viewer): Prisma.Sql =>
  Prisma.sql`(events.is_public
    OR (${hasScope(viewer, 'CONTENT_READ')} AND events.subject_type <> 'Endpoint')
    OR (${hasScope(viewer, 'WEBHOOKS_MANAGE')} AND events.subject_type = 'Endpoint'))`

/** The same rule for one event. */
export const maySee = (viewer: Viewer, { isPublic, subjectType }: Event): boolean =>
  isPublic || hasScope(viewer, subjectType === 'Endpoint' ? 'WEBHOOKS_MANAGE' : 'CONTENT_READ')
