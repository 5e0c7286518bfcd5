import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { startQueue } from '../../src/queue/pg-boss.ts'
import { databasesToTest } from './databases.ts'
import { createTestDatabase, dropTestDatabase } from './postgres-database.ts'
import { startPostgres } from './postgres-server.ts'

/** Prepares a migrated database of each kind once, for the tests to clone. */
export default async function setup({ provide }: TestProject) {
  const { databases } = databasesToTest(process.env)
  const ends: (() => Promise<void>)[] = []
  // One after the other: Prisma's migration engine is one instance a process.
  if (databases.includes('embedded')) {
    const { image, remove } = await prepareEmbedded()
    provide('embedded', { kind: 'embedded', image })
    ends.push(remove)
  }
  if (databases.includes('postgres')) {
    const { url, template, remove } = await preparePostgres(process.env.TEST_DATABASE_URL)
    provide('postgres', { kind: 'postgres', url, template })
    ends.push(remove)
  }
  return async () => {
    for (const end of ends) await end()
  }
}

/** The image of an embedded database: loading it takes a fifth of making one. */
const prepareEmbedded = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'presswire-embedded-'))
  const database = await openDatabase({ folder: null })
  await prepare(database)
  if (!('pglite' in database.driver)) throw new Error('The embedded database is PGlite.')
  const dump = await database.driver.pglite.dumpDataDir('none')
  const image = join(folder, 'image.tar')
  await writeFile(image, Buffer.from(await dump.arrayBuffer()))
  await database.close()
  return { image, remove: () => rm(folder, { recursive: true }) }
}

/** A template database, on the server that is given or on one of its own. */
const preparePostgres = async (given: string | undefined) => {
  const server = given ? null : await startPostgres()
  const url = server?.url ?? given ?? ''
  const { url: templateUrl, name: template } = await createTestDatabase(url)
  const database = await openDatabase({ url: templateUrl })
  await prepare(database)
  await database.close()
  const remove = async () => {
    await dropTestDatabase(url, template)
    await server?.remove()
  }
  return { url, template, remove }
}

const prepare = async (database: Database): Promise<void> => {
  await migrate(database)
  const queue = await startQueue(database, console.error)
  await queue.stop()
}
