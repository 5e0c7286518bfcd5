import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Answer, Call } from './call.ts'
import { createWriter } from './write-response.ts'

/**
 * Writes an answer: the base headers beneath the answer's own (`vary` is joined), a length where it is known, no body
 * for HEAD. Resolves when all is handed over or the caller is gone; never rejects for that.
 *
 * @param stallMs after how long a caller is cut off who takes nothing of what there is for him.
 * @throws Refusal, before anything is written, when the answer is large and too much is held already.
 */
export const send = async (
  call: Call,
  response: ServerResponse,
  answer: Answer,
  baseHeaders: Record<string, string>,
  stallMs = defaultStallMs,
): Promise<void> => {
  const { status, body } = answer
  const headers = joined(baseHeaders, answer.headers)
  const isUnread = hasUnreadBody(call.request)
  if (isUnread || call.stopping.aborted) headers.connection = 'close'
  const writer = createWriter(call, response, stallMs)

  if (body instanceof Readable) {
    response.writeHead(status, headers)
    return stream(call, response, body, writer)
  }
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? null)
  if (bytes && !answer.isShared) call.held.add(bytes.length)
  if (bytes || (status !== 204 && status !== 304)) headers['content-length'] = String(bytes?.length ?? 0)
  response.writeHead(status, headers)
  if (bytes && call.request.method !== 'HEAD') await writer.write(bytes)
  if (isUnread) await lingerBeforeClosing(call.request)
  await writer.end()
}

const joined = (base: Record<string, string>, own: Record<string, string> = {}): Record<string, string> => {
  const headers = { ...base, ...own }
  if (base.vary && own.vary) headers.vary = `${own.vary}, ${base.vary}`
  return headers
}

/** True if the body was not, or not wholly, read: refused by its headers, or cut at the limit. */
const hasUnreadBody = ({ headers, complete }: IncomingMessage): boolean => {
  if (complete) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * A socket closed with unread bytes is reset, and a reset can overtake the answer (RFC 9112, section 9.6). So what
 * still comes is thrown away for a moment before the connection is closed.
 */
const lingerBeforeClosing = async (request: IncomingMessage): Promise<void> => {
  request.resume()
  await finished(request, { signal: AbortSignal.timeout(lingerMs), writable: false }).catch(() => undefined)
}

// Long enough for the answer to cross an ocean, short enough that nobody keeps a socket by sending on.
const lingerMs = 1_000

// Twice as long as the heartbeats of a subscription are apart, and some: a caller who takes nothing for that long is gone
// without a word or has hung. He may come back and go on after the last event that he has.
const defaultStallMs = 30_000

/**
 * An answer in parts (subscriptions): ends when its source does, the caller goes away or the server stops. A caller who
 * does not keep up is waited for, so that of what there is for him one chunk is held and the rest stays at its source.
 */
const stream = async (
  call: Call,
  response: ServerResponse,
  body: Readable,
  writer: ReturnType<typeof createWriter>,
): Promise<void> => {
  const end = () => {
    body.destroy()
    response.end()
  }
  // Two listeners rather than AbortSignal.any: the server's signal lives as long as the server.
  const signals = [call.signal, call.stopping]
  for (const signal of signals) signal.addEventListener('abort', end, { once: true })
  try {
    if (signals.some((signal) => signal.aborted)) end()
    for await (const chunk of body) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
      call.held.add(bytes.length)
      await writer.write(bytes)
      if (response.writableEnded || response.destroyed) break
    }
  } catch {
    // The source failed or was ended, or too much is held: the caller sees a stream that ends, and may come back.
  } finally {
    end()
    for (const signal of signals) signal.removeEventListener('abort', end)
  }
  await writer.end()
}
