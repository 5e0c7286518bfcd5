import { OperatorError } from '../lib/errors.ts'

/** What may stand behind the `?` of DATABASE_URL: all of it is used. */
const parameters = [
  'application_name',
  'channel_binding',
  'host',
  'options',
  'password',
  'port',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'uselibpqcompat',
  'user',
]

/** Parameters of others, and what does here what they do there. */
const instead: Record<string, string> = {
  schema: 'give Presswire a database of its own, whose schema "public" it uses',
  connection_limit: 'set DATABASE_POOL_SIZE',
  pool_timeout: 'leave it out: a request waits 3 s for a connection',
  connect_timeout: 'leave it out: 3 s are allowed',
  pgbouncer: 'leave it out, and let the pooler pool by session',
  statement_timeout: 'leave it out: Presswire sets its own',
  lock_timeout: 'leave it out: Presswire sets its own',
  client_encoding: 'leave it out: it is always UTF8',
}

// Each part has only characters that cannot be those of a password that was put in as it is.
const form = /^postgres(ql)?:\/\/([^\s/?#@]*@)?[^\s/?#@]*(\/[^\s/?#@]*)?(\?[^\s#@]*)?$/

/** What is wrong with a DATABASE_URL, in words that show nothing of it; null when nothing is. */
export const databaseUrlProblem = (url: string): string | null => {
  if (!/^postgres(ql)?:\/\//.test(url)) return 'must be a postgresql:// URL'
  if (!form.test(url) || /%(?![0-9a-f]{2})/i.test(url) || !URL.canParse(asHttp(url)) || !isDecodable(url)) {
    return 'cannot be read as postgresql://user:password@host:port/database; in the password write / ? # @ % and spaces percent-encoded, as %2F %3F %23 %40 %25 %20'
  }
  const { searchParams } = new URL(asHttp(url))
  const other = [...searchParams.keys()].find((name) => !parameters.includes(name))
  if (other === undefined) return null
  // What is no name that somebody uses might be the rest of a password.
  return other in instead
    ? `has the parameter "${other}", which is not used here: ${instead[other]}`
    : `has a parameter that is not used here: leave out all but ${parameters.join(', ')}`
}

/** Which database it is, without user, password and parameters. */
export const databaseNameOf = (url: string): string => {
  const { host, pathname, searchParams } = new URL(asHttp(url))
  const server = searchParams.get('host') ?? host
  return `postgresql://${server === emptyHost ? '' : server}${pathname === '/' ? '' : pathname}`
}

/** @throws OperatorError (exit code 78) where it cannot be used. */
export const checkDatabaseUrl = (url: string): void => {
  const problem = databaseUrlProblem(url)
  if (problem) throw new OperatorError(`DATABASE_URL ${problem}.`, 78)
}

const emptyHost = 'socket.invalid'

/** The form that every part of WHATWG's URL is read of: of an unknown scheme it takes the host as it is. */
const asHttp = (url: string): string =>
  url
    .replace(/^postgres(ql)?:\/\//, 'http://')
    .replace(/^(http:\/\/(?:[^/?@]*@)?)(?=[/?]|$)/, `$1${emptyHost}`)
    // A socket's folder as the host, as libpq has it.
    .replace(/^(http:\/\/(?:[^/?@]*@)?)(?:%2f[^/?:]*)/i, `$1${emptyHost}`)

const isDecodable = (url: string): boolean => {
  try {
    return decodeURIComponent(url) !== ''
  } catch {
    return false
  }
}
