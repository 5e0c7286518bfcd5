import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MemoryFS, type PGlite } from '@electric-sql/pglite'
import { OperatorError } from '../../lib/errors.ts'
import { folderProblem } from './folder.ts'
import { keepFolderStill } from './folder-lock.ts'

type Entry = { path: string; content: Uint8Array | null }
type Init = MemoryFS['init']
type Module = { FS: Files; ENV: Record<string, string> }
type Files = {
  mkdirTree(path: string): void
  writeFile(path: string, content: Uint8Array, options: { canOwn: boolean }): void
}

/**
 * An embedded folder as it is, in memory, for one who only looks: opening a cluster writes to it.
 *
 * @throws OperatorError when there is none, when it is in use, or when something is wrong with it.
 */
export const copyOfFolder = (dataDir: string): MemoryFS => {
  const folder = resolve(dataDir)
  if (!existsSync(join(folder, 'db')))
    throw new OperatorError(
      `There is no embedded database in ${folder} yet. "presswire serve" makes one; if there should be one, correct DATA_DIR.`,
    )
  const problem = folderProblem(folder)
  if (problem) throw new OperatorError(problem)
  const release = keepFolderStill(folder)
  try {
    return new FilledFS(readEntries(join(folder, 'db')))
  } finally {
    release()
  }
}

/** Everything in a folder, folders before what is in them. */
export const readEntries = (folder: string): Entry[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ full: join(entry.parentPath, entry.name), isFolder: entry.isDirectory() }))
    .map(({ full, isFolder }) => ({
      path: full.slice(folder.length + 1),
      content: isFolder ? null : new Uint8Array(readFileSync(full)),
    }))
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))

/** The memory of an embedded database that begins with these files. PGlite's own way, an archive, takes twenty times as long. */
export class FilledFS extends MemoryFS {
  readonly #entries: Entry[]

  constructor(entries: Entry[]) {
    super()
    this.#entries = entries
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
