import type { PGlite } from '@electric-sql/pglite'
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils'
import type { Prisma, PrismaClient } from './generated/client.ts'
import type { PostgresPool } from './postgres/pool.ts'

export type Db = PrismaClient<'query'>
/** What runs statements: the root client or a transaction. Domain code takes this and cannot tell which. */
export type Tx = Prisma.TransactionClient

/** An open database. Both kinds run the same statements through the same client. */
export type Database = {
  kind: 'postgres' | 'embedded'
  db: Db
  /** The driver beneath, for the notifier, which speaks to it directly. */
  driver: { pool: PostgresPool } | { pglite: PGlite }
  adapterFactory: SqlMigrationAwareDriverAdapterFactory
  /** Runs several statements at once, outside any transaction of the client. */
  runScript(sql: string): Promise<void>
  /** Says that the program is about to end: what the database has not answered after a while it need not answer any more. */
  giveUpAfter(ms: number): void
  close(): Promise<void>
}
