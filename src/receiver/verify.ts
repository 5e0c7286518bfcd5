// This file imports nothing but types and uses the Web platform alone (Web Crypto, TextEncoder, atob), so that a receiver
// can run it, or copy it, on Node.js, Deno, Bun and edge runtimes.

import type { WebhookEventType, WebhookSubjectTypes } from './event-types.ts'

export type { WebhookEventType }

/**
 * Checks that a request is a webhook of ours, unaltered and fresh, and returns its body. Call it with the body
 * as it arrived, before any JSON parsing: a string, or bytes in any form.
 *
 * `secretOrPublicKey` is the endpoint's `whsec_…` secret or its `whpk_…` public key; give several, and one that
 * fits is enough. Throws `WebhookVerificationError` and nothing else: `code` and message say why; answer that with 400.
 * A delivery may come more than once: `webhook-id` is the same each time.
 */
export const verifyWebhook = async <Message extends WebhookEvent | EventBatch = WebhookEvent>(
  rawBody: string | ArrayBuffer | ArrayBufferView,
  headers: Headers | Record<string, string | string[] | undefined>,
  secretOrPublicKey: string | readonly string[],
  options: VerifyOptions = {},
): Promise<Message> => {
  const bytes = bytesOf(rawBody)
  const id = requiredHeader(headers, 'webhook-id')
  const timestamp = requiredHeader(headers, 'webhook-timestamp')
  const signatures = requiredHeader(headers, 'webhook-signature').split(' ', maxSignatures)
  checkFresh(timestamp, clockOf(options))
  const head = new TextEncoder().encode(`${id}.${timestamp}.`)
  // One copy is signed and parsed, whoever else can write to those bytes.
  const content = concat(head, bytes)
  await checkSigned(content, signatures, [secretOrPublicKey].flat())
  return parsed(content.subarray(head.length)) as Message // the signature says who wrote it; its shape is the sender's contract
}

// Two of each kind during a rotation, and room. Each costs a pass over the body: a stranger may not choose how many.
const maxSignatures = 16

export type VerifyOptions = {
  /** How old, or how far ahead of this clock, the attempt may be. */
  toleranceSeconds?: number
  /** The present, if not this clock's: a date, or milliseconds since 1970. */
  now?: Date | number
}

/** The body of a delivery that carries one event; `type` says which, and with it what `subject` is. */
export type WebhookEvent<Data = unknown> = {
  [Type in WebhookEventType]: Envelope<Type, Data>
}[WebhookEventType]

type Envelope<Type extends WebhookEventType, Data> = {
  id: string
  type: Type
  /** When it happened, RFC 3339 in UTC. */
  timestamp: string
  /** Rises in commit order; a decimal number too large for JavaScript's own. */
  sequence: string
  apiVersion: string
  subject: WebhookSubject & { type: WebhookSubjectTypes[Type] }
  changedFields: string[]
  /** The values that changed fields had, by their names; null when nothing public had a value. */
  previous: Record<string, unknown> | null
  /** Tags and paths of everything that the event makes stale. */
  invalidates: string[]
  paths: string[]
  /** What the endpoint's document gave for the event. */
  data: Data
  errors?: unknown[]
  /** Set when `data` is of the time of sending, since nothing was rendered at the event. */
  rendered?: 'replay'
}

/** `version` rises with every change of the subject, its deletion included: drop what is older than you have. */
export type WebhookSubject = { type: string; id: string; version: number }

/** The body of a delivery that carries the events of a batch window: `data` has one last state a subject. */
export type EventBatch<Data = unknown> = {
  id: string
  type: 'events.batch'
  timestamp: string
  firstSequence: string
  sequence: string
  apiVersion: string
  subjects: (WebhookSubject & { change: string })[]
  invalidates: string[]
  paths: string[]
  /** In the order of `subjects`; null where it could not be rendered, and an error says why. */
  data: (Data | null)[]
  errors?: unknown[]
  rendered?: 'replay'
}

export type VerificationFailure =
  | 'missing_header'
  | 'bad_timestamp'
  | 'stale'
  | 'from_the_future'
  | 'bad_signature'
  | 'bad_key'
  | 'bad_option'
  | 'body_not_raw'
  | 'not_json'

export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError'
  readonly code: VerificationFailure

  constructor(code: VerificationFailure, message: string) {
    super(message)
    this.code = code
  }
}

/** By what the runtime knows of a value and not by its class, of which each realm (Jest, Electron, a frame) has its own. */
const bytesOf = (rawBody: unknown): Uint8Array => {
  if (typeof rawBody === 'string') return new TextEncoder().encode(rawBody)
  try {
    if (ArrayBuffer.isView(rawBody))
      return new Uint8Array(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength)
    if (isBuffer(rawBody)) return new Uint8Array(rawBody)
  } catch {
    throw new WebhookVerificationError(
      'body_not_raw',
      'The bytes of the body were handed on to somebody else.',
    )
  }
  const isPromise = typeof (rawBody as { then?: unknown } | null | undefined)?.then === 'function'
  throw new WebhookVerificationError(
    'body_not_raw',
    `The body is ${isPromise ? 'a promise: await it' : 'neither a string nor bytes'}. Pass it as it arrived, before any JSON parsing.`,
  )
}

const isBuffer = (value: unknown): value is ArrayBuffer => {
  const kinds = [ArrayBuffer, ...(typeof SharedArrayBuffer === 'undefined' ? [] : [SharedArrayBuffer])]
  return kinds.some(({ prototype }) => {
    try {
      // It answers for buffers alone, those of other realms included.
      return Object.getOwnPropertyDescriptor(prototype, 'byteLength')?.get?.call(value) !== undefined
    } catch {
      return false
    }
  })
}

const requiredHeader = (headers: unknown, name: string): string => {
  const value = headerOf(headers, name)
  const text = Array.isArray(value) ? value.join(' ') : value
  if (text !== undefined && text !== null && text !== '') return String(text)
  throw new WebhookVerificationError(
    'missing_header',
    `The request has no ${name} header: it is not a webhook.`,
  )
}

const headerOf = (headers: unknown, name: string): unknown => {
  if (typeof headers !== 'object' || headers === null) return undefined
  // Not instanceof: frameworks bring a Headers of their own.
  if ('get' in headers && typeof headers.get === 'function') return headers.get(name)
  return Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]
}

type Clock = { nowSeconds: number; toleranceSeconds: number }

/** What is no time, or no number, must not make every age a good one. */
const clockOf = (options: VerifyOptions | null): Clock => {
  const { toleranceSeconds = 300, now = Date.now() } = options ?? {} // 300 s as in the specification's libraries
  const nowMs: unknown = typeof now === 'number' ? now : now?.getTime?.()
  const nowSeconds = typeof nowMs === 'number' ? Math.floor(nowMs / 1000) : Number.NaN
  if (!Number.isFinite(nowSeconds)) {
    throw new WebhookVerificationError(
      'bad_option',
      'The option now is neither a date nor milliseconds since 1970.',
    )
  }
  if (typeof toleranceSeconds === 'number' && toleranceSeconds >= 0) return { nowSeconds, toleranceSeconds }
  throw new WebhookVerificationError('bad_option', 'The option toleranceSeconds is not a number of seconds.')
}

const checkFresh = (timestamp: string, { nowSeconds, toleranceSeconds }: Clock): void => {
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookVerificationError(
      'bad_timestamp',
      'The webhook-timestamp header is not a number of seconds.',
    )
  }
  const age = nowSeconds - Number(timestamp)
  const limit = `more than the ${toleranceSeconds} s allowed: it is a replay, or this clock is wrong`
  if (age > toleranceSeconds)
    throw new WebhookVerificationError('stale', `The webhook is ${age} s old, ${limit}.`)
  if (-age > toleranceSeconds) {
    throw new WebhookVerificationError('from_the_future', `The webhook is from ${-age} s ahead, ${limit}.`)
  }
}

const checkSigned = async (
  content: Uint8Array<ArrayBuffer>,
  signatures: readonly string[],
  keys: readonly unknown[],
): Promise<void> => {
  if (keys.length === 0) throw badKey(noSecret)
  const versions = new Set<string>()
  for (const key of keys) {
    const { version, verify } = await verifier(key)
    versions.add(version)
    for (const signature of signatures) {
      const bytes = signature.startsWith(`${version},`) ? decoded(signature.slice(version.length + 1)) : null
      if (bytes && (await verify(bytes, content))) return
    }
  }
  const comparable = signatures.some((signature) => versions.has(signature.split(',')[0] ?? ''))
  throw new WebhookVerificationError(
    'bad_signature',
    comparable
      ? 'No signature fits: the key is an old one or of another endpoint, or the body was altered (parsed and written again?).'
      : `There is no ${[...versions].join(' or ')} signature: a whsec_ secret checks v1, a whpk_ public key v1a.`,
  )
}

type Verifier = {
  version: 'v1' | 'v1a'
  verify: (signature: Uint8Array<ArrayBuffer>, content: Uint8Array<ArrayBuffer>) => Promise<boolean>
}

/** Both comparisons are Web Crypto's `verify`, which takes the same time wherever the bytes differ. */
const verifier = async (key: unknown): Promise<Verifier> => {
  if (typeof key !== 'string') throw badKey(noSecret)
  const [prefix = '', bytes] = [key.slice(0, key.indexOf('_') + 1), decoded(key.slice(key.indexOf('_') + 1))]
  if (prefix === 'whsec_' && bytes?.length) {
    const secret = await imported(bytes, { name: 'HMAC', hash: 'SHA-256' })
    return {
      version: 'v1',
      verify: (signature, content) => crypto.subtle.verify('HMAC', secret, signature, content),
    }
  }
  if (prefix === 'whpk_' && bytes?.length === 32) {
    const point = await imported(bytes, { name: 'Ed25519' })
    return {
      version: 'v1a',
      verify: (signature, content) => crypto.subtle.verify('Ed25519', point, signature, content),
    }
  }
  throw badKey(whatIsWrongWith(key))
}

const imported = async (
  bytes: Uint8Array<ArrayBuffer>,
  algorithm: { name: string; hash?: string },
): Promise<CryptoKey> => {
  try {
    return await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify'])
  } catch {
    throw badKey(
      `This runtime cannot check with it (Web Crypto has no ${algorithm.name} here, or it is no such key).`,
    )
  }
}

const badKey = (what: string) =>
  new WebhookVerificationError('bad_key', `${what} Give a whole whsec_… secret or whpk_… public key.`)

const noSecret = 'There is no secret: is WEBHOOK_SECRET set?'

/** Said without a letter of the key, which may be nearly right. */
const whatIsWrongWith = (key: string): string => {
  if (key.trim() === '') return noSecret
  if (/^\s/.test(key)) return 'The key begins with a space.'
  if (/^["'`]|["'`]\s*$/.test(key))
    return 'The key has quotes around it, which some env files take for a part of it.'
  if (key.startsWith('whsk_')) return 'A whsk_ key is the private one of the sender.'
  if (!/^wh(sec|pk)_/.test(key)) return 'The key begins with neither whsec_ nor whpk_.'
  if (/[-_]/.test(key.slice(key.indexOf('_') + 1)))
    return 'The key is in base64url (it has "-" or "_"): write it as the server gave it, with "+" and "/".'
  return 'The key is cut off, or something else than base64 follows its prefix.'
}

const decoded = (base64: string): Uint8Array<ArrayBuffer> | null => {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  } catch {
    return null
  }
}

const concat = (head: Uint8Array, body: Uint8Array): Uint8Array<ArrayBuffer> => {
  const content = new Uint8Array(head.length + body.length)
  content.set(head)
  content.set(body, head.length)
  return content
}

const parsed = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    throw new WebhookVerificationError(
      'not_json',
      'The webhook is signed as it should be, and its body is not JSON.',
    )
  }
}
