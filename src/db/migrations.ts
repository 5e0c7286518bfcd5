import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg'

const prismaFolder = new URL('../../prisma/', import.meta.url).pathname

/** The Prisma schema of this version of the program. */
export const readPrismaSchema = () => {
  const path = join(prismaFolder, 'schema.prisma')
  return { path, content: readFileSync(path, 'utf8') }
}

/** The folders of prisma/migrations, oldest first. */
export const migrationNames = (): string[] =>
  readdirSync(join(prismaFolder, 'migrations'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()

/** The migrations in the form that Prisma's engine takes. */
export const readMigrations = (): MigrationList => {
  const baseDir = join(prismaFolder, 'migrations')
  return {
    baseDir,
    lockfile: {
      path: 'migration_lock.toml',
      content: readFileSync(join(baseDir, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: migrationNames().map((path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(baseDir, path, 'migration.sql'), 'utf8') },
      },
    })),
  }
}
