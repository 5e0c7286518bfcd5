import { pino } from 'pino'

export type Log = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** Structured lines on standard error. Keys and secrets never reach it; what might carry one is cut out by name. */
export const createLog = (level: string): Log =>
  pino(
    {
      level,
      base: undefined,
      redact: ['*.authorization', '*.key', '*.secret'],
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    pino.destination({ dest: 2, sync: true }),
  )
