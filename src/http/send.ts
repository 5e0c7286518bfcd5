import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Answer, Call } from './call.ts'

/**
 * Writes an answer: the base headers beneath the answer's own (`vary` is joined), a length where it is known, no body
 * for HEAD (node:http leaves it out). Resolves when all is handed over or the caller is gone; never rejects for that.
 *
 * @param stallMs after how long a caller is cut off who takes nothing of a stream that has more for him.
 */
export async function send(
  call: Call,
  response: ServerResponse,
  answer: Answer,
  baseHeaders: Record<string, string>,
  stallMs = defaultStallMs,
): Promise<void> {
  const { status, body } = answer
  const headers = joined(baseHeaders, answer.headers)
  const isUnread = hasUnreadBody(call.request)
  if (isUnread || call.stopping.aborted) headers.connection = 'close'

  if (body instanceof Readable) {
    response.writeHead(status, headers)
    return stream(call, response, body, stallMs)
  }
  if (body != null) headers['content-length'] = String(Buffer.byteLength(body))
  else if (status !== 204 && status !== 304) headers['content-length'] = '0'
  response.writeHead(status, headers)
  if (!isUnread) {
    response.end(body ?? undefined)
    return
  }
  response.write(body ?? '')
  await lingerBeforeClosing(call.request)
  response.end()
}

function joined(base: Record<string, string>, own: Record<string, string> = {}): Record<string, string> {
  const headers = { ...base, ...own }
  if (base.vary && own.vary) headers.vary = `${own.vary}, ${base.vary}`
  return headers
}

/** True if the body was not, or not wholly, read: refused by its headers, or cut at the limit. */
function hasUnreadBody({ headers, complete }: IncomingMessage): boolean {
  if (complete) return false
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * A socket closed with unread bytes is reset, and a reset can overtake the answer (RFC 9112, section 9.6). So what
 * still comes is thrown away for a moment before the connection is closed.
 */
async function lingerBeforeClosing(request: IncomingMessage): Promise<void> {
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
 * does not keep up is waited for, so that of what there is for him one chunk is held and the rest stays at its source;
 * one who does not read at all is cut off.
 */
async function stream(call: Call, response: ServerResponse, body: Readable, stallMs: number): Promise<void> {
  const end = () => {
    body.unpipe(response).destroy()
    response.end()
  }
  const over = AbortSignal.any([call.signal, call.stopping])
  over.addEventListener('abort', end, { once: true })
  let stalled: NodeJS.Timeout | undefined
  // A pipe pauses its source when the socket's buffer is full, and goes on when it is empty.
  body.on('pause', () => {
    stalled ??= setTimeout(() => response.destroy(), stallMs)
  })
  response.on('drain', () => {
    clearTimeout(stalled)
    stalled = undefined
  })
  body.once('error', end)
  body.pipe(response)
  if (over.aborted) end()
  await finished(response).catch(() => undefined)
  clearTimeout(stalled)
  over.removeEventListener('abort', end)
}
