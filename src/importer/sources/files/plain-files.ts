import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ImportSourceError } from '../../entry.ts'
import { leftOutBy } from '../jekyll/entry-filter.ts'
import { hugoSection } from '../jekyll/other-sites.ts'
import { type FoundFiles, fileFinding, folderEntries, keep, passOver } from '../jekyll/post-files.ts'
import { type JekyllSite, nameOf, sitePathOf } from '../jekyll/site.ts'
import { linkFinding } from './source-file.ts'

/**
 * Finds the posts of a folder that has no `_posts`: every file, but for what tools make and what a name keeps back.
 *
 * @throws ImportSourceError when it looks like the root of a site, which has other things than posts in it.
 */
export const findPlainFiles = async (site: JekyllSite, given: string, found: FoundFiles): Promise<void> => {
  const names = await readdir(site.start)
  const mark = names.find((name) => marksOfSites.includes(name))
  if (mark !== undefined) {
    throw new ImportSourceError(
      `${given} has no _posts; it looks like the root of a site (${mark}), so name the folder in it that holds the posts`,
    )
  }
  await walk(site, given, site.start, found)
}

// Beside posts, these folders hold pages, templates and what was built.
const marksOfSites = [
  '_config.yml',
  '_config.yaml',
  '_config.toml',
  '_includes',
  '_layouts',
  '_site',
  '_templates',
  'Gemfile',
  'node_modules',
  'package.json',
]

const walk = async (site: JekyllSite, given: string, folder: string, found: FoundFiles): Promise<void> => {
  for (const entry of await folderEntries(site, folder, found)) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    const file = nameOf(site, path)
    const sitePath = sitePathOf(site, path)
    if (hugoSection.test(entry.name)) throw new ImportSourceError(hugoContent(given, file))
    const rule = keptBack(site, sitePath, entry.isDirectory())
    if (entry.isSymbolicLink()) found.findings.push(linkFinding(file))
    else if (rule !== null) found.findings.push(fileFinding(file, 'file-ignored', rule, renameIt, 'warning'))
    else if (entry.isDirectory()) await walk(site, given, path, found)
    else if (!entry.isFile() || !keep(file)) passOver(file, found)
    else {
      const isDraft = sitePath
        .split('/')
        .slice(0, -1)
        .some((part) => privateFolder.test(part))
      found.posts.push({ file, sitePath, isDraft })
    }
  }
}

const privateFolder = /^(?:_?drafts?|private|unpublished)$/i
const toolsFolders = ['node_modules', 'bower_components', 'vendor']
const renameIt = 'Nothing has to be done if it is meant to stay out; else give it another name.'

const keptBack = ({ config }: JekyllSite, sitePath: string, isFolder: boolean): string | null => {
  const at = sitePath.lastIndexOf('/')
  const entry = sitePath.slice(at + 1)
  if (isFolder && toolsFolders.includes(entry)) return 'Tools have put there what is in it.'
  const rule = leftOutBy(config, { base: sitePath.slice(0, Math.max(at, 0)), entry, isFolder })
  return rule === null ? null : `Left out, as Jekyll does: it is a ${isFolder ? 'folder' : 'file'} ${rule}.`
}

const hugoContent = (given: string, file: string): string =>
  `${given} holds the content of a Hugo site (${file}), which is not read yet; nothing was imported`
