import { type Command, InvalidArgumentError, Option } from 'commander'
import { openCore } from '../core.ts'
import type { Db } from '../db/client.ts'
import type { ApiKey } from '../db/generated/client.ts'
import { ApiKeyScope } from '../db/generated/enums.ts'
import { createApiKey, listApiKeys } from '../keys/api-key.ts'
import { keyNameProblem } from '../keys/key-name.ts'
import { endApiKey } from '../keys/managed-key.ts'
import { system } from '../keys/viewer.ts'
import { NotFoundError, OperatorError } from '../lib/errors.ts'
import { parseOffsetDateTime } from '../lib/offset-date-time.ts'
import { revokePreviewTokensOf } from '../posts/previews/preview-token.ts'
import { disableEndpointsOf } from '../webhooks/endpoints/ending.ts'
import type { Write } from '../write/write.ts'
import { withDatabase } from './database.ts'
import { print, printJson, say } from './output.ts'
import { readSettings } from './settings.ts'

type CreateOptions = { name: string; scope: ApiKeyScope[]; expires?: Date; json?: boolean }

/** `presswire keys create | list | revoke`. */
export const addKeys = (program: Command): void => {
  const keys = program.command('keys').description('Make, list and revoke API keys.')
  keys
    .command('create')
    .description('Make a key. It is shown once and never again.')
    .requiredOption('--name <name>', 'what it is for', readName)
    .addOption(
      new Option('--scope <scope...>', `what it may do: ${scopeNames.join(', ')}`)
        .argParser(readScope)
        .makeOptionMandatory(),
    )
    .option('--expires <date>', 'when it ends, RFC 3339 or YYYY-MM-DD (UTC)', readExpiry)
    .option('--json', 'print one JSON object on standard output')
    .action((options: CreateOptions) => withDatabase((db) => create(db, options)))
  keys
    .command('list')
    .description('List all keys, newest first.')
    .option('--json', 'print one JSON array on standard output')
    .action(({ json }: { json?: boolean }) => withDatabase((db) => list(db, json)))
  keys
    .command('revoke')
    .description('End a key for good.')
    .argument('<id>', 'key_…, as list shows it')
    .option('--with-what-it-made', 'end what it made, too: keys, preview tokens, webhook endpoints')
    .action(revoke)
}

const create = async (db: Db, { name: given, scope, expires, json }: CreateOptions): Promise<void> => {
  const name = given.trim()
  const wanted = { name, scopes: scope, expiresAt: expires ?? null }
  const { apiKey, key } = await createApiKey(db, wanted, new Date())
  if (json) printJson({ id: apiKey.id, key, name, scopes: scope.map(scopeName), expiresAt: apiKey.expiresAt })
  else print(key)
}

const list = async (db: Db, json?: boolean): Promise<void> => {
  const rows = await listApiKeys(db)
  if (json) printJson(rows.map(publicKey))
  else for (const row of rows) print(describe(row))
}

const revoke = async (id: string, { withWhatItMade }: { withWhatItMade?: boolean }): Promise<void> => {
  const { config, log } = readSettings()
  const core = await openCore(config, { log })
  const madeWith = (w: Write) => ({
    previewTokens: (ids: string[]) => revokePreviewTokensOf(w, ids),
    webhookEndpoints: (ids: string[], reason: string) => disableEndpointsOf(w, ids, reason),
  })
  try {
    const { value } = await core.write(system('command line'), (w) =>
      endApiKey(w, id, withWhatItMade ? madeWith(w) : null),
    )
    say(`${value.apiKey.name} is revoked.`)
    const { apiKeys, previewTokens, webhookEndpoints } = value
    if (withWhatItMade)
      say(
        `With it ended ${apiKeys} keys, ${previewTokens} preview tokens and ${webhookEndpoints} webhook endpoints.`,
      )
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error
    throw new OperatorError(`There is no key ${id}. "presswire keys list" shows all.`, 1, { cause: error })
  } finally {
    await core.close()
  }
}

const publicKey = ({ hash: _hash, scopes, ...key }: ApiKey) => ({ ...key, scopes: scopes.map(scopeName) })

const describe = ({
  id,
  name,
  last4,
  scopes,
  expiresAt,
  revokedAt,
  createdBy,
  createdById,
}: ApiKey): string => {
  const end = revokedAt
    ? `revoked ${revokedAt.toISOString()}`
    : expiresAt
      ? `expires ${expiresAt.toISOString()}`
      : 'valid'
  const by = createdBy === null ? '' : `  (made by ${createdBy}${createdById ? ` ${createdById}` : ''})`
  return `${id}  pw_…${last4}  ${scopes.map(scopeName).join(',')}  ${end}  ${name}${by}`
}

/** `CONTENT_READ` is `content:read` for people. */
const scopeName = (scope: ApiKeyScope): string => scope.toLowerCase().replace('_', ':')
const scopeNames = Object.values(ApiKeyScope).map(scopeName)

const readName = (text: string): string => {
  const problem = keyNameProblem(text)
  if (problem) throw new InvalidArgumentError(`It ${problem}.`)
  return text
}

const readScope = (text: string, previous: ApiKeyScope[] = []): ApiKeyScope[] => {
  const scope = Object.values(ApiKeyScope).find(
    (known) => scopeName(known) === text.toLowerCase() || known === text,
  )
  if (!scope) throw new InvalidArgumentError(`It must be one of ${scopeNames.join(', ')}.`)
  return [...previous, scope]
}

const readExpiry = (text: string): Date => {
  const full = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text
  const read = parseOffsetDateTime(full)
  if (!read)
    throw new InvalidArgumentError('It must be a date such as 2027-01-31 or 2027-01-31T12:00:00+01:00.')
  if (read.instant <= new Date()) throw new InvalidArgumentError('It lies in the past.')
  return read.instant
}
