import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrations/migrate.ts'
import { createTestDatabase } from '../tests/support/postgres-database.ts'
import { startPostgres } from '../tests/support/postgres-server.ts'
import type { Blog } from './data.ts'
import { fillDatabase } from './fill.ts'

export type BlogDatabase = { url: string; version: string; remove(): Promise<void> }

/** A PostgreSQL of its own with the blog in it, vacuumed and analysed as it would be after a while. */
export const startBlogDatabase = async (blog: Blog): Promise<BlogDatabase> => {
  const server = await startDatabaseServer()
  try {
    const url = await server.newDatabase(blog)
    return { url, version: server.version, remove: server.remove }
  } catch (error) {
    await server.remove()
    throw error
  }
}

export type DatabaseServer = {
  version: string
  /** A migrated database, empty or with a blog in it. */
  newDatabase(blog?: Blog): Promise<string>
  remove(): Promise<void>
}

/** A PostgreSQL of its own. */
export const startDatabaseServer = async (): Promise<DatabaseServer> => {
  const server = await startPostgres()
  const newDatabase = async (blog?: Blog): Promise<string> => {
    const { url } = await createTestDatabase(server.url)
    const database = await openDatabase({ url })
    try {
      await migrate(database)
      if (blog) await fillDatabase(database, blog)
      await database.runScript('VACUUM ANALYZE')
      return url
    } finally {
      await database.close()
    }
  }
  return { version: await versionOf(server.url), newDatabase, remove: server.remove }
}

const versionOf = async (url: string): Promise<string> => {
  const database = await openDatabase({ url })
  try {
    const [row] = await database.db.$queryRaw<{ server_version: string }[]>`SHOW server_version`
    return row?.server_version ?? 'unknown'
  } finally {
    await database.close()
  }
}
