import { type MemoryFS, PGlite } from '@electric-sql/pglite'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { OperatorError } from '../errors.ts'
import type { Database } from './database.ts'
import { lockFolder } from './lock.ts'
import { newClient, withWholeScripts } from './prisma.ts'

export const openEmbedded = async ({ folder, fs }: { folder: string | null; fs?: MemoryFS }) => {
  const unlock = folder === null ? () => undefined : lockFolder(folder)
  const pglite = new PGlite(folder === null ? { fs } : { dataDir: `${folder}/db` })
  try {
    await pglite.waitReady
    await pglite.exec("SET TIME ZONE 'UTC'")
    await keepParsersInUse(pglite)
  } catch (error) {
    unlock()
    throw new OperatorError(
      `The embedded database in ${folder} cannot be opened (${(error as Error).message}). Restore the folder from a copy, or set DATA_DIR to an empty one.`,
      1,
      { cause: error },
    )
  }
  const adapterFactory = withWholeScripts(
    new PrismaPGlite(pglite),
    async (script) => void (await pglite.exec(script)),
  )
  const db = newClient(adapterFactory)
  const close = async () => {
    await db.$disconnect()
    await pglite.close()
    unlock()
  }
  const runScript = async (sql: string) => void (await pglite.exec(sql))
  return { kind: 'embedded', db, driver: { pglite }, adapterFactory, runScript, close } satisfies Database
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
