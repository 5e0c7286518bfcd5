import type { Post } from '../db/generated/client.ts'
import { newId } from '../id.ts'
import { holdShelves } from '../shelves/locks.ts'
import type { Write } from '../write.ts'
import { type LockedPost, type PostAction, postToWrite } from './lock.ts'
import { placeFor } from './place.ts'
import { recordPostFact } from './post.facts.ts'
import { emptySnapshot, type PostInput, withInput } from './post.input.ts'
import { type RevisionAction, workingCopyOf } from './revision.ts'
import { insertPost, saveLive, savePending } from './save.ts'
import { changedFieldsOf, dateOf, type Snapshot } from './snapshot.ts'

/** Creates a draft. */
export const createPost = async (w: Write, input: PostInput): Promise<Post> => {
  await holdShelves(w)
  const snapshot = await withInput(w, emptySnapshot, input)
  const id = newId('post')
  const place = await placeFor(w, snapshot, dateOf(snapshot) ?? w.now, id)
  const after = await insertPost(w, id, snapshot, place, 'created')
  await recordPostFact(w, 'post.created', null, after, [])
  return after.post
}

/** Saves a post. Over a published one the edits wait in `draft` until it is published again; saving nothing new does nothing. */
export const updatePost = async (
  w: Write,
  { id, expectedVersion, ...input }: PostInput & PostAction,
): Promise<Post> => {
  const before = await postToWrite(w, { id, expectedVersion })
  const base = await workingCopyOf(w, before)
  return saveEdits(w, before, base, await withInput(w, base, input), 'saved')
}

/** Saves what somebody made of the working copy: apart from what is live, where there is something live. */
export const saveEdits = async (
  w: Write,
  before: LockedPost,
  base: Snapshot,
  snapshot: Snapshot,
  action: RevisionAction,
): Promise<Post> => {
  const { post } = before
  const place = await placeFor(w, snapshot, dateOf(snapshot) ?? post.createdAt, post.id)
  // A slug that is made anew may turn out to be the old one.
  const placed = { ...snapshot, slug: place.slug }
  const changed = changedFieldsOf(base, placed)
  if (changed.length === 0) return post
  const after =
    post.status === 'PUBLISHED'
      ? await savePending(w, before, placed, base, action)
      : await saveLive(w, before, placed, place, action, {})
  await recordPostFact(w, 'post.draft_saved', before, after, changed)
  return after.post
}
