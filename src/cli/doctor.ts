import type { Command } from 'commander'
import { type Config, locationOf } from '../config.ts'
import { type Database, openToLook } from '../db/client.ts'
import { pendingMigrations } from '../db/migrations/migrate.ts'
import { whyNotReady } from '../db/readiness.ts'
import { documentProblems } from '../graphql/render.ts'
import { schema } from '../graphql/schema.ts'
import { remainingOfJobs } from '../jobs/job.ts'
import { createSeal } from '../lib/encryption.ts'
import { readSecretKey, secretKeyFile } from '../lib/secret-key.ts'
import { countOutdated } from '../posts/background/upkeep.ts'
import { openHeaders } from '../webhooks/endpoints/header.ts'
import { sealContext } from '../webhooks/endpoints/secret.ts'
import { parseAllow, urlProblem } from '../webhooks/http/url-policy.ts'
import type { Exit } from './exit.ts'
import { print, printJson } from './output.ts'
import { readSettings } from './settings.ts'

type Finding = { check: string; ok: boolean; message: string }

/** `presswire doctor`: looks at everything and changes nothing. Exit code 1 when something is wrong. */
export const addDoctor = (program: Command, exit: Exit): void => {
  program
    .command('doctor')
    .description(
      'Say in plain words what is wrong with settings, database, migrations, clock, secrets and endpoints.',
    )
    .option('--json', 'print one JSON array on standard output')
    .action(async ({ json }: { json?: boolean }) => {
      const { config } = readSettings()
      const findings = await examine(config)
      if (json) printJson(findings)
      else
        for (const { check, ok, message } of findings)
          print(`${ok ? 'ok     ' : 'PROBLEM'}  ${check}: ${message}`)
      exit.code = findings.every(({ ok }) => ok) ? 0 : 1
    })
}

const examine = async (config: Config): Promise<Finding[]> => {
  const settings = fine('settings', 'All settings can be read.')
  const database = await openToLook(locationOf(config)).catch((error: Error) => error)
  if (database instanceof Error) return [settings, wrong('database', database.message)]
  try {
    const findings = [settings, await version(database), await clock(database)]
    const migrations = await migrationsOf(database)
    if (!migrations.ok) return [...findings, migrations]
    return [
      ...findings,
      migrations,
      ...(await secrets(config, database)),
      ...(await endpoints(config, database)),
      await background(config, database),
    ]
  } finally {
    await database.close()
  }
}

// The oldest that the suite runs on.
const oldestVersion = 150_000

const version = async (database: Database): Promise<Finding> => {
  const { db, kind } = database
  const [row] = await db.$queryRaw<{ number: string; name: string }[]>`
    SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name`
  const notReady = await whyNotReady(database)
  if (notReady) return wrong('database', notReady)
  const name = `${kind === 'embedded' ? 'Embedded PostgreSQL' : 'PostgreSQL'} ${row?.name}`
  return Number(row?.number) >= oldestVersion
    ? fine('database', `${name} answers.`)
    : wrong('database', `${name} is too old; Presswire needs 15 or newer.`)
}

// A signature's time may differ by 300 s at the receiver's; the same machine's clocks should agree far better.
const largestSkewMs = 2_000

const clock = async ({ db }: Database): Promise<Finding> => {
  const [row] = await db.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`
  const skewMs = Math.abs((row?.now.getTime() ?? 0) - Date.now())
  return skewMs <= largestSkewMs
    ? fine('clock', 'This machine and the database agree on the time.')
    : wrong(
        'clock',
        `This machine and the database differ by ${Math.round(skewMs / 1_000)} s; set both by NTP.`,
      )
}

const migrationsOf = async (database: Database): Promise<Finding> => {
  try {
    const pending = await pendingMigrations(database)
    return pending.length === 0
      ? fine('migrations', 'The tables are those of this version.')
      : wrong('migrations', `${pending.length} are not applied yet; "presswire migrate" or a start does it.`)
  } catch (error) {
    return wrong('migrations', (error as Error).message)
  }
}

const secrets = async (config: Config, { db }: Database): Promise<Finding[]> => {
  const key = config.SECRET_KEY ?? readSecretKey(config.DATA_DIR)
  const keys = await db.webhookSecret.findMany()
  const endpoints = await db.webhookEndpoint.findMany({
    where: { deletedAt: null },
    select: {
      id: true,
      url: true,
      signing: true,
      sealedHeaders: true,
      secrets: { where: { expiresAt: null } },
    },
  })
  const isSealed = keys.length > 0 || endpoints.some(({ sealedHeaders }) => sealedHeaders !== null)
  if (key === null && isSealed)
    return [
      wrong('secrets', `${secretKeyFile(config.DATA_DIR)} is missing, and what it sealed cannot be read.`),
    ]
  const seal = createSeal(key ?? 'of an embedded database that has sealed nothing')
  const broken = [
    ...keys.flatMap(({ endpointId, sealed }) => problemOf(() => seal.open(sealed, sealContext(endpointId)))),
    ...endpoints.flatMap(({ id, sealedHeaders }) => problemOf(() => openHeaders(seal, id, sealedHeaders))),
    ...endpoints.flatMap(({ id, url, signing, secrets }) =>
      signing
        .filter((kind) => !secrets.some((secret) => secret.signing === kind))
        .map((kind) => `${id} (${url}) has no key to sign with ${kind}; rotateWebhookSecret makes one.`),
    ),
  ].map((message) => wrong('secrets', message))
  const withHeaders = endpoints.filter(({ sealedHeaders }) => sealedHeaders !== null).length
  return broken.length > 0
    ? broken
    : [
        fine(
          'secrets',
          `SECRET_KEY opens all of ${keys.length} webhook secrets and the headers of ${withHeaders} endpoints.`,
        ),
      ]
}

const problemOf = (open: () => unknown): string[] => {
  try {
    open()
    return []
  } catch (error) {
    return [(error as Error).message]
  }
}

const endpoints = async (config: Config, { db }: Database): Promise<Finding[]> => {
  const allow = parseAllow(config.WEBHOOK_ALLOW)
  const rows = await db.webhookEndpoint.findMany({ where: { deletedAt: null } })
  const broken = rows.flatMap(({ id, url, document, variables, status, statusReason }) => {
    const address = urlProblem(url, allow)
    const problems =
      document === null ? [] : documentProblems(schema, document, variables as Record<string, unknown> | null)
    return [
      ...(status === 'DISABLED' ? [`is disabled: ${statusReason ?? 'nobody said why'}`] : []),
      ...(address ? [`cannot be sent to: ${address}`] : []),
      ...problems.map(({ field, message }) => `has a ${field} that no longer fits the schema: ${message}`),
    ].map((problem) => wrong('endpoints', `${id} (${url}) ${problem}`))
  })
  return broken.length > 0
    ? broken
    : [fine('endpoints', `Nothing is wrong with ${rows.length} webhook endpoints.`)]
}

/** What goes on by itself is no problem, as long as somebody serves. */
const background = async (config: Config, { db }: Database): Promise<Finding> => {
  const left = { ...(await remainingOfJobs(db)), ...(await countOutdated(db, config.SEARCH_LANGUAGE)) }
  const waiting = Object.entries(left).filter(([, posts]) => posts > 0)
  if (waiting.length === 0) return fine('background', 'Nothing is left to do in the background.')
  const what = waiting.map(([work, posts]) => `${work}: ${posts} posts`).join(', ')
  return fine('background', `Still to be done by a worker while it runs: ${what}.`)
}

const fine = (check: string, message: string): Finding => ({ check, ok: true, message })
const wrong = (check: string, message: string): Finding => ({ check, ok: false, message })
