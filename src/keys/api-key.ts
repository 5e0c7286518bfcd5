import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '../db/client.ts'
import type { ApiKey } from '../db/generated/client.ts'
import { RequestError } from '../lib/errors.ts'
import { newId } from '../lib/id.ts'
import type { Viewer } from './viewer.ts'

/** What every key begins with, so that people and secret scanners know one when they see it. */
export const keyPrefix = 'pw_'
const keyForm = /^pw_[\w-]{43}$/

/**
 * Makes a key. The secret is returned here and never again: the database holds its hash.
 *
 * @returns the row and the key itself, `pw_` and 256 random bits in base64url.
 */
export const createApiKey = async (
  tx: Tx,
  input: Pick<ApiKey, 'name' | 'scopes' | 'expiresAt'> & Partial<Pick<ApiKey, 'createdBy' | 'createdById'>>,
  now: Date,
): Promise<{ apiKey: ApiKey; key: string }> => {
  const key = `${keyPrefix}${randomBytes(32).toString('base64url')}`
  const apiKey = await tx.apiKey.create({
    data: { id: newId('key'), ...input, hash: hashOf(key), last4: key.slice(-4), createdAt: now },
  })
  return { apiKey, key }
}

/** Every key, newest first, revoked ones too. */
export const listApiKeys = (tx: Tx): Promise<ApiKey[]> =>
  tx.apiKey.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] })

/** Ends a key for good. Returns null when there is no such key; revoking twice keeps the first time. */
export const revokeApiKey = async (tx: Tx, id: string, now: Date): Promise<ApiKey | null> => {
  await tx.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now } })
  return tx.apiKey.findUnique({ where: { id } })
}

/**
 * Ends the keys that a key made, those that they made, and so on. Each is ended before what it made is looked for: who is
 * making something with it just now holds it (`holdKey`) until that is committed.
 *
 * @returns the ids of all of them, also of those that were revoked before.
 */
export const revokeKeysMadeBy = async (tx: Tx, id: string, now: Date): Promise<string[]> => {
  const all = new Set([id])
  for (let makers = [id]; makers.length > 0; ) {
    const made = await tx.apiKey.findMany({ where: { createdById: { in: makers } }, select: { id: true } })
    makers = made.map((key) => key.id).filter((key) => !all.has(key))
    await tx.apiKey.updateMany({
      where: { id: { in: makers }, revokedAt: null },
      data: { revokedAt: now },
    })
    for (const key of makers) all.add(key)
  }
  all.delete(id)
  return [...all]
}

/**
 * For whoever makes something that is to end with the key it was made by: until the transaction ends the key is not revoked.
 *
 * @throws RequestError UNAUTHENTICATED when it has ended since the request began.
 */
export const holdKey = async (tx: Tx, { keyId }: Viewer, now: Date): Promise<void> => {
  if (keyId === null) return
  const held = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM api_keys WHERE id = ${keyId} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now})
    FOR SHARE`
  if (held.length === 0)
    throw new RequestError(
      'UNAUTHENTICATED',
      'The API key was revoked or has expired since the request began.',
    )
}

/** Whether the key that a viewer came with is still good; who came without one needs none. */
export const stillHolds = async (tx: Tx, { keyId }: Viewer, now: Date): Promise<boolean> => {
  if (keyId === null) return true
  const row = await tx.apiKey.findUnique({
    where: { id: keyId },
    select: { expiresAt: true, revokedAt: true },
  })
  return row !== null && isGood(row, now)
}

/** The bearer of a key, or null when it is unknown, expired or revoked: the caller is then refused, never anonymous. */
export const viewerOfKey = async (tx: Tx, key: string, now: Date): Promise<Viewer | null> => {
  // What cannot be one is not worth a statement.
  if (!keyForm.test(key)) return null
  const row = await tx.apiKey.findUnique({ where: { hash: hashOf(key) } })
  if (!row || !isGood(row, now)) return null
  return { keyId: row.id, name: row.name, scopes: new Set(row.scopes), expiresAt: row.expiresAt }
}

const isGood = ({ revokedAt, expiresAt }: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, now: Date): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > now)

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')
