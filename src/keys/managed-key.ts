import type { Tx } from '../db/client.ts'
import type { ApiKey, ApiKeyScope } from '../db/generated/client.ts'
import { NotFoundError, ValidationError, type ValidationIssue } from '../lib/errors.ts'
import { prefixOf } from '../lib/id.ts'
import { createApiKey, holdKey, revokeApiKey, revokeKeysMadeBy } from './api-key.ts'
import { keyNameProblem } from './key-name.ts'
import { requireScope } from './require-scope.ts'
import { hasScope, type Viewer } from './viewer.ts'

/** The part of a write that keys need. */
type Asked = { tx: Tx; viewer: Viewer; now: Date }

export type NewApiKey = { name: string; scopes: ApiKeyScope[]; expiresAt?: { instant: Date } | null }

/**
 * Makes a key for the bearer of another one, who cannot give more than they have, or for longer.
 *
 * @throws ValidationError with every issue at once.
 */
export const issueApiKey = async (
  { tx, viewer, now }: Asked,
  input: NewApiKey,
): Promise<{ apiKey: ApiKey; key: string }> => {
  requireScope({ viewer }, 'KEYS_MANAGE')
  const issues = [...nameIssues(input), ...scopeIssues(input, viewer), ...expiryIssues(input, viewer, now)]
  if (issues.length > 0) throw new ValidationError(issues)
  await holdKey(tx, viewer, now)
  const scopes = [...new Set(input.scopes)]
  const expiresAt = input.expiresAt?.instant ?? null
  const maker = { createdBy: viewer.name, createdById: viewer.keyId }
  return createApiKey(tx, { name: input.name.trim(), scopes, expiresAt, ...maker }, now)
}

/** Ends what some keys made of one kind, and says why. Returns how many it were. */
export type EndMade = (keyIds: string[], reason: string) => Promise<number>

export type Ended = { apiKey: ApiKey; apiKeys: number; previewTokens: number; webhookEndpoints: number }

/**
 * Ends a key for good, also the one that asks; revoking twice keeps the first time.
 *
 * @param made how to end what it made; null leaves that as it is.
 * @throws NotFoundError; ValidationError when the key may do more than the one that asks.
 */
export const endApiKey = async (
  { tx, viewer, now }: Asked,
  id: string,
  made: { previewTokens: EndMade; webhookEndpoints: EndMade } | null,
): Promise<Ended> => {
  requireScope({ viewer }, 'KEYS_MANAGE')
  const known = prefixOf(id) === 'key' ? await tx.apiKey.findUnique({ where: { id } }) : null
  if (!known) throw new NotFoundError(`There is no API key with the id "${id}".`, ['input', 'id'])
  const lacking = known.scopes.filter((scope) => !hasScope(viewer, scope))
  if (lacking.length > 0) {
    const message = `That key has ${lacking.join(', ')}, which your own does not have, so it cannot end it; ask with one that has, or on the command line.`
    throw new ValidationError([{ message, path: ['input', 'id'] }])
  }
  const apiKey = (await revokeApiKey(tx, id, now)) ?? known
  if (made === null) return { apiKey, apiKeys: 0, previewTokens: 0, webhookEndpoints: 0 }
  const keys = await revokeKeysMadeBy(tx, id, now)
  const reason = `The key "${known.name}" (${id}) was revoked with what it made.`
  return {
    apiKey,
    apiKeys: keys.length,
    previewTokens: await made.previewTokens([id, ...keys], reason),
    webhookEndpoints: await made.webhookEndpoints([id, ...keys], reason),
  }
}

const nameIssues = ({ name }: NewApiKey): ValidationIssue[] => {
  const problem = keyNameProblem(name)
  return problem ? [{ message: `The name ${problem}.`, path: ['input', 'name'] }] : []
}

const scopeIssues = ({ scopes }: NewApiKey, viewer: Viewer): ValidationIssue[] => {
  if (scopes.length === 0) {
    const message = 'scopes is empty; a key that may do nothing more than anyone is not needed.'
    return [{ message, path: ['input', 'scopes'] }]
  }
  return scopes.flatMap((scope, index) =>
    hasScope(viewer, scope)
      ? []
      : [
          {
            message: `Your own key does not have ${scope}, so it cannot give it; leave it out.`,
            path: ['input', 'scopes', String(index)],
          },
        ],
  )
}

const expiryIssues = ({ expiresAt }: NewApiKey, viewer: Viewer, now: Date): ValidationIssue[] => {
  const issue = (message: string) => [{ message, path: ['input', 'expiresAt'] }]
  if (expiresAt && expiresAt.instant <= now) {
    return issue(
      `expiresAt (${expiresAt.instant.toISOString()}) is not in the future; choose a later time or leave it out.`,
    )
  }
  const latest = viewer.expiresAt
  if (!latest || (expiresAt && expiresAt.instant <= latest)) return []
  const end = latest.toISOString()
  return issue(
    `Your own key ends at ${end}, and none that it makes ends later; give expiresAt, ${end} or earlier.`,
  )
}
