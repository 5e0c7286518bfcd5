import type { Post } from '../db/generated/client.ts'
import { requireScope } from '../keys/require-scope.ts'
import { InvalidStateError } from '../lib/errors.ts'
import type { Write } from '../write/write.ts'
import { recordPostEvent } from './events.ts'
import { type PostAction, postToWrite } from './load-for-update.ts'
import { leaveGone } from './redirects.ts'
import { changeState } from './save.ts'
import { takeBack } from './take-back.ts'

/** Throws a post away, with its pending edits; it is public no longer. What is in the trash stays as it is. */
export const trashPost = async (w: Write, input: PostAction): Promise<Post> => {
  requireScope(w, 'CONTENT_PUBLISH')
  const before = await postToWrite(w, input)
  if (before.post.status === 'TRASHED') return before.post
  return takeBack(w, before, 'TRASHED', 'trashed')
}

/** Takes a post out of the trash, as a draft. What is not in the trash stays as it is. */
export const restorePost = async (w: Write, input: PostAction): Promise<Post> => {
  requireScope(w, 'CONTENT_WRITE')
  const before = await postToWrite(w, input)
  if (before.post.status !== 'TRASHED') return before.post
  const after = await changeState(w, before, { status: 'DRAFT' })
  await recordPostEvent(w, 'post.restored', before, after, ['status'])
  return after.post
}

/** Deletes a post from the trash for good, with its revisions. Paths at which it was public answer Gone. */
export const deletePost = async (w: Write, input: PostAction): Promise<string> => {
  requireScope(w, 'CONTENT_PUBLISH')
  const before = await postToWrite(w, input)
  const { post } = before
  if (post.status !== 'TRASHED') {
    throw new InvalidStateError('Only a post in the trash can be deleted; trash it first.', ['input', 'id'])
  }
  await leaveGone(w, post)
  await w.tx.post.delete({ where: { id: post.id } })
  const gone = { ...before, post: { ...post, version: post.headVersion + 1 } }
  await recordPostEvent(w, 'post.deleted', before, gone, [])
  return post.id
}
