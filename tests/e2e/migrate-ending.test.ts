import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type DatabaseLocation, openDatabase } from '../../src/db/client.ts'
import { migrate } from '../../src/db/migrate.ts'
import { createTestDatabase, dropTestDatabase } from '../support/postgres-database.ts'

// Alone in its file: the timers of another migration would hide those of this one.
test('a migration leaves no timer behind that would keep a command from ending', {
  timeout: 60_000,
}, async () => {
  const before = runningTimers()
  const database = await openDatabase(await emptyDatabase())
  expect(await migrate(database)).not.toEqual([])
  await database.close()

  expect(runningTimers()).toBeLessThanOrEqual(before)
})

const runningTimers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length

const emptyDatabase = async (): Promise<DatabaseLocation> => {
  if (inject('kind') === 'embedded') {
    const folder = await mkdtemp(join(tmpdir(), 'presswire-migrate-'))
    onTestFinished(() => rm(folder, { recursive: true }))
    return { folder }
  }
  const server = inject('postgres').url
  const { url, name } = await createTestDatabase(server)
  onTestFinished(() => dropTestDatabase(server, name))
  return { url }
}
