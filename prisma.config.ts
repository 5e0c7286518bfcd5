import { defineConfig } from 'prisma/config'

// Prisma's CLI downloads a native schema engine even for `generate`, which fails where that host is blocked. Generating
// does not use the engine, so any existing file satisfies the check; migrations run on the WebAssembly engine (src/db).
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath

export default defineConfig({ schema: 'prisma/schema.prisma', migrations: { path: 'prisma/migrations' } })
