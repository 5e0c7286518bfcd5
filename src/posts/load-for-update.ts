import type { FilterMatches } from '../events/filter-matching.ts'
import { NotFoundError, VersionConflictError } from '../lib/errors.ts'
import { prefixOf } from '../lib/id.ts'
import { holdTerms } from '../taxonomy/shared/locks.ts'
import type { Write } from '../write/write.ts'
import { lockPost, type PostState } from './revisions/snapshot.ts'

/** Which post an action is about, and the version that it was decided on. */
export type PostAction = { id: string; expectedVersion?: number | null }

/** A post that is about to change, and which listeners' filters it matches until then. */
export type LockedPost = PostState & { filterMatches: FilterMatches }

/**
 * Reads and locks the post of an action until the transaction ends.
 *
 * @throws NotFoundError; VersionConflictError when someone saved it since.
 */
export const postToWrite = async (w: Write, { id, expectedVersion }: PostAction): Promise<LockedPost> => {
  await holdTerms(w)
  const state = prefixOf(id) === 'post' ? await lockPost(w.tx, id) : null
  if (!state) throw new NotFoundError(`There is no post with the id "${id}".`, ['input', 'id'])
  if (expectedVersion != null && expectedVersion !== state.post.headVersion) {
    throw new VersionConflictError(
      `The post is at version ${state.post.headVersion}, not ${expectedVersion}: someone saved it since. Read it again and repeat the change.`,
      id,
    )
  }
  return { ...state, filterMatches: await w.matchFilters(id) }
}
