import { resolve } from 'node:path'
import type { MemoryFS, PGlite } from '@electric-sql/pglite'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import type { Database } from '../database.ts'
import { newClient, withWholeScripts } from '../prisma.ts'
import { openCluster } from './cluster.ts'
import { takeFolder } from './folder.ts'
import { lockFolder } from './folder-lock.ts'
import { TakingTurns } from './turns.ts'

export const openEmbedded = async ({ folder, fs }: { folder: string | null; fs?: MemoryFS }) => {
  const { pglite, unlock } = folder === null ? inMemory(fs) : await inFolder(resolve(folder))
  try {
    await pglite.waitReady
    await pglite.exec("SET TIME ZONE 'UTC'")
    await keepParsersInUse(pglite)
  } catch (error) {
    unlock()
    throw error
  }
  const adapterFactory = withWholeScripts(
    new PrismaPGlite(pglite),
    async (script) => void (await pglite.exec(script)),
  )
  const db = newClient(adapterFactory)
  const close = async () => {
    await db.$disconnect()
    await pglite.close().finally(unlock)
  }
  const runScript = async (sql: string) => void (await pglite.exec(sql))
  // It is in this process: what it is at it ends.
  const giveUpAfter = () => undefined
  return {
    kind: 'embedded',
    db,
    driver: { pglite },
    adapterFactory,
    runScript,
    giveUpAfter,
    close,
  } satisfies Database
}

const inMemory = (fs?: MemoryFS) => ({ pglite: new TakingTurns({ fs }), unlock: () => undefined })

const inFolder = async (folder: string) => {
  takeFolder(folder)
  const unlock = await lockFolder(folder)
  try {
    return { pglite: await openCluster(folder), unlock }
  } catch (error) {
    unlock()
    throw error
  }
}

/**
 * PGlite copies its parsers for every statement that brings some of its own, as the adapter's statements do: 0.1 ms each, were
 * those for arrays of every type and of every table's rows among them. Ours answer with arrays of enums and of these alone.
 */
const keepParsersInUse = async (pglite: PGlite): Promise<void> => {
  const { rows } = await pglite.query<{ id: number }>(`
    SELECT typarray AS id FROM pg_type WHERE typarray <> 0 AND typtype <> 'e'
      AND typname NOT IN ('bool', 'int4', 'int8', 'json', 'jsonb', 'text', 'timestamptz')`)
  const unused = new Set(rows.map(({ id }) => String(id)))
  pglite.parsers = Object.fromEntries(Object.entries(pglite.parsers).filter(([id]) => !unused.has(id)))
}
