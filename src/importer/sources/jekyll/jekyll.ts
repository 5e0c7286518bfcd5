import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ImportEntry, type ImportedAuthor, type ImportFinding, ImportSourceError } from '../../entry.ts'
import { linkFinding, readSourceFile } from '../files/source-file.ts'
import { isTimezone } from '../front-matter/date.ts'
import { readFrontMatter } from '../front-matter/front-matter.ts'
import type { Clock } from '../front-matter/hidden-by.ts'
import { readAuthors, readCategories } from './data.ts'
import { findJekyllFiles } from './files.ts'
import { type JekyllFile, type JekyllSiteData, jekyllPost } from './post.ts'
import { nameOf } from './site.ts'

/**
 * Reads a Jekyll site, or a folder of its posts: first authors and categories (`_data`), then the posts in the order
 * of their paths. A file yields a post, with any warnings before it, or the errors that keep it out. Dates without an
 * offset are in `timezone` (an IANA name). Reads nothing outside of the folder but the `_config.yml` of the site that it
 * is a part of, and changes nothing. What is hidden until a date, or from one on, is so at `now`.
 *
 * @throws ImportSourceError when there is nothing to read, or no telling what of it is hidden.
 */
export async function* readJekyll(folder: string, { timezone, now }: Clock): AsyncGenerator<ImportEntry> {
  if (!isTimezone(timezone)) {
    throw new ImportSourceError(`There is no time zone "${timezone}"; name one like Europe/Amsterdam or UTC`)
  }
  const { site, posts, findings } = await findJekyllFiles(folder)
  for (const finding of findings) yield { kind: 'finding', finding }
  const data = nameOf(site, join(site.root, site.config.dataDir))
  // Of a part of a site, what lies outside of the part is not read.
  const isPart = data.startsWith('..')
  const isLinked = !isPart && (await isLink(join(folder, data)))
  if (isLinked) yield { kind: 'finding', finding: linkFinding(data) }
  const isRead = !isPart && !isLinked
  const authors = isRead ? yield* readAuthorsOf(folder, data) : new Map()
  if (isRead) yield* readCategoriesOf(folder, data)
  const said = { ...site.config, authors }
  for (const post of posts) yield* readPost(folder, post, said, { now, timezone })
}

async function* readAuthorsOf(
  folder: string,
  dataFolder: string,
): AsyncGenerator<ImportEntry, Map<string, ImportedAuthor>> {
  const data = await readData(folder, `${dataFolder}/authors`)
  if (data === null) return new Map()
  if ('entry' in data) {
    yield data.entry
    return new Map()
  }
  const { authors, known, findings } = readAuthors(data.bytes, data.file)
  for (const finding of findings) yield { kind: 'finding', finding }
  for (const author of authors) yield { kind: 'author', term: author }
  return known
}

async function* readCategoriesOf(folder: string, dataFolder: string): AsyncGenerator<ImportEntry> {
  const data = await readData(folder, `${dataFolder}/categories`)
  if (data === null) return
  if ('entry' in data) return yield data.entry
  const { categories, findings } = readCategories(data.bytes, data.file)
  for (const finding of findings) yield { kind: 'finding', finding }
  for (const category of categories) yield { kind: 'category', term: category }
}

const isLink = async (path: string): Promise<boolean> => {
  const stats = await lstat(path).catch(() => null)
  return stats?.isSymbolicLink() ?? false
}

type Data = { file: string; bytes: Uint8Array } | { entry: ImportEntry } | null

const readData = async (folder: string, name: string): Promise<Data> => {
  for (const file of [`${name}.yml`, `${name}.yaml`]) {
    const read = await readSourceFile(folder, file)
    if (read instanceof Uint8Array) return { file, bytes: read }
    if (read !== null) return { entry: { kind: 'finding', finding: read } }
  }
  return null
}

async function* readPost(
  folder: string,
  post: JekyllFile,
  site: JekyllSiteData,
  clock: Clock,
): AsyncGenerator<ImportEntry> {
  const bytes = await readSourceFile(folder, post.file)
  if (!(bytes instanceof Uint8Array)) {
    yield { kind: 'finding', finding: bytes ?? vanished(post.file) }
    return
  }
  const read = readFrontMatter(bytes, post.file)
  if (read.frontMatter !== null) yield* jekyllPost(post, read.frontMatter, site, clock)
  else for (const finding of read.findings) yield { kind: 'finding', finding }
}

const vanished = (file: string): ImportFinding => {
  const message = 'The file was there when the import began, and is gone.'
  return { file, line: null, rule: 'file-unreadable', message, action: 'Import again.', severity: 'error' }
}
