import {
  createHmac,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto'

/** What one attempt signs: the delivery's id, the attempt's unix time and the exact bytes of the body. */
export type Signable = {
  id: string
  timestampSeconds: number
  body: string | Buffer
  /** `whsec_…` signs as `v1`, `whsk_…` as `v1a`; several while a secret is being rotated, the newest first. */
  secrets: readonly string[]
}

export type SignatureHeaders = {
  'webhook-id': string
  'webhook-timestamp': string
  'webhook-signature': string
}

/**
 * The three headers of the Standard Webhooks specification 1.0.0, one signature a secret, in the order given.
 * Throws `TypeError` when a secret is malformed, or there is none: nothing goes out unsigned.
 */
export const signatureHeaders = ({ id, timestampSeconds, body, secrets }: Signable): SignatureHeaders => {
  if (secrets.length === 0) throw new TypeError('A webhook needs at least one secret to be signed with.')
  const timestamp = String(Math.floor(timestampSeconds))
  const head = `${id}.${timestamp}.`
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signature(secret, head, body)).join(' '),
  }
}

/** A new symmetric secret: `whsec_` + base64 of 32 random bytes (the specification asks for 24 to 64). */
export const newWebhookSecret = (): string => hmacPrefix + randomBytes(32).toString('base64')

/**
 * A new Ed25519 pair: `whsk_` + base64 of the 32-byte seed and the 32-byte public key (the 64 bytes that
 * libsodium, Go and the specification's libraries call the secret key), `whpk_` + base64 of the public key.
 */
export const newSigningKeyPair = (): { privateKey: string; publicKey: string } => {
  const pair = generateKeyPairSync('ed25519')
  // Both DER forms end in the 32 raw bytes (RFC 8410).
  const seed = pair.privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const point = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    privateKey: privatePrefix + Buffer.concat([seed, point]).toString('base64'),
    publicKey: publicPrefix + point.toString('base64'),
  }
}

const hmacPrefix = 'whsec_'
const privatePrefix = 'whsk_'
const publicPrefix = 'whpk_'

const signature = (secret: string, head: string, body: string | Buffer): string => {
  if (secret.startsWith(hmacPrefix)) {
    return `v1,${createHmac('sha256', hmacKey(secret)).update(head).update(body).digest('base64')}`
  }
  if (secret.startsWith(privatePrefix)) {
    const content = Buffer.concat([Buffer.from(head), Buffer.from(body)])
    return `v1a,${sign(null, content, ed25519Key(secret)).toString('base64')}`
  }
  throw new TypeError('A webhook is signed with a whsec_ secret or a whsk_ private key; this is neither.')
}

const hmacKey = (secret: string): Buffer => {
  const key = Buffer.from(secret.slice(hmacPrefix.length), 'base64')
  if (key.length === 0) throw new TypeError('A whsec_ secret needs base64 after its prefix.')
  return key
}

const ed25519Key = (secret: string): KeyObject => {
  const bytes = Buffer.from(secret.slice(privatePrefix.length), 'base64')
  if (bytes.length !== 64 && bytes.length !== 32) {
    throw new TypeError('A whsk_ private key needs base64 of 64 bytes (seed and public key) or 32 (seed).')
  }
  // An Ed25519 key in PKCS #8 is this fixed header and the seed (RFC 8410, section 7); the public half follows.
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), bytes.subarray(0, 32)])
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
}
