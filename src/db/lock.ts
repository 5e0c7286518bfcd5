import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../errors.ts'

type Owner = { pid: number; startTicks: string | null }

/** The embedded folder is open in another process, whose pid is known. */
export class FolderInUseError extends OperatorError {
  readonly pid: number

  constructor(folder: string, pid: number) {
    super(
      `The embedded database in ${folder} is in use by process ${pid}. Stop it first, ask it over HTTP instead, ` +
        'or set DATABASE_URL to a PostgreSQL, which any number of processes may use.',
    )
    this.pid = pid
  }
}

/**
 * Takes the embedded folder for this process and returns the release. PGlite itself takes no lock: two processes on one
 * folder lose acknowledged writes without an error.
 *
 * @throws FolderInUseError with the pid of the process that has it; a dead process's lock is taken over.
 */
export const lockFolder = (folder: string): (() => void) => {
  makeFolder(folder)
  const lock = join(folder, 'presswire.lock')
  const mine = join(folder, `presswire.lock.${process.pid}`)
  const me = JSON.stringify({ pid: process.pid, startTicks: startTicksOf(process.pid) })
  writeFileSync(mine, me)
  try {
    // A link appears at once and with its content, or fails: no reader ever meets a half-written lock.
    while (!linked(mine, lock)) takeOverFromTheDead(lock, folder)
  } finally {
    rmSync(mine, { force: true })
  }
  return () => {
    if (readOwner(lock)?.pid === process.pid) rmSync(lock, { force: true })
  }
}

const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true })
    const probe = join(folder, `.presswire-writable.${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (error) {
    throw new OperatorError(
      `DATA_DIR ${folder} cannot be written (${(error as Error).message}). Give this user write access to it or set DATA_DIR to another folder.`,
      1,
      { cause: error },
    )
  }
}

const linked = (from: string, to: string): boolean => {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const takeOverFromTheDead = (lock: string, folder: string): void => {
  const owner = readOwner(lock)
  if (owner && isAlive(owner)) throw new FolderInUseError(folder, owner.pid)
  const stale = `${lock}.stale.${process.pid}`
  try {
    renameSync(lock, stale)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  // Between the reading and the renaming another process may have taken the lock over: then it is handed back.
  const taken = readOwner(stale)
  if (taken && isAlive(taken)) linked(stale, lock)
  rmSync(stale, { force: true })
}

const readOwner = (file: string): Owner | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    return null
  }
}

const isAlive = ({ pid, startTicks }: Owner): boolean => {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  // In containers every process is pid 1: the start time tells a reused pid from the owner.
  const now = startTicksOf(pid)
  return startTicks === null || now === null || now === startTicks
}

/** Field 22 of /proc/PID/stat (proc(5)), with the boot's id; null where there is no /proc. */
const startTicksOf = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticks}`
  } catch {
    return null
  }
}
