import { lstat, realpath } from 'node:fs/promises'
import { dirname, relative, resolve, sep } from 'node:path'
import { type ImportFinding, ImportSourceError } from '../../entry.ts'
import { configNames, type JekyllConfig, readJekyllConfig } from './config.ts'

/** The site that a folder is, or is a part of, as Jekyll would read it. */
export type JekyllSite = {
  config: JekyllConfig
  /** Whether a `_config.yml` says what the root of the site is. */
  hasConfig: boolean
  /** The root of the site; absolute, without links on the way. */
  root: string
  /** What is read: the root, or the folder below it that was given. */
  start: string
  /** The folder that was given, which files are named from. */
  folder: string
  findings: ImportFinding[]
}

/**
 * Finds the site of a folder: that of the `_config.yml` in it or in the nearest folder above it. Without one, a folder
 * within `_posts` or `_drafts` is a part of the folder that holds that; any other is a site itself.
 *
 * @throws ImportSourceError when the configuration cannot be read, or Jekyll reads another folder.
 */
export const findSite = async (given: string): Promise<JekyllSite> => {
  const folder = await realpath(given)
  const configured = await folderWithConfig(folder)
  const { config, findings } = await readJekyllConfig(configured ?? folder)
  const root = configured === null ? rootWithoutConfig(folder) : resolve(configured, config.source)
  const isPart = isWithin(folder, root)
  if (!isPart && !isWithin(root, folder)) {
    throw new ImportSourceError(`${given} is not in the site: "source" in _config.yml is ${config.source}`)
  }
  // What the configuration of another folder is warned of is no news about this one.
  const isOwn = configured === folder
  const start = isPart ? folder : root
  const site = { config: { ...config, destination: resolve(configured ?? root, config.destination) } }
  return { ...site, hasConfig: configured !== null, root, start, folder, findings: isOwn ? findings : [] }
}

/** The path of a file or folder from the root of the site, with slashes on every platform; '' for the root. */
export const sitePathOf = (site: JekyllSite, path: string): string => slashed(relative(site.root, path))

/** How a file or folder is named to the user, and known from now on. */
export const nameOf = (site: JekyllSite, path: string): string => slashed(relative(site.folder, path))

const slashed = (path: string): string => path.split(sep).join('/')

const isWithin = (path: string, folder: string): boolean => {
  const way = relative(folder, path)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`))
}

const folderWithConfig = async (folder: string): Promise<string | null> => {
  for (let each = folder; ; each = dirname(each)) {
    for (const name of configNames) {
      if (await lstat(resolve(each, name)).catch(() => null)) return each
    }
    if (dirname(each) === each) return null
  }
}

const rootWithoutConfig = (folder: string): string => {
  const parts = folder.split(sep)
  const section = parts.findLastIndex((part) => part === '_posts' || part === '_drafts')
  return section < 0 ? folder : parts.slice(0, section).join(sep) || sep
}
