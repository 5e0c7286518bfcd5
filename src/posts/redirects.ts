import type { Post } from '../db/generated/client.ts'
import { showTermsOf } from '../taxonomy/shared/visibility.ts'
import * as redirect from '../urls/redirects.ts'
import type { Write } from '../write/write.ts'

/**
 * Remembers the path at which a post is public, before it is so no longer: it leads to the post wherever it is public
 * again, and answers Gone until then. No path is remembered at which nobody saw it.
 */
export const leavePath = (w: Write, { id, path }: Pick<Post, 'id' | 'path'>): Promise<void> =>
  redirect.leadTo(w, { kind: 'post', id }, [path])

/**
 * What else goes with a post that is public now: its path has no redirect, and what it is linked to is public, too.
 *
 * @returns the collective cache tags of the lists that have something new in them.
 */
export const appear = async (w: Write, { id, path }: Pick<Post, 'id' | 'path'>): Promise<string[]> => {
  await redirect.takeOverPaths(w, [path])
  return showTermsOf(w, id)
}

/** Before a post is deleted: the paths at which it was public answer Gone; of one that never was nothing is told. */
export const leaveGone = (w: Write, { id, wasPublic }: Pick<Post, 'id' | 'wasPublic'>): Promise<void> =>
  wasPublic ? redirect.leaveGone(w, { kind: 'post', id }, []) : redirect.leaveNothing(w, { kind: 'post', id })
