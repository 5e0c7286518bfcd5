import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { ImportFinding } from '../../entry.ts'

/**
 * The bytes of a file in the imported folder; null when there is no such file; or the finding that tells why it is
 * not read. Links, devices and pipes are refused, even if they took the file's place a moment ago; the folders on
 * the way to the file are the caller's to check.
 */
export const readSourceFile = async (
  folder: string,
  file: string,
): Promise<Uint8Array | ImportFinding | null> => {
  try {
    const handle = await open(join(folder, file), constants.O_RDONLY | noFollow | noWait)
    try {
      const stat = await handle.stat()
      if (!stat.isFile())
        return errorFinding(file, 'file-unreadable', 'It is not a file.', 'Put a file there.')
      if (stat.size > maxBytes) {
        const message = `The file has ${stat.size} bytes; at most ${maxBytes} are read.`
        return errorFinding(file, 'file-too-large', message, 'Split it.')
      }
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return null
    if (code === 'ELOOP') return linkFinding(file)
    return errorFinding(
      file,
      'file-unreadable',
      `The file cannot be read (${code}).`,
      'Check its permissions.',
    )
  }
}

/** A warning: what a link leads to may lie outside of the folder that was given. */
export const linkFinding = (file: string): ImportFinding => {
  const message = 'Symbolic links are not followed.'
  const action = 'Put the file or folder itself there.'
  return { file, line: null, rule: 'symbolic-link', message, action, severity: 'warning' }
}

/** The code of a file system error, such as EACCES. */
export const errorCode = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

const maxBytes = 5_000_000 // as much as a post's source may have; a long post has 200 KB
const noFollow = constants.O_NOFOLLOW ?? 0 // Windows has neither
const noWait = constants.O_NONBLOCK ?? 0 // opening a pipe that nobody writes to would wait for ever

const errorFinding = (file: string, rule: string, message: string, action: string): ImportFinding => ({
  file,
  line: null,
  rule,
  message,
  action,
  severity: 'error',
})
