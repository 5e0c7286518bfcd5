import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OperatorError } from './errors.ts'

/** The file that holds SECRET_KEY beside an embedded database. */
export const secretKeyFile = (folder: string): string => join(folder, 'secret.key')

/**
 * SECRET_KEY of an embedded database; null where there is none, or none that was written to its end.
 *
 * @throws OperatorError when it cannot be read.
 */
export const readSecretKey = (folder: string): string | null => {
  const file = secretKeyFile(folder)
  try {
    const key = readFileSync(file, 'utf8').trim()
    return key.length < shortest ? null : key
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new OperatorError(
      `${file} cannot be read (${(error as Error).message}). Give this user a file that it may read.`,
      78,
      { cause: error },
    )
  }
}

/** Makes the SECRET_KEY of a new database, readable by its owner alone. It is there whole or not at all. */
export const makeSecretKey = (folder: string): string => {
  const key = randomBytes(32).toString('base64')
  const made = join(folder, `secret.key.${randomBytes(4).toString('hex')}`)
  writeFileSync(made, `${key}\n`, { flag: 'wx', mode: 0o600 })
  renameSync(made, secretKeyFile(folder))
  return key
}

// What SECRET_KEY must have as a setting, too; ours has 44.
const shortest = 32
