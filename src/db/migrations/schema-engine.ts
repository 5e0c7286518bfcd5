import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'

export const noFilters = { externalTables: [], externalEnums: [] }

type Schema = { path: string; content: string }

/**
 * Prisma's own schema engine, compiled to WebAssembly: it writes and applies migrations as `prisma migrate` does, without
 * the native binary that Prisma's CLI would download.
 */
export const startSchemaEngine = async (
  adapterFactory: SqlMigrationAwareDriverAdapterFactory,
  { path, content }: Schema,
): Promise<bindings.SchemaEngine> => {
  loading ??= load()
  await loading
  const adapter = bindMigrationAwareSqlAdapterFactory(adapterFactory)
  return bindings.SchemaEngine.new({ datamodels: [[path, content]] }, () => undefined, adapter)
}

// The bindings hold the one instance that they speak to: a second one would be given pointers into the first.
let loading: Promise<void> | undefined

type Glue = { __wbg_set_wasm(exports: WebAssembly.Exports): void }

const load = async (): Promise<void> => {
  const folder = dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm'))
  const wasm = readFileSync(join(folder, 'schema_engine_bg.wasm'))
  const { instance } = await WebAssembly.instantiate(wasm, {
    './schema_engine_bg.js': importsOf(bindings as unknown as WebAssembly.ModuleImports),
  })
  ;(bindings as unknown as Glue).__wbg_set_wasm(instance.exports)
  const begin = instance.exports.__wbindgen_start
  if (typeof begin === 'function') begin()
}

/** The engine never clears its time-outs, 10 s for a lock: they must not keep a process alive that has done its work. */
const importsOf = (imports: WebAssembly.ModuleImports): WebAssembly.ModuleImports => {
  const waiting = (callback: () => void, ms: number) => setTimeout(callback, ms).unref()
  const entries = Object.entries(imports)
  return Object.fromEntries(
    entries.map(([name, value]) => [name, name.startsWith('__wbg_setTimeout_') ? waiting : value]),
  )
}
