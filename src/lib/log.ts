import { pino } from 'pino'
import { createLogOutput } from './log-output.ts'
import { escapeUnseenInJson } from './unseen.ts'

export type Log = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  /** How many lines were lost, since nobody read them. */
  dropped?(): number
}

/**
 * Structured lines on standard error, in which nothing that came from outside moves a terminal's cursor. Keys and secrets
 * never reach it; what might carry one is cut out by name.
 */
export const createLog = (level: string): Log => {
  // Node opens it here, and a pipe so that a write to a full one fails at once rather than waits for its reader.
  const { fd } = process.stderr
  const output = createLogOutput(fd, (lines) =>
    log.warn({ lines }, 'log lines were dropped: nobody read standard error in time'),
  )
  const log = pino(
    {
      level,
      base: undefined,
      redact: ['*.authorization', '*.key', '*.secret'],
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    { write: (line) => output.write(`${escapeUnseenInJson(bounded(line.trimEnd()))}\n`) },
  )
  return {
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    dropped: output.dropped,
  }
}

// An error may quote whatever it was about; what collects logs cuts lines at 16 KiB, most often, and then cannot read them.
const longestLine = 16_000

/** The line or, where it is too long, what tells of it, and its beginning as text. */
const bounded = (line: string): string => {
  if (line.length <= longestLine) return line
  const { level, time, requestId, msg } = JSON.parse(line) as Record<string, unknown>
  const cut = {
    level,
    time,
    requestId,
    msg: String(msg).slice(0, 1_000),
    cutTo: line.slice(0, longestLine / 4),
  }
  return JSON.stringify(cut)
}
