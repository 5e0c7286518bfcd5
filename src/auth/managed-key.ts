import type { Tx } from '../db/client.ts'
import type { ApiKey, ApiKeyScope } from '../db/generated/client.ts'
import { NotFoundError, ValidationError, type ValidationIssue } from '../errors.ts'
import { prefixOf } from '../id.ts'
import { textProblem } from '../text.ts'
import { createApiKey, revokeApiKey } from './api-key.ts'
import { hasScope, type Viewer } from './viewer.ts'

export type NewApiKey = { name: string; scopes: ApiKeyScope[]; expiresAt?: { instant: Date } | null }

// A name is a line in a list.
const maxNameLength = 200

/**
 * Makes a key for the bearer of another one, who cannot give more than they have.
 *
 * @throws ValidationError with every issue at once.
 */
export const issueApiKey = async (
  tx: Tx,
  viewer: Viewer,
  input: NewApiKey,
  now: Date,
): Promise<{ apiKey: ApiKey; key: string }> => {
  const issues = [...nameIssues(input), ...scopeIssues(input, viewer), ...expiryIssues(input, now)]
  if (issues.length > 0) throw new ValidationError(issues)
  const scopes = [...new Set(input.scopes)]
  const expiresAt = input.expiresAt?.instant ?? null
  return createApiKey(tx, { name: input.name.trim(), scopes, expiresAt, createdBy: viewer.name }, now)
}

/** Ends a key for good, also the one that asks; revoking twice keeps the first time. @throws NotFoundError. */
export const endApiKey = async (tx: Tx, id: string, now: Date): Promise<ApiKey> => {
  const apiKey = prefixOf(id) === 'key' ? await revokeApiKey(tx, id, now) : null
  if (!apiKey) throw new NotFoundError(`There is no API key with the id "${id}".`, ['input', 'id'])
  return apiKey
}

const nameIssues = ({ name }: NewApiKey): ValidationIssue[] => {
  const problem =
    name.trim() === '' ? 'is empty; say what the key is for' : textProblem(name.trim(), maxNameLength)
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

const expiryIssues = ({ expiresAt }: NewApiKey, now: Date): ValidationIssue[] => {
  if (!expiresAt || expiresAt.instant > now) return []
  const message = `expiresAt (${expiresAt.instant.toISOString()}) is not in the future; choose a later time or leave it out.`
  return [{ message, path: ['input', 'expiresAt'] }]
}
