import { hasScope, type Viewer } from '../auth/viewer.ts'
import type { Prisma } from '../db/generated/client.ts'

/** Without content:read a tag is there once a published post bears it: a draft's tags may tell what it is about. */
export const tagsVisibleTo = (viewer: Viewer): Prisma.TagWhereInput =>
  hasScope(viewer, 'CONTENT_READ') ? {} : { posts: { some: { post: { status: 'PUBLISHED' } } } }
