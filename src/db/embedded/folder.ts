import { randomBytes } from 'node:crypto'
import {
  accessSync,
  chmodSync,
  constants,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from '../../lib/errors.ts'

/**
 * Makes the folder of the embedded database, or takes the one that is there, and closes it to everybody but this user,
 * whatever the umask. As PostgreSQL does with its own.
 *
 * @throws OperatorError when it cannot be written, is somebody else's, or cannot be closed.
 */
export const takeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw cannotWrite(folder, error as Error)
  }
  refuseStrangers(folder)
  if (isOpen(folder)) close(folder)
  closeFiles(join(folder, 'db'))
  try {
    fileSystemTime(folder)
  } catch (error) {
    throw cannotWrite(folder, error as Error)
  }
}

/** What is wrong with a folder that is there, for one who only looks; null where nothing is. */
export const folderProblem = (folder: string): string | null => {
  try {
    refuseStrangers(folder)
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    return error instanceof OperatorError ? error.message : cannotWrite(folder, error as Error).message
  }
  return isOpen(folder)
    ? `DATA_DIR ${folder} is open to other users of this machine (mode ${modeOf(folder)}). A start closes it; or: chmod 700 ${quoted(folder)}`
    : null
}

/** The time by the clock of the folder's file system, which on a network is the server's. It has to be written for that. */
export const fileSystemTime = (folder: string): number => {
  const probe = join(folder, `.presswire-probe.${randomBytes(8).toString('hex')}`)
  // `wx` follows no link that somebody left there.
  writeFileSync(probe, '', { flag: 'wx', mode: 0o600 })
  try {
    return statSync(probe).mtimeMs
  } finally {
    rmSync(probe, { force: true })
  }
}

/** Takes everything in a cluster's folder from the others: PGlite makes its files for all to read and write. */
export const closeFiles = (cluster: string): void => {
  // One file tells whether it was done. It comes last, so that what a kill cuts off is done again.
  const mark = join(cluster, 'PG_VERSION')
  if (!lstatSync(mark, { throwIfNoEntry: false }) || !isOpen(mark)) return
  for (const entry of readdirSync(cluster, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isDirectory()) chmodSync(path, 0o700)
    else if (entry.isFile() && path !== mark) chmodSync(path, 0o600)
  }
  chmodSync(cluster, 0o700)
  chmodSync(mark, 0o600)
}

/** A command line's word for a path. */
export const quoted = (path: string): string =>
  /^[\w./~+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`

/** Whoever owns the folder, or a file of ours in it, could change the database and be anybody in it. */
const refuseStrangers = (folder: string): void => {
  const me = process.getuid?.()
  // Windows: modes and owners are another thing there.
  if (me === undefined) return
  const { uid } = statSync(folder)
  if (uid !== me)
    throw new OperatorError(
      `DATA_DIR ${folder} belongs to user ${uid}, who could change all that is in it, and this is user ${me}. Run Presswire as its owner, or give it to this user: chown -R ${me} ${quoted(folder)}. Where neither can be, as on a volume that others share, set DATA_DIR to a folder in it that Presswire then makes for itself: ${join(folder, 'presswire')}`,
    )
  for (const name of readdirSync(folder).filter(isOurs)) {
    const owner: number = lstatSync(join(folder, name), { throwIfNoEntry: false })?.uid ?? me
    if (owner !== me)
      throw new OperatorError(
        `${join(folder, name)} belongs to user ${owner}, who could have put anything there, and this is user ${me}. If you trust it, give it to this user: chown -R ${me} ${quoted(join(folder, name))}`,
      )
  }
}

// What else is there, such as a volume's own lost+found, is nobody's business.
const isOurs = (name: string): boolean => /^(db|secret\.key|presswire\.)/.test(name)

const close = (folder: string): void => {
  try {
    chmodSync(folder, 0o700)
  } catch {
    // What counts is whether it is closed then: some file systems say yes and do nothing.
  }
  if (isOpen(folder))
    throw new OperatorError(
      `DATA_DIR ${folder} is open to other users of this machine (mode ${modeOf(folder)}), and its file system keeps no other mode. Set DATA_DIR to a folder on one that does, such as one in your home.`,
    )
}

const isOpen = (path: string): boolean => process.getuid !== undefined && (statSync(path).mode & 0o077) !== 0

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

/** Says that the folder could not be made or written. */
export const cannotWrite = (folder: string, error: Error): OperatorError =>
  new OperatorError(
    `DATA_DIR ${folder} cannot be written (${error.message}). Give this user write access to it or set DATA_DIR to another folder.`,
    1,
    { cause: error },
  )
