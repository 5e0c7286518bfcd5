import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type ImportFinding, ImportSourceError } from './item.ts'
import type { JekyllFile } from './jekyll-post.ts'
import { errorCode, linkFinding } from './source-file.ts'

export type JekyllFolder = { posts: JekyllFile[]; findings: ImportFinding[] }

/**
 * Finds the posts of a folder in the order of their paths: of a site with `_posts` and `_drafts` in it, or one level
 * below (`blog/_posts`), those; of any other folder all files in it. No link is followed; what is passed over is told,
 * but for hidden files.
 *
 * @throws ImportSourceError when there is no such folder, or nothing in it.
 */
export async function findJekyllFiles(folder: string): Promise<JekyllFolder> {
  await refuseUnreadable(folder)
  const found: JekyllFolder = { posts: [], findings: [] }
  const sections = await sectionsOf(folder)
  for (const section of sections.length > 0 ? sections : ['']) await walk(folder, section, found)
  found.posts.sort((a, b) => (a.file < b.file ? -1 : 1))
  if (found.posts.length === 0 && found.findings.every(({ rule }) => rule === 'file-ignored')) {
    throw new ImportSourceError(
      `${folder} has no posts (${postExtensions.join(', ')}); name a Jekyll site or its _posts folder`,
    )
  }
  return found
}

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
const sectionNames = ['_posts', '_drafts']
// Jekyll leaves these out, too: what is in them was made by tools.
const outsideOfSite = new Set(['_site', 'node_modules', 'vendor'])

async function refuseUnreadable(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) {
      throw new ImportSourceError(`${folder} is a file; name the folder with the posts in it`)
    }
    await readdir(folder)
  } catch (error) {
    if (error instanceof ImportSourceError) throw error
    if (errorCode(error) === 'ENOENT')
      throw new ImportSourceError(`There is no folder ${folder}; check the path`)
    throw new ImportSourceError(`${folder} cannot be read (${errorCode(error)}); check its permissions`)
  }
}

async function sectionsOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const sections = entries.map(({ name }) => name).filter((name) => sectionNames.includes(name))
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.') || outsideOfSite.has(entry.name)) continue
    if (sectionNames.includes(entry.name)) continue
    for (const name of await namesIn(join(folder, entry.name))) {
      if (sectionNames.includes(name)) sections.push(`${entry.name}/${name}`)
    }
  }
  return sections
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch {
    return [] // no section is known to be in it; a section that cannot be read is told by `walk`
  }
}

async function walk(folder: string, relative: string, found: JekyllFolder): Promise<void> {
  if (relative !== '' && (await lstat(join(folder, relative))).isSymbolicLink()) {
    found.findings.push(linkFinding(relative))
    return
  }
  const entries = await readdir(join(folder, relative), { withFileTypes: true }).catch((error: unknown) => {
    const message = `The folder cannot be read (${errorCode(error)}).`
    found.findings.push(finding(relative, 'folder-unreadable', message, 'Check its permissions.', 'error'))
    return []
  })
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue
    const file = relative === '' ? entry.name : `${relative}/${entry.name}`
    if (entry.isSymbolicLink()) found.findings.push(linkFinding(file))
    else if (entry.isDirectory()) await walk(folder, file, found)
    else if (entry.isFile() && hasExtension(file, postExtensions)) {
      found.posts.push({ file, isDraft: isDraft(folder, file) })
    } else found.findings.push(passedOver(file))
  }
}

/** Below `_drafts` at any depth, or in a folder that is itself some site's `_drafts`. */
function isDraft(folder: string, file: string): boolean {
  return basename(folder) === '_drafts' || file.split('/').slice(0, -1).includes('_drafts')
}

function hasExtension(file: string, extensions: string[]): boolean {
  const name = file.toLowerCase()
  return extensions.some((extension) => name.endsWith(extension))
}

function passedOver(file: string): ImportFinding {
  if (hasExtension(file, unsupportedExtensions)) {
    return finding(
      file,
      'format-unsupported',
      'Posts in this format are not read.',
      'Convert it to Markdown or HTML.',
      'error',
    )
  }
  return finding(
    file,
    'file-ignored',
    'The file is not a post.',
    'Move it out of the folder if it should not be there.',
    'warning',
  )
}

function finding(
  file: string,
  rule: string,
  message: string,
  action: string,
  severity: 'error' | 'warning',
): ImportFinding {
  return { file, line: null, rule, message, action, severity }
}
