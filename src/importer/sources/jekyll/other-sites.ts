import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ImportSourceError } from '../../entry.ts'

/** A page of Hugo that says what holds for all pages below it, such as that none is public. */
export const hugoSection = /^_index(?:\.[\w-]+)?\.(?:md|markdown|html?|adoc|org)$/i

/**
 * Refuses Hugo's and Zola's sites, and folders in them: what they hide is said in a configuration that is not read yet.
 *
 * @throws ImportSourceError in one line.
 */
export const refuseOtherSite = async (folder: string, given: string): Promise<void> => {
  for (let each = folder; ; each = dirname(each)) {
    const names = await readdir(each).catch(() => [])
    // Jekyll's own configuration ends the search: what lies above it is not about this site.
    if (names.some((name) => /^_config\.(?:ya?ml|toml)$/.test(name))) return
    const found = await markOf(each, names)
    if (found !== undefined) {
      const where = each === folder ? found : `${found} in ${each}`
      throw new ImportSourceError(
        `${given} belongs to a Hugo or Zola site (${where}), which is not read yet; nothing was imported`,
      )
    }
    if (dirname(each) === each) return
  }
}

/** `hugo.toml` says it alone; `config.toml` is that of many programs, and only beside `content` that of a site. */
const markOf = async (folder: string, names: string[]): Promise<string | undefined> => {
  const own = names.find((name) => /^hugo\.(?:toml|ya?ml|json)$/i.test(name))
  if (own !== undefined || !names.includes('content')) return own
  const shared = names.find((name) => /^config\.(?:toml|ya?ml|json)$/i.test(name) || name === 'archetypes')
  if (shared !== undefined) return shared
  const inConfig: string[] = await readdir(join(folder, 'config')).catch(() => [])
  return inConfig.includes('_default') ? 'config/_default' : undefined
}
