import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MemoryFS, type PGlite } from '@electric-sql/pglite'

type Entry = { path: string; content: Uint8Array | null }
type Init = MemoryFS['init']
type Module = { FS: Files; ENV: Record<string, string> }
type Files = {
  mkdirTree(path: string): void
  writeFile(path: string, content: Uint8Array, options: { canOwn: boolean }): void
}

/**
 * The memory of an embedded database that begins as a copy of a folder's. PGlite's own way, loading an archive, takes half a
 * second each time; these files are read once for all tests of a worker, and copied in a twentieth of that.
 */
export class PreparedFS extends MemoryFS {
  readonly #entries: Entry[]

  constructor(folder: string) {
    super()
    this.#entries = entriesOf(folder)
  }

  override async init(pg: PGlite, options: Parameters<Init>[1]): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pg, options)
    const fill = ({ FS, ENV }: Module) => {
      FS.mkdirTree(String(ENV.PGDATA))
      for (const { path, content } of this.#entries) {
        const target = `${ENV.PGDATA}/${path}`
        if (content) FS.writeFile(target, content.slice(), { canOwn: true })
        else FS.mkdirTree(target)
      }
    }
    const preRun = [...(emscriptenOpts.preRun ?? []), fill as never]
    return { emscriptenOpts: { ...emscriptenOpts, preRun } }
  }
}

const read = new Map<string, Entry[]>()

/** Folders before what is in them. */
const entriesOf = (folder: string): Entry[] => {
  const known = read.get(folder)
  if (known) return known
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ full: join(entry.parentPath, entry.name), isFolder: entry.isDirectory() }))
    .map(({ full, isFolder }) => ({
      path: full.slice(folder.length + 1),
      content: isFolder ? null : new Uint8Array(readFileSync(full)),
    }))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
  read.set(folder, found)
  return found
}
