import { system } from '../keys/viewer.ts'
import { ExpectedError, OperatorError, RequestError, ValidationError } from '../lib/errors.ts'
import type { Writer } from '../write/write.ts'
import type { ImportFinding } from './entry.ts'
import { problem, Refused } from './outcome.ts'

/** What a failure that is the entry's own tells the operator. */
export const findingsOf = (error: unknown, name: string): ImportFinding[] => {
  if (error instanceof Refused) return error.findings
  if (error instanceof ValidationError) {
    return [problem(name, 'not-rendered', error.message, 'Import it again then; nothing of it was written.')]
  }
  const action = 'Correct what the message names and run the import again; nothing of this one was written.'
  return [problem(name, 'not-stored', `It could not be stored: ${reasonOf(error)}.`, action)]
}

// Classes of SQLSTATE that speak of the values of one entry (data exception, integrity constraint, program limit) or of
// something that does not happen twice (a deadlock). All others speak of the database: disk full, shutting down.
const classesOfAnEntry = new Set(['22', '23', '40', '54'])

/**
 * Whether the database failed and not the entry, so that every further one would fail as well. Where the error does not
 * tell, the database is asked for something that it can only do when it is there and may be written to.
 */
export const isDatabaseFailure = async (error: unknown, write: Writer): Promise<boolean> => {
  if (error instanceof Refused || error instanceof ExpectedError) return false
  const state = databaseErrorOf(error)?.originalCode
  if (state !== undefined) return !classesOfAnEntry.has(state.slice(0, 2))
  try {
    await write(system('import'), (w) => w.tx.redirect.deleteMany({ where: { path: '' } }))
    return false
  } catch {
    return true
  }
}

/** Whether the program had no time for the entry, and may have it in a moment. */
export const isBusy = (error: unknown): boolean =>
  error instanceof RequestError && error.code === 'SERVICE_UNAVAILABLE'

/** What ends the run when the program stayed too busy for the entry of that name. */
export const stoppedBusyAt = (name: string, error: unknown): OperatorError =>
  new OperatorError(
    `The import stopped at ${name}, since the program stayed too busy: ${reasonOf(error)}. What came before it is in; run the import again when there is less to do, and it goes on from there.`,
    1,
    { cause: error },
  )

/** What ends the run when the database failed at the entry of that name. */
export const stoppedAt = (name: string, error: unknown): OperatorError =>
  new OperatorError(
    `The import stopped at ${name}, since the database failed: ${reasonOf(error)}. What came before it is in; run the import again when the database is back, and it goes on from there.`,
    1,
    { cause: error },
  )

/** One line: Prisma's messages begin with the place in the code, and end with what happened. */
const reasonOf = (error: unknown): string => {
  const message = databaseErrorOf(error)?.originalMessage ?? (error instanceof Error ? error.message : '')
  const last = message.trim().split('\n').at(-1) || String(error)
  return last.replace(/\.$/, '')
}

/** What PostgreSQL said, where the error passes it on. */
const databaseErrorOf = (error: unknown): { originalCode?: string; originalMessage?: string } | undefined =>
  (error as { meta?: { driverAdapterError?: { cause?: object } } } | null)?.meta?.driverAdapterError?.cause
