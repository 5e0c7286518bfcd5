import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import type { ImportFinding } from '../../entry.ts'
import { errorCode } from '../files/source-file.ts'
import type { JekyllFile } from './post.ts'
import { type JekyllSite, nameOf } from './site.ts'

export type FoundFiles = { posts: JekyllFile[]; findings: ImportFinding[] }

/** What is in a folder; nothing and a finding when it cannot be read. */
export const folderEntries = async (site: JekyllSite, folder: string, found: FoundFiles): Promise<Dirent[]> =>
  readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    const message = `The folder cannot be read (${errorCode(error)}).`
    const action = 'Check its permissions.'
    found.findings.push(fileFinding(nameOf(site, folder), 'folder-unreadable', message, action, 'error'))
    return []
  })

/** Whether a file is in a language that is read. */
export const keep = (file: string): boolean => hasExtension(file, postExtensions)

/** Tells that a file is not read as a post. */
export const passOver = (file: string, { findings }: FoundFiles): void => {
  const finding = hasExtension(file, unsupportedExtensions)
    ? fileFinding(file, 'format-unsupported', 'Posts in this format are not read.', convertIt, 'error')
    : fileFinding(file, 'file-ignored', 'The file is not a post.', moveIt, 'warning')
  findings.push(finding)
}

export const fileFinding = (
  file: string,
  rule: string,
  message: string,
  action: string,
  severity: 'error' | 'warning',
): ImportFinding => ({ file, line: null, rule, message, action, severity })

const postExtensions = ['.md', '.markdown', '.mkd', '.mkdn', '.mkdown', '.html', '.htm']
// Other plug-ins' posts: content, but in a language that this importer does not read.
const unsupportedExtensions = [
  '.textile',
  '.adoc',
  '.asciidoc',
  '.rst',
  '.org',
  '.mediawiki',
  '.haml',
  '.slim',
]
const convertIt = 'Convert it to Markdown or HTML.'
const moveIt = 'Move it out of the folder if it should not be there.'

const hasExtension = (file: string, extensions: string[]): boolean => {
  const name = file.toLowerCase()
  return extensions.some((extension) => name.endsWith(extension))
}
