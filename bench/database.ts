import { openDatabase } from '../src/db/client.ts'
import { migrate } from '../src/db/migrate.ts'
import { createTestDatabase } from '../tests/support/postgres-database.ts'
import { startPostgres } from '../tests/support/postgres-server.ts'
import type { Blog } from './data.ts'
import { fillDatabase } from './fill.ts'

export type BlogDatabase = { url: string; version: string; remove(): Promise<void> }

/** A PostgreSQL of its own with the blog in it, vacuumed and analysed as it would be after a while. */
export const startBlogDatabase = async (blog: Blog): Promise<BlogDatabase> => {
  const server = await startPostgres()
  try {
    const { url } = await createTestDatabase(server.url)
    const database = await openDatabase({ url })
    try {
      await migrate(database)
      await fillDatabase(database.db, blog)
      await database.runScript('VACUUM ANALYZE')
      const [row] = await database.db.$queryRaw<{ server_version: string }[]>`SHOW server_version`
      return { url, version: row?.server_version ?? 'unknown', remove: server.remove }
    } finally {
      await database.close()
    }
  } catch (error) {
    await server.remove()
    throw error
  }
}
