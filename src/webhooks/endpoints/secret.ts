import type { Prisma, WebhookEndpoint, WebhookSigning } from '../../db/generated/client.ts'
import { requireScope } from '../../keys/require-scope.ts'
import { hasScope } from '../../keys/viewer.ts'
import type { Seal } from '../../lib/encryption.ts'
import { InvalidStateError, ValidationError } from '../../lib/errors.ts'
import { newId } from '../../lib/id.ts'
import type { Write } from '../../write/write.ts'
import { newSigningKeyPair, newWebhookSecret } from '../http/sign.ts'
import { lockEndpoint } from './status.ts'

/** New keys of an endpoint: the rows to store, and what a receiver verifies with, by kind. */
export type NewKeys = {
  rows: Prisma.WebhookSecretCreateManyInput[]
  verifiedWith: Partial<Record<WebhookSigning, string>>
}

/** Makes a key of each kind: a `whsec_` secret for both sides, or a pair of which receivers get the `whpk_` half. */
export const newKeys = (seal: Seal, endpointId: string, kinds: WebhookSigning[], now: Date): NewKeys => {
  const keys: NewKeys = { rows: [], verifiedWith: {} }
  for (const signing of new Set(kinds)) {
    const { ours, theirs } = newKey(signing)
    const sealed = seal.seal(ours, sealContext(endpointId))
    keys.rows.push({ id: newId('key'), endpointId, signing, sealed, createdAt: now })
    keys.verifiedWith[signing] = theirs
  }
  return keys
}

/** The one of them that a payload shows: the secret; of a pair alone its public key, which is no secret. */
export const shownOf = ({ verifiedWith }: NewKeys): string =>
  verifiedWith.HMAC_SHA256 ?? verifiedWith.ED25519 ?? ''

export type RotateInput = { id: string; signing?: WebhookSigning[] | null; overlapSeconds?: number | null }

/**
 * Makes new keys of the kinds given, or of all that the endpoint signs with. The old ones sign beside them until the
 * overlap is over, so that receivers can be changed one by one; with an overlap of 0 they end at once, also those of
 * earlier rotations.
 *
 * @throws NotFoundError, ValidationError; InvalidStateError when too many keys would sign at once.
 */
export const rotateWebhookSecret = async (
  w: Write,
  seal: Seal,
  { id, signing, overlapSeconds }: RotateInput,
): Promise<{ id: string; secret: string }> => {
  requireScope(w, 'WEBHOOKS_MANAGE')
  const endpoint = await lockEndpoint(w, id)
  checkOwnScopes(w, endpoint)
  const kinds = signing ?? endpoint.signing
  const seconds = overlapSeconds ?? defaultOverlapSeconds
  checkRotation(endpoint, kinds, seconds)
  await w.tx.webhookSecret.deleteMany({ where: { endpointId: id, expiresAt: { lte: w.now } } })
  await endKeys(w, id, kinds, seconds)
  const keys = newKeys(seal, id, kinds, w.now)
  await w.tx.webhookSecret.createMany({ data: keys.rows })
  await w.tx.webhookEndpoint.update({
    where: { id },
    data: { version: endpoint.version + 1, publicKey: keys.verifiedWith.ED25519 ?? endpoint.publicKey },
  })
  return { id, secret: shownOf(keys) }
}

/** What a secret of an endpoint is sealed under: a value copied to another endpoint does not open there. */
export const sealContext = (endpointId: string): string => `${endpointId}/secret`

const newKey = (signing: WebhookSigning): { ours: string; theirs: string } => {
  if (signing === 'HMAC_SHA256') {
    const secret = newWebhookSecret()
    return { ours: secret, theirs: secret }
  }
  const { privateKey, publicKey } = newSigningKeyPair()
  return { ours: privateKey, theirs: publicKey }
}

// A day to change the receivers; a week is the longest that a leaked key should go on signing.
const defaultOverlapSeconds = 24 * 60 * 60
const maxOverlapSeconds = 7 * 24 * 60 * 60

// Each is a signature in the header of every request, and a receiver tries a bounded number of them.
const maxKeysOfAKind = 4

/** Whoever lacks a scope of the endpoint could sign, with the new secret, what only its owner should. */
const checkOwnScopes = ({ viewer }: Write, { scopes }: WebhookEndpoint): void => {
  const lacking = scopes.filter((scope) => !hasScope(viewer, scope))
  if (lacking.length === 0) return
  const message = `The endpoint reads with ${lacking.join(', ')}, which your key does not have, so it cannot change its keys.`
  throw new ValidationError([{ message, path: ['input', 'id'] }])
}

const checkRotation = (endpoint: WebhookEndpoint, kinds: WebhookSigning[], seconds: number): void => {
  const issue = (field: string, message: string) => ({ message, path: ['input', field] })
  const unused = kinds.find((kind) => !endpoint.signing.includes(kind))
  const issues = [
    ...(kinds.length === 0 ? [issue('signing', 'signing is empty; leave it out to rotate all keys.')] : []),
    ...(unused
      ? [issue('signing', `The endpoint does not sign with ${unused}; there is nothing to rotate.`)]
      : []),
    ...(seconds < 0 || seconds > maxOverlapSeconds
      ? [issue('overlapSeconds', `overlapSeconds must be 0 to ${maxOverlapSeconds}, not ${seconds}.`)]
      : []),
  ]
  if (issues.length > 0) throw new ValidationError(issues)
}

const endKeys = async ({ tx, now }: Write, id: string, kinds: WebhookSigning[], seconds: number) => {
  const where = { endpointId: id, signing: { in: kinds } }
  if (seconds === 0) return void (await tx.webhookSecret.deleteMany({ where }))
  const live = await tx.webhookSecret.groupBy({ by: ['signing'], where, _count: true })
  if (live.some(({ _count }) => _count >= maxKeysOfAKind)) {
    throw new InvalidStateError(
      `${maxKeysOfAKind} keys sign at once already. Wait until one of them has expired, or end them all with overlapSeconds: 0.`,
      ['input', 'overlapSeconds'],
    )
  }
  const end = new Date(now.getTime() + seconds * 1_000)
  // One that ends sooner anyway keeps its time.
  await tx.webhookSecret.updateMany({
    where: { ...where, OR: [{ expiresAt: null }, { expiresAt: { gt: end } }] },
    data: { expiresAt: end },
  })
}
