import { createHash, randomBytes } from 'node:crypto'
import type { Tx } from '../db/client.ts'
import type { ApiKey, ApiKeyScope } from '../db/generated/client.ts'
import { newId } from '../id.ts'
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
  input: { name: string; scopes: ApiKeyScope[]; expiresAt: Date | null; createdBy?: string | null },
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
  return { keyId: row.id, name: row.name, scopes: new Set(row.scopes) }
}

const isGood = ({ revokedAt, expiresAt }: Pick<ApiKey, 'revokedAt' | 'expiresAt'>, now: Date): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > now)

const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex')
