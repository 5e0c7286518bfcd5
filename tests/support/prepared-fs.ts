import { FilledFS, readEntries } from '../../src/db/embedded/folder-copy.ts'

type Entries = ReturnType<typeof readEntries>

/** The memory of an embedded database that begins as a copy of a folder's, which is read once for all tests of a worker. */
export class PreparedFS extends FilledFS {
  constructor(folder: string) {
    const entries = read.get(folder) ?? readEntries(folder)
    read.set(folder, entries)
    super(entries)
  }
}

const read = new Map<string, Entries>()
