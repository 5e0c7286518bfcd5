import { z } from 'zod'
import { databaseUrlProblem } from './db/database-url.ts'
import type { DotenvEntry } from './lib/dotenv.ts'
import { OperatorError } from './lib/errors.ts'

const port = z
  .string()
  .refine((value) => /^\d{1,5}$/.test(value) && Number(value) <= 65_535, 'must be a port from 0 to 65535')
  .transform(Number)
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
)
const withDefault = <T extends z.ZodType<unknown, string>>(schema: T, value: string) =>
  z.string().default(value).pipe(schema)
const pathPattern = (placeholders: string[], required: string) =>
  z.string().superRefine((value, context) => {
    const unknown = (value.match(/:\w+/g) ?? []).filter((name) => !placeholders.includes(name))
    const problem = !value.startsWith('/')
      ? 'must start with "/"'
      : unknown.length > 0
        ? `has ${unknown.join(', ')}, which is none of ${placeholders.join(', ')}`
        : !value.includes(required)
          ? `must contain ${required}, or two pages would share one path`
          : null
    if (problem) context.addIssue({ code: 'custom', message: problem })
  })
const host = z
  .string()
  .refine((value) => hostOf(value) !== null, 'must be hosts alone, such as www.example.com')
  .transform((value) => hostOf(value) ?? value)
const count = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number from 0 upwards')
  .transform(Number)
const poolSize = z
  .string()
  .refine(
    (value) => /^\d{1,4}$/.test(value) && Number(value) >= 3 && Number(value) <= 1_000,
    'must be a whole number from 3 to 1000',
  )
  .transform(Number)
const days = z
  .string()
  .regex(/^[1-9]\d{0,3}$/, 'must be a whole number of days from 1 to 9999')
  .transform(Number)
// The text search configurations of PostgreSQL 15, the oldest that is supported.
const searchLanguages =
  'simple arabic armenian basque catalan danish dutch english finnish french german greek hindi hungarian indonesian irish italian lithuanian nepali norwegian portuguese romanian russian serbian spanish swedish tamil turkish yiddish'.split(
    ' ',
  )
const isTimeZone = (name: string): boolean => {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}

const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone, such as Europe/Amsterdam')
const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => url.replace(/\/+$/, ''))

/** Every setting: its rule, its default and what it is for. `.env.example` is printed from this. */
export const settings = {
  DATABASE_URL: z
    .string()
    .superRefine((url, context) => {
      const problem = databaseUrlProblem(url)
      if (problem) context.addIssue({ code: 'custom', message: problem })
    })
    .optional()
    .describe('A PostgreSQL 15 or newer. Unset: the embedded database in DATA_DIR.'),
  DATABASE_POOL_SIZE: withDefault(poolSize, '10').describe(
    'How many connections to PostgreSQL a process may have for its statements, at least 3; one more listens. Requests wait for one.',
  ),
  DATA_DIR: withDefault(z.string().min(1), './data').describe(
    'The folder of the embedded database; one process at a time.',
  ),
  PORT: withDefault(port, '4000').describe('The port that the API listens on.'),
  HOST: withDefault(z.string().min(1), 'localhost').describe(
    'The address that the API listens on; 0.0.0.0 for every one.',
  ),
  CORS_ORIGINS: withDefault(list, '*').describe(
    'Origins of web pages that may call the API, comma-separated, or * for all (never with credentials).',
  ),
  TRUSTED_PROXIES: withDefault(list, '').describe(
    'Addresses or CIDRs of the proxies before the API, comma-separated: their X-Forwarded-For says who calls.',
  ),
  METRICS_ALLOW: withDefault(list, '127.0.0.0/8,::1').describe(
    'Addresses or CIDRs whose programs may read /metrics without a key, comma-separated; a proxy never, whatever it asks for.',
  ),
  SITE_URL: httpUrl
    .optional()
    .describe("The front end's base URL, used in links and payloads. Unset: the API's own address."),
  SITE_ALIASES: withDefault(list.pipe(z.array(host)), '').describe(
    'Other hosts that the site has or had, comma-separated: resolveUrl takes their URLs as its own.',
  ),
  SITE_TITLE: withDefault(z.string().min(1), 'Presswire').describe('The title of the site.'),
  SITE_TIMEZONE: withDefault(timeZone, 'UTC').describe(
    'The time zone of permalinks and of dates that name none.',
  ),
  PERMALINK: withDefault(
    pathPattern([':year', ':month', ':day', ':slug'], ':slug'),
    '/:year/:month/:slug/',
  ).describe('The path of a new post: :year, :month, :day, :slug.'),
  CATEGORY_PATH: withDefault(pathPattern([':path', ':slug'], ':'), '/category/:path/').describe(
    'The path of a category: :path (with its ancestors) or :slug.',
  ),
  TAG_PATH: withDefault(pathPattern([':slug'], ':slug'), '/tag/:slug/').describe('The path of a tag.'),
  AUTHOR_PATH: withDefault(pathPattern([':slug'], ':slug'), '/author/:slug/').describe(
    'The path of an author.',
  ),
  SEARCH_LANGUAGE: withDefault(z.enum(searchLanguages), 'simple').describe(
    'The language whose word forms a search finds together, such as english or german; simple finds words as they are written, in any language. The next start writes the index anew.',
  ),
  SECRET_KEY: z
    .string()
    .min(32, 'must have at least 32 characters; make one with: openssl rand -base64 32')
    .optional()
    .describe(
      'Encrypts what must be readable later, such as webhook secrets. Required with DATABASE_URL; made in DATA_DIR otherwise.',
    ),
  WEBHOOK_ALLOW: withDefault(list, '').describe(
    'Hosts or CIDRs that webhooks may go to although they are private or plain http.',
  ),
  RATE_LIMIT_PER_MINUTE: withDefault(count, '6000').describe(
    'Requests a minute to /graphql of an address, and of an API key; an address may send 30 wrong keys. Counted by each process for itself; 0 = no limits.',
  ),
  EVENT_RETENTION_DAYS: withDefault(days, '90').describe(
    'How long events are kept for those who ask for what they missed, and deliveries that are over.',
  ),
  REVISION_RETENTION_DAYS: withDefault(days, '90').describe(
    'How long revisions are kept that never were public. All others are kept, and so are the newest of each post and what was restored.',
  ),
  ROLE: withDefault(z.enum(['all', 'api', 'worker']), 'all').describe(
    'What this process does: all, api or worker (the last two with DATABASE_URL).',
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ error: 'must be the URL of an OpenTelemetry collector' })
    .optional()
    .describe(
      'Where traces are sent over OTLP/HTTP; unset: nowhere. The other OTEL_ variables hold as usual.',
    ),
  LOG_LEVEL: withDefault(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']), 'info').describe(
    'The least severe line that is logged.',
  ),
}

const schema = z.object(settings)

export type Config = Readonly<Omit<z.output<typeof schema>, 'SITE_URL'> & { SITE_URL: string }>

/** Rules that live with what a setting is about: each throws an error with a sentence when the value breaks it. */
export type Rules = Partial<
  Record<'WEBHOOK_ALLOW' | 'TRUSTED_PROXIES' | 'METRICS_ALLOW', (entries: string[]) => unknown>
>

/**
 * Reads the settings.
 *
 * @throws OperatorError (exit code 78) that lists every wrong setting at once.
 */
export const readConfig = (env: NodeJS.ProcessEnv = process.env, rules: Rules = {}): Config => {
  // An empty variable is an unset one: `PORT= npm start` and compose files write it so.
  const given = Object.entries(env).filter(([name, value]) => name in settings && value !== '')
  const result = schema.safeParse(Object.fromEntries(given))
  const problems = [
    ...(result.error?.issues ?? []).map((issue) => ({ name: String(issue.path[0]), message: issue.message })),
    ...contradictions(Object.fromEntries(given)),
    ...brokenRules(Object.fromEntries(given), rules),
  ]
  if (!result.success || problems.length > 0) throw wrongSettings(problems, env)
  const { SITE_URL = `http://localhost:${result.data.PORT}`, ...rest } = result.data
  return Object.freeze({ ...rest, SITE_URL })
}

/**
 * Adds what `.env` says to the environment, for us and for those who read their own variables there, such as OpenTelemetry.
 *
 * @throws OperatorError (exit code 78) when a setting's value is doubtful; what is not ours may mean what it wants.
 */
export const addToEnvironment = (entries: DotenvEntry[]): void => {
  const doubts = entries.filter(
    ({ name, doubt }) => doubt !== null && (name in settings || name.startsWith('OTEL_')),
  )
  if (doubts.length > 0) {
    const lines = doubts.map(({ name, line, doubt }) => `  line ${line}: ${name} ${doubt}`)
    throw new OperatorError(`Wrong settings in .env:\n${lines.join('\n')}`, 78)
  }
  const given = new Set(Object.keys(process.env))
  for (const { name, value } of entries) if (!given.has(name)) process.env[name] = value
}

const contradictions = (env: Record<string, string | undefined>) => {
  const problems: { name: string; message: string }[] = []
  if (env.DATABASE_URL && !env.SECRET_KEY) {
    const message = 'is required with DATABASE_URL; make one with: openssl rand -base64 32'
    problems.push({ name: 'SECRET_KEY', message })
  }
  if (!env.DATABASE_URL && (env.ROLE ?? 'all') !== 'all') {
    const message =
      'must be "all" without DATABASE_URL: the embedded database has one process, which does all'
    problems.push({ name: 'ROLE', message })
  }
  return problems
}

const brokenRules = (env: Record<string, string | undefined>, rules: Rules) =>
  Object.entries(rules).flatMap(([name, check]) => {
    try {
      check(list.parse(env[name] ?? ''))
      return []
    } catch (error) {
      return [{ name, message: `is wrong: ${(error as Error).message}` }]
    }
  })

/** Where the database is, and how many connections may be open to it for whom. */
export const locationOf = ({
  DATABASE_URL,
  DATABASE_POOL_SIZE,
  DATA_DIR,
  ROLE,
}: Config): { url: string; poolSize: number; role: Config['ROLE'] } | { folder: string } =>
  DATABASE_URL ? { url: DATABASE_URL, poolSize: DATABASE_POOL_SIZE, role: ROLE } : { folder: DATA_DIR }

const wrongSettings = (
  problems: { name: string; message: string }[],
  env: NodeJS.ProcessEnv,
): OperatorError => {
  const lines = problems.map(({ name, message }) => {
    const value = env[name]
    return `  ${name} ${message}${value === undefined || secretNames.has(name) ? '' : ` (it is "${value}")`}`
  })
  return new OperatorError(
    `Wrong settings:\n${lines.join('\n')}\nCorrect them in the environment or in .env; .env.example explains each.`,
    78,
  )
}

const secretNames = new Set(['SECRET_KEY', 'DATABASE_URL'])

/** A host, with its port where it names one, as URLs have it: lower-case and in ASCII. Null for anything more or less. */
const hostOf = (text: string): string | null => {
  const url = /^[^/?#@\\\s]+$/.test(text) ? URL.parse(`https://${text}`) : null
  return url?.host || null
}

/** `.env.example`: every setting with what it is for and its default. */
export const printedEnvExample = (): string => {
  const entries = Object.entries(settings).map(([name, schema]) => {
    const { data } = schema.safeParse(undefined) as { data?: unknown }
    const value = data === undefined ? '' : Array.isArray(data) ? data.join(',') : String(data)
    return `# ${schema.description}\n# ${name}=${value}\n`
  })
  return `# The settings of Presswire, each with its default. Printed from src/config.ts: npm run generate\n\n${entries.join('\n')}`
}
