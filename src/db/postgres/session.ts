import type pg from 'pg'
import { OperatorError } from '../../lib/errors.ts'

/** How long a statement may take, and how long of that it may wait for the locks of others. Null: as long as it likes. */
export type Limits = { statementMs: number | null; lockMs: number }

/** Whoever waits for an answer is told within this that there is none. */
export const limitsOfCallers: Limits = { statementMs: 5_000, lockMs: 4_000 }
/** Background work, imports and commands: nobody waits, and a large blog may take its time. */
export const limitsOfBackground: Limits = { statementMs: 60_000, lockMs: 20_000 }
/** Migrations: as long as it takes, but for a table that somebody else does not let go of. */
export const limitsOfMigrations: Limits = { statementMs: null, lockMs: 60_000 }

// Between two statements a transaction thinks: for milliseconds, or for as long as one post may take to be rendered. A
// process that is frozen there holds locks that everybody writes under, and lets go of them after this.
const idleInTransactionMs = 10_000

/**
 * What every session is, whatever the URL's options, the role, the database or a pooler would have it be: said once it is
 * open, since all of those are heard before. In UTC, because the adapter cuts offsets from the text of a time.
 */
const settings: Record<string, string> = {
  client_encoding: 'UTF8',
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  search_path: 'public',
  default_transaction_isolation: 'read committed',
  idle_in_transaction_session_timeout: String(idleInTransactionMs),
  // The pool drops what is idle; one that listens is idle for days.
  idle_session_timeout: '0',
  // Compiling a statement takes up to 0.4 s, which none of ours ever earns back, and workers for one take 10 ms to start, in
  // which most have answered.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  // A client that is cut off is noticed within half a minute, not within two hours.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  tcp_user_timeout: '20000',
}

const limitSettings = ({ statementMs, lockMs }: Limits): Record<string, string> => ({
  statement_timeout: String(statementMs ?? 0),
  lock_timeout: String(lockMs),
})

const asScript = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => `SET SESSION ${name} = '${value}';`)
    .join(' ')

// Only where the server's system can tell it that a connection was closed; elsewhere it may not be set.
const noticeWhoIsGone = `SELECT set_config('client_connection_check_interval', '1000', false)
  WHERE version() ~* 'linux|darwin|bsd';`

const ask = `SELECT pg_backend_pid() AS pid, current_setting('TimeZone') AS "timeZone",
  current_setting('server_encoding') AS encoding, current_setting('statement_timeout') AS "statementTimeout",
  current_setting('server_version_num')::int AS version, current_database() AS database`

export type Session = {
  pid: number
  timeZone: string
  encoding: string
  statementTimeout: string
  version: number
  database: string
}

/**
 * Makes a connection that has just been opened a session as it has to be, in one round trip.
 *
 * @throws OperatorError where it can be none.
 */
export const setUpSession = async (client: pg.ClientBase, limits: Limits): Promise<Session> => {
  const script = `${asScript(settings)} ${asScript(limitSettings(limits))} ${noticeWhoIsGone} ${ask}`
  const results = (await client.query(script)) as unknown as pg.QueryResult<Session>[]
  const session = results.at(-1)?.rows[0]
  if (!session) throw new Error('The database did not say what its session is.')
  refuse(session, limits)
  return session
}

/** Gives a session that is open other limits. */
export const limitSession = (client: pg.ClientBase, limits: Limits): Promise<unknown> =>
  client.query(asScript(limitSettings(limits)))

const refuse = (
  { timeZone, encoding, statementTimeout, version, database }: Session,
  limits: Limits,
): void => {
  if (version < 150_000)
    throw new OperatorError(
      `DATABASE_URL leads to a PostgreSQL ${Math.floor(version / 10_000)}, which is too old: Presswire needs 15 or newer.`,
    )
  if (encoding !== 'UTF8')
    throw new OperatorError(
      `The database ${database} has the encoding ${encoding}, which cannot hold every text. Make one with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and set DATABASE_URL to it.`,
    )
  const isLimited = statementTimeout === '0' ? limits.statementMs === null : limits.statementMs !== null
  if (timeZone !== 'UTC' || !isLimited)
    throw new OperatorError(
      'What is between Presswire and PostgreSQL does not pass on settings of the session (SET timezone). Set DATABASE_URL to the server itself, or let the pooler pool by session.',
    )
}
