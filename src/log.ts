import { pino } from 'pino'
import { escapeUnseenInJson } from './unseen.ts'

export type Log = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/**
 * Structured lines on standard error, in which nothing that came from outside moves a terminal's cursor. Keys and secrets
 * never reach it; what might carry one is cut out by name.
 */
export const createLog = (level: string): Log => {
  const stream = pino.destination({ dest: 2, sync: true })
  const write = (line: string) => stream.write(`${escapeUnseenInJson(line.trimEnd())}\n`)
  return pino(
    {
      level,
      base: undefined,
      redact: ['*.authorization', '*.key', '*.secret'],
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    { write },
  )
}
