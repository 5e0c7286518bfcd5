import type { Dirent } from 'node:fs'
import { lstat, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type ImportFinding, ImportSourceError } from '../../entry.ts'
import { findPlainFiles } from '../files/plain-files.ts'
import { errorCode, linkFinding } from '../files/source-file.ts'
import { leftOutBy } from './entry-filter.ts'
import { refuseOtherSite } from './other-sites.ts'
import type { JekyllFile } from './post.ts'
import { type FoundFiles, fileFinding, folderEntries, keep, passOver } from './post-files.ts'
import { findSite, type JekyllSite, nameOf, sitePathOf } from './site.ts'

export type JekyllFolder = { site: JekyllSite; posts: JekyllFile[]; findings: ImportFinding[] }

/**
 * Finds the posts of a folder in the order of their paths. Of a site: what Jekyll reads in `_posts` and `_drafts`,
 * however deep they lie. Of a folder without any: all files in it. No link is followed; what is passed over is told, but
 * for hidden files.
 *
 * @throws ImportSourceError when there is no such folder, nothing in it, or something that is not read yet.
 */
export const findJekyllFiles = async (given: string): Promise<JekyllFolder> => {
  await refuseUnreadable(given)
  const site = await findSite(given)
  await refuseOtherSite(site.folder, given)
  const found: FoundFiles = { posts: [], findings: [...site.findings] }
  if (!(await readSections(site, found))) await findPlainFiles(site, given, found)
  found.posts.sort((a, b) => (a.file < b.file ? -1 : 1))
  if (found.posts.length === 0 && found.findings.every(({ severity, rule }) => isNothing(severity, rule))) {
    const [first] = found.findings
    const why = first ? `, only what is passed over, such as ${first.file}: ${first.message}` : ''
    throw new ImportSourceError(
      `${given} has no posts (.md, .markdown, .mkd, .mkdn, .mkdown, .html, .htm)${why || '; name a Jekyll site or its _posts folder'}`,
    )
  }
  return { site, ...found }
}

const isNothing = (severity: string, rule: string): boolean =>
  severity === 'warning' && rule !== 'symbolic-link'

const refuseUnreadable = async (folder: string): Promise<void> => {
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

const sectionNames = ['_posts', '_drafts']

/** Whether there is any section: the folder is in one, or has one in it. */
const readSections = async (site: JekyllSite, found: FoundFiles): Promise<boolean> => {
  const parts = sitePathOf(site, site.start).split('/').filter(Boolean)
  const unread = leftOutOnTheWay(site, parts)
  const section = parts.findIndex((part) => sectionNames.includes(part))
  if (section < 0) return readFolder(site, site.start, unread, found)
  const dir = parts.slice(0, section).join('/')
  const why = unread ?? outsideOfCollections(site, dir)
  await walk(site, { section: parts.slice(0, section + 1).join('/'), unread: why }, site.start, found)
  return true
}

/** Why Jekyll never comes to a folder: one above it is left out. */
const leftOutOnTheWay = ({ config }: JekyllSite, parts: string[]): string | null => {
  for (const [index, entry] of parts.entries()) {
    if (sectionNames.includes(entry)) return null
    const base = parts.slice(0, index).join('/')
    const rule = leftOutBy(config, { base, entry, isFolder: true })
    if (rule !== null) return `in a folder ${rule}`
  }
  return null
}

/** Jekyll looks for posts below `collections_dir` alone, where there is one. */
const outsideOfCollections = ({ config }: JekyllSite, dir: string): string | null => {
  const isInside = config.collectionsDir === '' || dir.startsWith(config.collectionsDir)
  return isInside ? null : `outside of "collections_dir", ${config.collectionsDir}`
}

/** Reads the sections of a folder of the site, and of those below it. */
const readFolder = async (
  site: JekyllSite,
  folder: string,
  unread: string | null,
  found: FoundFiles,
): Promise<boolean> => {
  let hasSections = false
  const dir = sitePathOf(site, folder)
  for (const entry of await folderEntries(site, folder, found)) {
    const path = join(folder, entry.name)
    if (sectionNames.includes(entry.name)) {
      const section = dir === '' ? entry.name : `${dir}/${entry.name}`
      await walk(site, { section, unread: unread ?? outsideOfCollections(site, dir) }, path, found)
      hasSections = true
    } else if (entry.isDirectory() && entry.name !== 'node_modules' && path !== site.config.destination) {
      const rule = leftOutBy(site.config, { base: dir, entry: entry.name, isFolder: true })
      if (rule === null) hasSections = (await readFolder(site, path, unread, found)) || hasSections
      else await tellSections(site, path, rule, found)
    }
  }
  return hasSections
}

/** Posts right in a folder that is left out are not passed over in silence, unless a tool has put them there. */
const tellSections = async (
  site: JekyllSite,
  folder: string,
  rule: string,
  found: FoundFiles,
): Promise<void> => {
  for (const name of sectionNames) {
    const path = join(folder, name)
    if (/(?:^|\/)(?:\.|vendor\/|_site\/)/.test(sitePathOf(site, path))) return
    const isThere = await lstat(path).catch(() => null)
    if (isThere?.isDirectory()) found.findings.push(ignored(nameOf(site, path), `in a folder ${rule}`))
  }
}

/** Reads a section, or a folder in it. `unread` says why Jekyll does not. */
const walk = async (
  site: JekyllSite,
  section: { section: string; unread: string | null },
  folder: string,
  found: FoundFiles,
): Promise<void> => {
  if ((await lstat(folder)).isSymbolicLink()) {
    found.findings.push(linkFinding(nameOf(site, folder)))
    return
  }
  for (const entry of await folderEntries(site, folder, found)) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) continue
    if (entry.isSymbolicLink()) found.findings.push(linkFinding(nameOf(site, path)))
    else if (entry.isDirectory()) await walk(site, section, path, found)
    else readEntry(site, section, entry, path, found)
  }
}

const readEntry = (
  site: JekyllSite,
  { section, unread }: { section: string; unread: string | null },
  entry: Dirent,
  path: string,
  found: FoundFiles,
): void => {
  const file = nameOf(site, path)
  const sitePath = sitePathOf(site, path)
  const isDraft = sitePath.split('/').includes('_drafts')
  const below = sitePath.slice(section.length + 1)
  const rule =
    unread ??
    leftOutBy(site.config, { base: section, entry: below, isFolder: false }) ??
    (section.endsWith('_posts') && !datedName.test(below) ? 'without a date at the start of its name' : null)
  if (!entry.isFile() || !keep(file)) passOver(file, found)
  else if (rule !== null) found.findings.push(ignored(file, rule))
  else found.posts.push({ file, sitePath, isDraft })
}

// Jekyll's DATE_FILENAME_MATCHER.
const datedName = /(?:^|\/)\d{2,4}-\d{1,2}-\d{1,2}-[^/]*\.[^/.]+$/

const ignored = (file: string, rule: string): ImportFinding =>
  fileFinding(
    file,
    'file-ignored',
    `Jekyll does not build it: it is ${rule.startsWith('in ') || rule.startsWith('outside') ? rule : `a file ${rule}`}.`,
    'Nothing has to be done if it is meant to stay out; else give it another name, or change _config.yml.',
    'warning',
  )
