import { type PostStatus, Prisma } from '../../db/generated/client.ts'
import { hasScope, type Viewer } from '../../keys/viewer.ts'

/**
 * The one rule of who sees which post, ANDed into every way to a post: relation, count, filter, order, search, look-up.
 * Without content:read a caller sees what is published and nothing else.
 *
 * @param openedId the one post that a preview token opens, where the caller gave one: in any status but TRASHED.
 */
export const visibleTo = (viewer: Viewer, openedId: string | null = null): Prisma.PostWhereInput => {
  if (hasScope(viewer, 'CONTENT_READ')) return {}
  if (openedId === null) return { status: 'PUBLISHED' }
  return { OR: [{ status: 'PUBLISHED' }, { id: openedId, status: { not: 'TRASHED' } }] }
}

/** The same rule for statements that are written in SQL and name the posts table `posts`. */
export const visibleToSql = (viewer: Viewer, openedId: string | null = null): Prisma.Sql => {
  if (hasScope(viewer, 'CONTENT_READ')) return Prisma.sql`TRUE`
  if (openedId === null) return Prisma.sql`posts.status = 'PUBLISHED'`
  return Prisma.sql`(posts.status = 'PUBLISHED' OR (posts.id = ${openedId} AND posts.status <> 'TRASHED'))`
}

/** The same rule as the statuses that there are for a viewer, by which lists are read. */
export const statusesVisibleTo = (viewer: Viewer): PostStatus[] =>
  hasScope(viewer, 'CONTENT_READ') ? ['PUBLISHED', 'SCHEDULED', 'DRAFT', 'TRASHED'] : ['PUBLISHED']
