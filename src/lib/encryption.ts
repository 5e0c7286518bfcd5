import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** Encrypts what must be readable again (webhook secrets, endpoint headers) before it is stored. */
export type Seal = {
  /** Returns `v1.` + base64url; the same plaintext seals differently each time. */
  seal(plaintext: string, context: string): string
  /** Returns the plaintext; throws `SealError` unless key, context and every byte are as they were sealed. */
  open(sealed: string, context: string): string
}

/**
 * AES-256-GCM under a key derived from SECRET_KEY, so that a reader of the database alone gets nothing.
 * `context` says what the value is and where it belongs (`endpoint_…/secret`): a sealed value copied to
 * another row does not open there.
 */
export const createSeal = (secretKey: string): Seal => {
  if (secretKey === '') throw new SealError('SECRET_KEY is empty; set it to a long random string.')
  const key = deriveKey(secretKey)
  return {
    seal: (plaintext, context) => encrypt(key, plaintext, context),
    open: (sealed, context) => decrypt(key, sealed, context),
  }
}

/**
 * The same seal, which remembers what it opened: a worker signs thousands of deliveries a second with a few secrets. A value
 * that is sealed anew, as by a rotation, is another one.
 */
export const rememberOpened = (seal: Seal): Seal => {
  const opened = new LRUCache<string, string>({ max: maxRemembered })
  return {
    seal: seal.seal,
    open(sealed, context) {
      const key = `${context} ${sealed}`
      const known = opened.get(key)
      if (known !== undefined) return known
      const plaintext = seal.open(sealed, context)
      opened.set(key, plaintext)
      return plaintext
    },
  }
}

// A few bytes each; more endpoints than any site has.
const maxRemembered = 1_000

/** A sealed value that cannot be opened; the message says what to do and holds neither key nor value. */
export class SealError extends Error {
  override name = 'SealError'
}

const prefix = 'v1.'
const ivBytes = 12 // 96 bits, the length for which GCM takes a random IV as it is (NIST SP 800-38D, 8.2.2)
const tagBytes = 16 // the longest tag: a shorter one is easier to forge

const deriveKey = (secretKey: string): Buffer => {
  // RFC 5869. The label keeps this key apart from any other that SECRET_KEY may come to serve.
  return Buffer.from(hkdfSync('sha256', secretKey, '', 'presswire/seal/v1', 32))
}

const encrypt = (key: Buffer, plaintext: string, context: string): string => {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(context))
  const sealed = Buffer.concat([iv, cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()])
  return prefix + sealed.toString('base64url')
}

const decrypt = (key: Buffer, sealed: string, context: string): string => {
  const bytes = Buffer.from(sealed.slice(prefix.length), 'base64url')
  if (!sealed.startsWith(prefix) || bytes.length < ivBytes + tagBytes) {
    throw new SealError(`${context} is not a value that this version of Presswire sealed.`)
  }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ivBytes, -tagBytes)), decipher.final()]).toString()
  } catch {
    throw new SealError(
      `${context} cannot be decrypted: SECRET_KEY differs from the one it was stored under, or the stored value ` +
        'was changed. Start with the SECRET_KEY it was stored under, or set the value anew.',
    )
  }
}
