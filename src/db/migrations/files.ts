import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg'

const prismaFolder = fileURLToPath(new URL('../../../prisma/', import.meta.url))

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

/** A migration's SQL. */
export const readMigration = (name: string): string =>
  readFileSync(join(prismaFolder, 'migrations', name, 'migration.sql'), 'utf8')

/** The migrations in the form that Prisma's engine takes. */
export const readMigrations = (): MigrationList => ({
  baseDir: join(prismaFolder, 'migrations'),
  lockfile: {
    path: 'migration_lock.toml',
    content: readFileSync(join(prismaFolder, 'migrations', 'migration_lock.toml'), 'utf8'),
  },
  shadowDbInitScript: '',
  migrationDirectories: migrationNames().map((path) => ({
    path,
    migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: readMigration(path) } },
  })),
})
