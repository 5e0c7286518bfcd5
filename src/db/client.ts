import type { MemoryFS } from '@electric-sql/pglite'
import type { Database } from './database.ts'
import { openEmbedded } from './embedded/embedded.ts'
import { copyOfFolder } from './embedded/folder-copy.ts'
import { openPostgres, type PostgresLocation } from './postgres/postgres.ts'

export type { Database, Db, Tx } from './database.ts'

/**
 * Where the database is: a PostgreSQL server, or a folder; `null` = in memory, for tests and for writing migrations, `fs`
 * being the memory where it is not to begin empty.
 */
export type DatabaseLocation = PostgresLocation | { folder: string | null; fs?: MemoryFS }

/** Opens a database without touching its tables: `migrate` does that. */
export const openDatabase = (location: DatabaseLocation): Promise<Database> =>
  'url' in location ? openPostgres(location) : openEmbedded(location)

/** The same for one who changes nothing: of an embedded folder it is a copy in memory that is opened. */
export const openToLook = async (location: DatabaseLocation): Promise<Database> =>
  'url' in location || location.folder === null
    ? openDatabase(location)
    : openEmbedded({ folder: null, fs: copyOfFolder(location.folder) })
