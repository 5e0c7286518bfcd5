import { OperatorError } from '../lib/errors.ts'
import { outageOf } from './outage.ts'

/** What an operator is told of a failure of the database, in one line; null for a failure that is nobody's but ours. */
export const operatorErrorOf = (error: unknown): OperatorError | null => {
  if (error instanceof OperatorError) return error
  const reason = reasonOf(error)
  if (sqlStateOf(error) === '42501') {
    return new OperatorError(
      `PostgreSQL does not allow it (${reason}). Make the role of DATABASE_URL the owner of its database: ALTER DATABASE … OWNER TO …`,
      1,
      { cause: error },
    )
  }
  const outage = outageOf(error)
  return outage && new OperatorError(`${outage.message} (${reason})`, 1, { cause: error })
}

type Failed = { code?: string; meta?: { driverAdapterError?: { cause?: Cause } } } | null
type Cause = { originalCode?: string; originalMessage?: string }

const causeOf = (error: unknown): Cause | undefined => (error as Failed)?.meta?.driverAdapterError?.cause

const sqlStateOf = (error: unknown): string | undefined =>
  causeOf(error)?.originalCode ?? (error as Failed)?.code

/** One line: Prisma's messages begin with the place in the code, and end with what happened. */
const reasonOf = (error: unknown): string => {
  const message = causeOf(error)?.originalMessage ?? (error instanceof Error ? error.message : String(error))
  return (message.trim().split('\n').at(-1) ?? '').replace(/\.$/, '')
}
