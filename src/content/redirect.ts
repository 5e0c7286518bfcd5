import type { Post } from '../db/generated/client.ts'
import * as redirect from '../redirect.ts'
import type { Write } from '../write.ts'

/** Keeps the old path of a post that was public working. */
export const leaveRedirect = async (w: Write, postId: string, from: string, to: string): Promise<void> => {
  if (from !== to) await redirect.leadTo(w, { postId }, [from])
}

/** A path that a public post lives at has no redirect. */
export const takeOverPath = (w: Write, path: string): Promise<void> => redirect.takeOverPaths(w, [path])

/** Before a post that was public is deleted: its path, and those that lead to it, answer Gone. */
export const leaveGone = (
  w: Write,
  { id, path, wasPublic }: Pick<Post, 'id' | 'path' | 'wasPublic'>,
): Promise<void> => redirect.leaveGone(w, { postId: id }, wasPublic ? [path] : [])
