import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, renameSync, rmdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import { NodeFS } from '@electric-sql/pglite/nodefs'
import { OperatorError } from '../../lib/errors.ts'
import { closeFiles } from './folder.ts'
import { TakingTurns } from './turns.ts'

/**
 * Opens the cluster in an embedded folder, which this process has locked. A new one is made beside its place and renamed into
 * it when it is whole: a start that is killed, or finds no room, leaves nothing that the next one could trip over.
 *
 * @throws OperatorError that says what to do.
 */
export const openCluster = async (folder: string): Promise<PGlite> => {
  const cluster = join(folder, 'db')
  removeLeftovers(folder)
  if (isMissing(cluster)) await makeCluster(folder, cluster)
  // PGlite would make a new one over what is there.
  if (!existsSync(join(cluster, 'PG_VERSION'))) throw cannotOpen(folder, new Error('db has no PG_VERSION'))
  closeFiles(cluster)
  return start(cluster).catch((error: unknown) => {
    throw cannotOpen(folder, error)
  })
}

const cannotOpen = (folder: string, error: unknown): OperatorError =>
  new OperatorError(
    noRoom(folder, error) ??
      `The embedded database in ${folder} cannot be opened (${reasonOf(error)}). Restore the folder from a copy, or move it away, and the next start makes a new one.`,
    1,
    { cause: error },
  )

const makeCluster = async (folder: string, cluster: string): Promise<void> => {
  const made = join(folder, `${unfinished}${randomBytes(4).toString('hex')}`)
  try {
    await (await start(made)).close()
    closeFiles(made)
    renameSync(made, cluster)
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    throw new OperatorError(
      noRoom(folder, error) ??
        `The embedded database could not be made in ${folder} (${reasonOf(error)}). Nothing is left of it; set DATA_DIR to another folder, or DATABASE_URL to a PostgreSQL.`,
      1,
      { cause: error },
    )
  }
}

const start = async (cluster: string): Promise<PGlite> => {
  // Not by its name, which PGlite would take for a URL where it begins like one.
  const pglite = new TakingTurns({ fs: new NodeFS(cluster) })
  await pglite.waitReady
  return pglite
}

const unfinished = 'db.new-'

/** What starts that were killed have left. */
const removeLeftovers = (folder: string): void => {
  for (const name of readdirSync(folder))
    if (/^(db\.new-|presswire\.lock\.|\.presswire-)/.test(name))
      rmSync(join(folder, name), { recursive: true, force: true })
}

/** An empty folder is none: PGlite makes its folder first, and was killed before it had written anything. */
const isMissing = (cluster: string): boolean => {
  try {
    rmdirSync(cluster)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}

const noRoom = (folder: string, error: unknown): string | null => {
  const free = freeMegabytes(folder)
  const { code, errno } = error as { code?: unknown; errno?: unknown }
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || errno === 51 || errno === 19
  // A server that cannot write its log ends without a word.
  if (!isFull && free >= leastMegabytes) return null
  return `There is no room for the embedded database in ${folder}: ${free} MB are free. Make room, 100 MB for a new one, and start again. Nothing is lost.`
}

// One file of PostgreSQL's log.
const leastMegabytes = 16

const freeMegabytes = (folder: string): number => {
  const { bavail, bsize } = statfsSync(folder)
  return Math.floor((bavail * bsize) / 1_000_000)
}

/** PGlite throws what its file system throws, which has a number and no message. */
const reasonOf = (error: unknown): string => {
  const { message, errno } = error as { message?: string; errno?: number }
  const known = errno === undefined ? undefined : errnos[errno]
  return message || known || (errno === undefined ? String(error) : `error ${errno} of the file system`)
}

// Of WASI, in which PGlite's file system speaks: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
const errnos: Record<number, string> = {
  2: 'permission denied',
  19: 'quota exceeded',
  29: 'input/output error',
  33: 'too many open files',
  44: 'a file is missing',
  51: 'no space left',
  54: 'not a folder',
  63: 'operation not permitted',
  69: 'read-only file system',
}
