import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '../../db/client.ts'
import type { PreviewToken } from '../../db/generated/client.ts'
import { holdKey } from '../../keys/api-key.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { InvalidStateError, NotFoundError, ValidationError } from '../../lib/errors.ts'
import { newId, prefixOf } from '../../lib/id.ts'
import type { OffsetDateTime } from '../../lib/offset-date-time.ts'
import type { Write } from '../../write/write.ts'
import { lockPost } from '../revisions/snapshot.ts'

const dayMs = 24 * 60 * 60 * 1_000
// A week is the usual round of reading; a quarter is as long as a link that someone passed on should open anything.
const defaultDays = 7
const maxDays = 90

/**
 * Makes a token that opens one post as it is being edited. The token is returned here and never again: the database holds
 * its hash.
 *
 * @returns the row and the token itself, `pwp_` and 256 random bits in base64url.
 * @throws NotFoundError; InvalidStateError for a post in the trash; ValidationError for its expiry.
 */
export const createPreviewToken = async (
  w: Write,
  { postId, expiresAt }: { postId: string; expiresAt?: OffsetDateTime | null },
): Promise<{ previewToken: PreviewToken; token: string }> => {
  requireScope(w, 'CONTENT_WRITE')
  const state = prefixOf(postId) === 'post' ? await lockPost(w.tx, postId) : null
  if (!state) throw new NotFoundError(`There is no post with the id "${postId}".`, ['input', 'postId'])
  if (state.post.status === 'TRASHED') {
    throw new InvalidStateError('The post is in the trash; restore it first.', ['input', 'postId'])
  }
  const end = expiresAt?.instant ?? defaultEnd(w)
  refuseWrongEnd(end, w)
  await holdKey(w.tx, w.viewer, w.now)
  const token = `pwp_${randomBytes(32).toString('base64url')}`
  const previewToken = await w.tx.previewToken.create({
    data: {
      id: newId('preview'),
      postId,
      hash: tokenHash(token),
      createdBy: w.viewer.name,
      createdById: w.viewer.keyId,
      createdAt: w.now,
      expiresAt: end,
    },
  })
  return { previewToken, token }
}

/** Ends a token for good; revoking twice keeps the first time. @throws NotFoundError. */
export const revokePreviewToken = async (w: Write, id: string): Promise<PreviewToken> => {
  requireScope(w, 'CONTENT_WRITE')
  const known = prefixOf(id) === 'preview'
  if (known)
    await w.tx.previewToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: w.now } })
  const row = known ? await w.tx.previewToken.findUnique({ where: { id } }) : null
  if (!row) throw new NotFoundError(`There is no preview token with the id "${id}".`, ['input', 'id'])
  return row
}

/** Ends the tokens that some keys made. */
export const revokePreviewTokensOf = async ({ tx, now }: Write, keyIds: string[]): Promise<number> => {
  const where = { createdById: { in: keyIds }, revokedAt: null }
  return (await tx.previewToken.updateMany({ where, data: { revokedAt: now } })).count
}

// A statement that deletes this many takes some milliseconds.
const batch = 1_000

/** Forgets some of the tokens that have expired: they open nothing any more. Returns how many; 0 when none is left. */
export const forgetPreviewTokens = (db: Tx, now: Date): Promise<number> =>
  db.$executeRaw`
    DELETE FROM preview_tokens WHERE id IN (
      SELECT id FROM preview_tokens WHERE expires_at <= ${now}
      ORDER BY expires_at LIMIT ${batch} FOR UPDATE SKIP LOCKED
    )`

/** What the database knows a token by. It is random enough that a fast hash will do. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex')

/** In a week, or with the key that makes it. */
const defaultEnd = ({ now, viewer }: Write): Date => {
  const week = new Date(now.getTime() + defaultDays * dayMs)
  return viewer.expiresAt && viewer.expiresAt < week ? viewer.expiresAt : week
}

const refuseWrongEnd = (end: Date, { now, viewer }: Write): void => {
  const path = ['input', 'expiresAt']
  if (end <= now) {
    const message = `expiresAt (${end.toISOString()}) is not in the future; choose a later time or leave it out.`
    throw new ValidationError([{ message, path }])
  }
  if (end.getTime() > now.getTime() + maxDays * dayMs) {
    const message = `expiresAt (${end.toISOString()}) is more than ${maxDays} days away; choose an earlier time.`
    throw new ValidationError([{ message, path }])
  }
  if (viewer.expiresAt && end > viewer.expiresAt) {
    const latest = viewer.expiresAt.toISOString()
    const message = `Your own key ends at ${latest}, and no token that it makes ends later; choose ${latest} or earlier.`
    throw new ValidationError([{ message, path }])
  }
}
