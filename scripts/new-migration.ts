// npm run migration -- verb_noun: writes prisma/migrations/<stamp>_<verb_noun>/migration.sql with the difference between
// the migrations so far and prisma/schema.prisma, by Prisma's own engine on an in-memory database.
import { mkdirSync, writeFileSync } from 'node:fs'
import { openDatabase } from '../src/db/client.ts'
import { readMigrations, readPrismaSchema } from '../src/db/migrations/files.ts'
import { noFilters, startSchemaEngine } from '../src/db/migrations/schema-engine.ts'

const name = process.argv[2]
if (!name || !/^[a-z]+(_[a-z]+)+$/.test(name)) {
  console.error('Usage: npm run migration -- <verb_noun>, such as add_preview_tokens')
  process.exit(2)
}
const database = await openDatabase({ folder: null })
const schema = readPrismaSchema()
const engine = await startSchemaEngine(database.adapterFactory, schema)
const { stdout } = await engine.diff({
  from: { tag: 'migrations', ...readMigrations() },
  to: { tag: 'schemaDatamodel', files: [schema] },
  script: true,
  exitCode: null,
  filters: noFilters,
})
await database.close()
if (!stdout || stdout.includes('This is an empty migration')) {
  console.error('prisma/schema.prisma has no change that the migrations lack.')
  process.exit(0)
}
const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
const folder = new URL(`../prisma/migrations/${stamp}_${name}/`, import.meta.url)
mkdirSync(folder)
writeFileSync(new URL('migration.sql', folder), stdout)
console.error(
  `Wrote prisma/migrations/${stamp}_${name}/migration.sql. Read it, then commit it with its change.`,
)
