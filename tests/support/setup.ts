import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrations/migrate.ts'
import { databasesToTest } from './databases.ts'
import { createTestDatabase, dropTestDatabase } from './postgres-database.ts'
import { startPostgres } from './postgres-server.ts'
import { bundleProgram } from './program.ts'

/** Prepares a migrated database of each kind once, for the tests to clone. */
export default async function setup(project: TestProject) {
  const provide: TestProject['provide'] = (key, value) => project.provide(key, value)
  const { databases } = databasesToTest(process.env)
  const scratch = await mkdtemp(join(tmpdir(), 'presswire-tests-'))
  provide('scratch', scratch)
  provide('program', await bundleProgram())
  project.onTestsRerun(async () => void (await bundleProgram()))
  const ends: (() => Promise<void>)[] = [() => rm(scratch, { recursive: true })]
  // One after the other: Prisma's migration engine is one instance a process.
  if (databases.includes('embedded')) {
    const { data, remove } = await prepareEmbedded()
    provide('embedded', { kind: 'embedded', data })
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

const prepareEmbedded = async () => {
  const data = await mkdtemp(join(tmpdir(), 'presswire-embedded-'))
  const database = await openDatabase({ folder: data })
  await migrate(database)
  await database.close()
  // The last word of a setting counts. Each database of a test would begin by clearing 128 MiB that it never fills.
  await appendFile(join(data, 'db', 'postgresql.conf'), '\nshared_buffers = 8MB\n')
  return { data, remove: () => rm(data, { recursive: true }) }
}

/** A template database, on the server that is given or on one of its own. */
const preparePostgres = async (given: string | undefined) => {
  const server = given ? null : await startPostgres()
  const url = server?.url ?? given ?? ''
  const { url: templateUrl, name: template } = await createTestDatabase(url)
  const database = await openDatabase({ url: templateUrl })
  await migrate(database)
  await database.close()
  const remove = async () => {
    await dropTestDatabase(url, template)
    await server?.remove()
  }
  return { url, template, remove }
}
