import { PGlite } from '@electric-sql/pglite'
import { DriverAdapterError, type SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import type { Db } from './database.ts'
import { PrismaClient } from './generated/client.ts'

export const newClient = (adapter: SqlMigrationAwareDriverAdapterFactory): Db =>
  new PrismaClient({
    adapter,
    log: [{ emit: 'event', level: 'query' }],
    // A transaction waits for the locks of others; the default of 5 s would end an import's longest one.
    transactionOptions: { maxWait: 10_000, timeout: 30_000 },
  })

type RunScript = (script: string) => Promise<void>

/**
 * Runs a migration's script as one simple query, which PostgreSQL takes as one transaction: a step that fails takes the
 * others back with it. adapter-pg would run the statements one by one, and PGlite's adapter would not wait for them.
 */
export const withWholeScripts = (
  factory: SqlMigrationAwareDriverAdapterFactory,
  run: RunScript,
): SqlMigrationAwareDriverAdapterFactory => {
  const connect = async (open: () => ReturnType<typeof factory.connect>, runHere: RunScript) => {
    const adapter = await open()
    adapter.executeScript = (script) => runHere(script).catch(asAdapterError)
    return adapter
  }
  const connectToShadowDb = () => {
    const shadow = new PGlite('memory://')
    return connect(
      () => new PrismaPGlite(shadow).connect(),
      async (script) => void (await shadow.exec(script)),
    )
  }
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: () => connect(() => factory.connect(), run),
    connectToShadowDb,
  }
}

/** The form in which Prisma's engine understands a failed statement. */
const asAdapterError = (
  error: Error & { code?: string; severity?: string; detail?: string; hint?: string },
): never => {
  const { code = 'XX000', severity = 'ERROR', message, detail, hint } = error
  throw new DriverAdapterError({ kind: 'postgres', code, severity, message, detail, column: undefined, hint })
}
