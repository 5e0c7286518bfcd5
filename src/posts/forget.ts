import type { Event } from '../db/generated/client.ts'
import { eitherOf } from '../events/filter-matching.ts'
import { type Forgotten, forgetEventsAbout, knowsDeletionOf, staleWith } from '../events/forget.ts'
import { forgetTextsOf } from '../events/state-texts.ts'
import { forgetAnswersAbout } from '../idempotency/store.ts'
import { requireScope } from '../keys/require-scope.ts'
import type { Viewer } from '../keys/viewer.ts'
import { InvalidStateError, NotFoundError } from '../lib/errors.ts'
import type { Write, Writer } from '../write/write.ts'
import { type LockedPost, type PostAction, postToWrite } from './load-for-update.ts'
import { leaveGone } from './redirects.ts'

/**
 * Deletes a post from the trash, and all that is kept of what it was: in events, in deliveries, in answers for repeats. One
 * that was deleted before is forgotten, too, for as long as the log knows of it. In steps, however much has happened to it;
 * a call that was cut off can be repeated.
 *
 * @throws NotFoundError; VersionConflictError; InvalidStateError when it is not in the trash.
 */
export const deleteAndForget = async (
  write: Writer,
  viewer: Viewer,
  input: PostAction,
): Promise<{ value: string; events: Event[] }> => {
  requireScope({ viewer }, 'CONTENT_PUBLISH')
  let last = 0n
  let isFull = true
  // What is left for the transaction of the deletion is what happened since.
  while (isFull) {
    const after = last
    const { value } = await write(viewer, async (w) => {
      await postToForget(w, input)
      const { ids: _ids, ...step } = await forgetStep(w, input.id, after)
      return step
    })
    last = value.last
    isFull = value.isFull
  }
  return write(viewer, async (w) => {
    const before = await postToForget(w, input)
    await forgetStep(w, input.id, last)
    await forgetTextsOf(w.tx, input.id)
    await forgetAnswersAbout(w.tx, input.id)
    if (before) await deleteWithoutTrace(w, before)
    return input.id
  })
}

const forgetStep = async (w: Write, id: string, after: bigint): Promise<Forgotten> => {
  const step = await forgetEventsAbout(w.tx, id, after)
  await w.forgetTold(id, step.ids)
  return step
}

/** Null: it was deleted before. */
const postToForget = async (w: Write, input: PostAction): Promise<LockedPost | null> => {
  try {
    const before = await postToWrite(w, input)
    if (before.post.status === 'TRASHED') return before
    throw new InvalidStateError('Only a post in the trash can be deleted; trash it first.', ['input', 'id'])
  } catch (error) {
    if (error instanceof NotFoundError && (await knowsDeletionOf(w.tx, input.id))) return null
    throw error
  }
}

const deleteWithoutTrace = async (w: Write, { post, filterMatches }: LockedPost): Promise<void> => {
  await leaveGone(w, post)
  await w.tx.post.delete({ where: { id: post.id } })
  w.record({
    type: 'post.deleted',
    subjectId: post.id,
    subjectVersion: post.headVersion + 1,
    changedFields: [],
    previous: null,
    ...(await staleWith(w.tx, post.id)),
    filterMatches: eitherOf(filterMatches, await w.matchFilters(post.id)),
    isPublic: post.wasPublic,
  })
}
