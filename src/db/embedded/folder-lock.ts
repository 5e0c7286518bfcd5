import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { OperatorError } from '../../lib/errors.ts'
import { cannotWrite, fileSystemTime } from './folder.ts'

/** Who has the folder, for those who are refused: left beside the lock, which itself says nothing. */
type Owner = { id: string; pid: number; pids: string | null; host: string; kernel: string }

/** The embedded folder is open in another process. */
export class FolderInUseError extends OperatorError {
  constructor(folder: string, owner: string) {
    super(
      `The embedded database in ${folder} is in use by ${owner}. Stop it first, ask it over HTTP instead, ` +
        'or set DATABASE_URL to a PostgreSQL, which any number of processes may use.',
    )
  }
}

/**
 * Takes the embedded folder for this process and returns the release. PGlite itself takes no lock: two processes on one
 * folder lose acknowledged writes without an error.
 *
 * What is held is a lock of the kernel's, which ends with its process, however that ends, and which counts in every
 * container of the machine. Node has no call for one of its own; its SQLite takes one on any file.
 *
 * @throws FolderInUseError that says who has it, at once; after half a minute where that may be another machine.
 */
export const lockFolder = async (folder: string): Promise<() => void> => {
  const note = noteIn(folder)
  const held = hold(folder, note)
  try {
    await waitForAnotherKernel(folder, note)
    const removeNote = leaveNote(note)
    return () => {
      removeNote()
      held.close()
    }
  } catch (error) {
    held.close()
    throw error instanceof OperatorError ? error : cannotWrite(folder, error as Error)
  }
}

/**
 * Sees to it that nobody has the folder while it is looked at, and leaves no trace. Returns the release.
 *
 * @throws FolderInUseError
 */
export const keepFolderStill = (folder: string): (() => void) => {
  // Where nobody ever took the lock there is no file, and none is made.
  if (!existsSync(heldIn(folder))) return () => undefined
  const held = hold(folder, noteIn(folder))
  return () => held.close()
}

const noteIn = (folder: string): string => join(folder, 'presswire.lock')
const heldIn = (folder: string): string => join(folder, 'presswire.held')

/** The file is empty and stays: were it removed, one process could hold the old file and another one a new one. */
const hold = (folder: string, note: string): DatabaseSync => {
  const file = heldIn(folder)
  let held: DatabaseSync | undefined
  try {
    held = new DatabaseSync(file, { timeout: 0 })
    // With its journal in memory it makes no other file.
    held.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    chmodSync(file, 0o600)
    return held
  } catch (error) {
    held?.close()
    throw refusal(error as Error & { errcode?: number }, { folder, note, file })
  }
}

// https://www.sqlite.org/rescode.html
const busy = 5
const notADatabase = 26

const refusal = (
  error: Error & { errcode?: number },
  { folder, note, file }: Record<'folder' | 'note' | 'file', string>,
): OperatorError => {
  if (error.errcode === busy) return new FolderInUseError(folder, named(readOwner(note)))
  const advice =
    error.errcode === notADatabase
      ? `Something else wrote to ${file}. Remove that file: it is made anew.`
      : `${file} cannot be locked (${error.message}): some network file systems have no locks. Set DATA_DIR to a folder on a disk of this machine.`
  return new OperatorError(advice, 1, { cause: error })
}

const named = (owner: Owner | null): string => {
  if (owner === null) return 'another process'
  return owner.kernel === kernel && owner.pids === pids
    ? `process ${owner.pid}`
    : `another container or machine (process ${owner.pid} on host ${owner.host})`
}

// A beat a few seconds apart, and a stand-still of several: a process may be busy for some of them.
const beatMs = 5_000
const deadAfterMs = 30_000

/**
 * A lock of the kernel's is not seen by another kernel where the file system does not pass it on: two machines on some
 * network file systems, a virtual machine and its host. So an owner on another one counts as alive until its note stands still.
 */
const waitForAnotherKernel = async (folder: string, note: string): Promise<void> => {
  const owner = readOwner(note)
  if (owner === null || owner.kernel === kernel) return
  const first = beatOf(note)
  const standsStill = () => fileSystemTime(folder) - (beatOf(note) ?? 0) >= deadAfterMs
  const end = performance.now() + deadAfterMs
  let told = false
  while (!standsStill() && performance.now() < end) {
    // Not printed by us: no command has begun yet, and what commands print goes through one file.
    if (!told)
      process.emitWarning(
        `${folder} was in use on host ${owner.host} just now. Waiting to see whether it is.`,
      )
    told = true
    await pause(1_000)
    const beat = beatOf(note)
    if (beat !== null && beat !== first) throw new FolderInUseError(folder, named(owner))
  }
}

/** Says who has the folder, and that it still does; returns what takes the note away. */
const leaveNote = (note: string): (() => void) => {
  const owner: Owner = { id: randomUUID(), pid: process.pid, pids, host: hostname(), kernel }
  const text = JSON.stringify(owner)
  // Renamed into its place it is never read by half, and follows no link that was there.
  const made = `${note}.${owner.id}`
  writeFileSync(made, text, { flag: 'wx', mode: 0o600 })
  const file = openSync(made, 'r+')
  renameSync(made, note)
  // Written, and not only touched: then the time is that of the file system.
  const beat = setInterval(() => orElse(() => writeSync(file, text, 0), 0), beatMs).unref()
  return () => {
    clearInterval(beat)
    closeSync(file)
    if (readOwner(note)?.id === owner.id) rmSync(note, { force: true })
  }
}

const readOwner = (note: string): Owner | null => {
  try {
    const owner = JSON.parse(readFileSync(note, 'utf8')) as Partial<Owner>
    const isWhole = Number.isInteger(owner.pid) && typeof owner.kernel === 'string'
    // It ends up on a terminal.
    return isWhole && /^[\w.-]+$/.test(owner.host ?? '') ? (owner as Owner) : null
  } catch {
    return null
  }
}

const beatOf = (note: string): number | null => statSync(note, { throwIfNoEntry: false })?.mtimeMs ?? null

const orElse = <T>(read: () => T, other: T): T => {
  try {
    return read()
  } catch {
    return other
  }
}

/** Containers of one machine share this one, whose locks they see. Without a /proc a machine is known by its name. */
const kernel = orElse(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), hostname())

/** Where a pid means something: a container has pids of its own. */
const pids = orElse<string | null>(() => readlinkSync('/proc/self/ns/pid'), null)
