import { createHash } from 'node:crypto'
import { emptySnapshot } from '../content/post.input.ts'
import { insertPost, saveLive } from '../content/post.ts'
import { changedFieldsOf, lockPost, type PostState, type Snapshot, snapshotOf } from '../content/snapshot.ts'
import type { Post, Prisma } from '../db/generated/client.ts'
import { newId } from '../id.ts'
import { formatOffsetDateTime } from '../offset-date-time.ts'
import type { Write } from '../write.ts'
import { importedAction } from './announce.ts'
import { ownIds } from './ids.ts'
import type { ImportedPost, ImportFinding } from './item.ts'
import type { KnownPost } from './known-posts.ts'
import { leadOldPaths } from './old-paths.ts'
import { notice, type Stored } from './outcome.ts'
import { type Filing, filingOf } from './people-and-terms.ts'
import { placeOf } from './place.ts'

/**
 * Of all that the file gave, including what the importer makes of it: a newer importer that makes more of a file writes
 * its post again.
 */
export const checksumOf = (post: ImportedPost): string =>
  createHash('sha256').update(JSON.stringify(post)).digest('base64url')

/**
 * Stores one post of an import: creates it, or changes the post that it `was`. One that was edited here since is left
 * alone, with a finding; where only comments of the front matter differ, there is nothing to change.
 *
 * @throws Refused when it cannot go in.
 */
export const storePost = async (
  w: Write,
  source: string,
  post: ImportedPost,
  was: KnownPost | null,
): Promise<Stored> => {
  // Null when the post has been deleted since the run began: then it is new.
  const before = was && (await lockPost(w.tx, was.postId))
  const { status, scheduledAt } = statusOf(post, w.now)
  if (before && (await wasEditedHere(w, before.post, status))) {
    return { result: 'skipped', touched: 'nothing', findings: [editedHere(post.file)] }
  }
  const id = before?.post.id ?? newId('post')
  const { ids, metadata, findings } = await ownIds(w, source, post, { id, was })
  const date = post.date?.instant ?? before?.post.publishedAt ?? before?.post.createdAt ?? w.now
  const { place, findings: placeFindings } = await placeOf(w, post, { id, date })
  const filing = await filingOf(w, post)
  ...
}
