import type { Seal } from '../../lib/encryption.ts'

/** A header of an endpoint's own, such as `authorization`. */
export type Header = { name: string; value: string }

/**
 * Every problem of an endpoint's own headers, with its place in the list; null where it is about the list as a whole. They
 * have to be what RFC 9110 (5.1, 5.5) lets any recipient take, and none that frames the request or belongs to the protocol.
 */
export const headerProblems = (headers: Header[]): { index: number | null; message: string }[] => {
  const whole = (message: string) => ({ index: null, message })
  if (headers.length > maxHeaders)
    return [whole(`headers has ${headers.length} entries; at most ${maxHeaders} are sent.`)]
  const bytes = headers.reduce((sum, { name, value }) => sum + Buffer.byteLength(name + value), 0)
  return [
    ...(bytes > maxBytes
      ? [whole(`The headers have ${bytes} bytes, names and values together; at most ${maxBytes} are sent.`)]
      : []),
    ...headers.flatMap(({ name, value }, index) => {
      const earlier = headers.slice(0, index).some((other) => sameName(other.name, name))
      const message = earlier ? `${name} is there twice; give it once.` : problemOf(name, value)
      return message ? [{ index, message }] : []
    }),
  ]
}

/** The headers as they are stored: their values may be credentials. Null when there are none. */
export const sealHeaders = (seal: Seal, endpointId: string, headers: Header[]): string | null =>
  headers.length === 0
    ? null
    : seal.seal(JSON.stringify(headers.map(({ name, value }) => [name, value])), headersContext(endpointId))

/** The headers by name, as they are sent. @throws SealError */
export const openHeaders = (seal: Seal, endpointId: string, sealed: string | null): Record<string, string> =>
  sealed === null ? {} : Object.fromEntries(JSON.parse(seal.open(sealed, headersContext(endpointId))))

/** What headers are sealed under: neither a secret nor another endpoint's headers open there. */
const headersContext = (endpointId: string): string => `${endpointId}/headers`

// Half of what a common server takes in all (8 KiB), so that ours and a proxy's have room beside them.
const maxBytes = 4_096
const maxHeaders = 20

const problemOf = (name: string, value: string): string | null => {
  if (!token.test(name))
    return `${JSON.stringify(name)} is no name of a header; use letters, digits and !#$%&'*+-.^_\`|~ alone.`
  if (ownedNames.has(name.toLowerCase()) || ownedPrefix.test(name))
    return `${name} belongs to the request itself and cannot be set.`
  // Never the value in a message: it may be a credential.
  return fieldValue.test(value)
    ? null
    : `The value of ${name} is none of a header; use visible ASCII, with spaces or tabs only in between.`
}

// RFC 9110: token (5.6.2), and field-value (5.5) without obs-text, which recipients read in different ways.
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const fieldValue = /^([\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?)?$/

// What is signed, and what says how long a body is and in which form it comes.
const ownedPrefix = /^(webhook|content|proxy)-/i
const ownedNames = new Set([
  'accept-encoding',
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])

const sameName = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()
