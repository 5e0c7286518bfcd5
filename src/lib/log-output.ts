import { writeSync } from 'node:fs'

// A few thousand lines: what comes while a reader rests for a moment.
const mostBytes = 4_000_000
// A pipe that is full is looked at again after this; nothing tells when it has room.
const retryMs = 50
const linesAtOnce = 100
// At the exit a reader gets so long for what is left; one that reads nothing keeps nobody.
const exitMs = 1_000

export type LogOutput = {
  write(line: string): void
  /** How many lines were dropped so far. */
  dropped(): number
}

/**
 * Lines for standard error that never hold up the process: where nobody reads the pipe they wait in bounded memory, and what
 * comes beyond that is dropped and counted; `onDropped` is told once there is room again. At the exit what waits is written,
 * as far as the reader takes it. A pipe that was closed, or a disk that is full, costs lines and nothing else.
 */
export const createLogOutput = (
  fd: number,
  onDropped: (count: number) => void,
  write: typeof writeSync = writeSync,
): LogOutput => {
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let retry: NodeJS.Timeout | undefined
  let dropped = 0
  let untold = 0

  /** Writes what waits, until there is no more or no room. Returns whether the reader took any of it. */
  const flush = (): boolean => {
    const before = waitingBytes
    while (waiting.length > 0) {
      const lines = waiting.splice(0, linesAtOnce)
      const chunk = lines.length === 1 && lines[0] ? lines[0] : Buffer.concat(lines)
      const written = tryWrite(chunk)
      waitingBytes -= written ?? 0
      if (written === chunk.length) continue
      waiting.unshift(chunk.subarray(written ?? 0))
      if (written === null) break
    }
    return waitingBytes < before
  }

  /** How many bytes went out; null where there is no room now. What nobody can ever get counts as written. */
  const tryWrite = (chunk: Buffer): number | null => {
    try {
      return write(fd, chunk)
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? null : chunk.length
    }
  }

  const retryLater = () => {
    retry ??= setTimeout(() => {
      retry = undefined
      flush()
      if (waiting.length > 0) return retryLater()
      if (untold === 0) return
      const count = untold
      untold = 0
      onDropped(count)
    }, retryMs).unref()
  }

  process.once('exit', () => {
    const asleep = new Int32Array(new SharedArrayBuffer(4))
    let deadline = performance.now() + exitMs
    while (waiting.length > 0 && performance.now() < deadline) {
      if (flush()) deadline = performance.now() + exitMs
      else Atomics.wait(asleep, 0, 0, 10)
    }
  })

  return {
    dropped: () => dropped,
    write: (line) => {
      const bytes = Buffer.from(line)
      if (waitingBytes + bytes.length > mostBytes) {
        dropped++
        untold++
        return
      }
      waiting.push(bytes)
      waitingBytes += bytes.length
      if (retry === undefined) flush()
      if (waiting.length > 0) retryLater()
    },
  }
}
