import { hasScope, type Viewer } from '../auth/viewer.ts'
import { Prisma } from '../db/generated/client.ts'

/**
 * The one rule of who is told of which event, for all ways to one: the log, the stream, a look-up by id. Without
 * content:read only those of what is or was public. What such an event says (`previous`, `changedFields`, `paths`,
 * `invalidates`) is recorded with values that were public, for everybody: see `content/post.facts.ts`.
 */
export const eventsVisibleTo = (viewer: Viewer): Prisma.EventWhereInput =>
  hasScope(viewer, 'CONTENT_READ') ? {} : { isPublic: true }

/** The same rule for statements that are written in SQL and name the events table `events`. */
export const eventsVisibleToSql = (viewer: Viewer): Prisma.Sql =>
  hasScope(viewer, 'CONTENT_READ') ? Prisma.sql`TRUE` : Prisma.sql`events.is_public`
