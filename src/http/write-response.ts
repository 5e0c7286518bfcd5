import type { ServerResponse } from 'node:http'
import type { Call } from './call.ts'

// Small enough that a slow caller is seen to take something, large enough to cost nothing.
const partBytes = 65_536

export type Writer = {
  /** Resolves when the system has room for more, or nobody is there to write to. */
  write(bytes: Uint8Array): Promise<void>
  /** Ends the answer; resolves when all of it is handed to the system, or the caller is gone. */
  end(): Promise<void>
}

/** Writes an answer no faster than its caller takes it, and cuts off one who takes nothing of it for `stallMs`. */
export const createWriter = (call: Call, response: ServerResponse, stallMs: number): Writer => {
  /** Waits for one of the events, or cuts the caller off. */
  const taken = async (...events: string[]): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cut = () => {
      call.facts.cut = true
      // The system may have room for more than the answer's end: a socket that is merely ended would wait for it.
      response.destroy()
    }
    const stalled = setTimeout(cut, stallMs)
    for (const event of events) response.once(event, resolve)
    await promise
    clearTimeout(stalled)
    for (const event of events) response.off(event, resolve)
  }

  return {
    write: async (bytes) => {
      for (let at = 0; at < bytes.length; at += partBytes) {
        if (response.destroyed || response.writableEnded) return
        const part = bytes.subarray(at, at + partBytes)
        if (!response.write(part) && response.writableLength > 0) await taken('drain', 'finish', 'close')
        call.held.less(part.length)
      }
    },
    end: async () => {
      if (!response.writableEnded) response.end()
      if (!response.writableFinished && !response.destroyed) await taken('finish', 'close')
    },
  }
}
