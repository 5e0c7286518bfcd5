import { Buffer } from 'node:buffer'
import { parse as parseToml } from 'smol-toml'
import { type ImportFinding, ImportSourceError } from '../../entry.ts'
import { readSourceFile } from '../files/source-file.ts'
import { utf8Text } from '../files/utf8.ts'
import { isMap } from '../front-matter/front-matter.ts'
import { readYaml } from '../front-matter/yaml.ts'
import type { EntryRules } from './entry-filter.ts'

/** What a site's own configuration says about its posts. */
export type JekyllConfig = EntryRules & {
  /** From the folder of `_config.yml`: '' or such as `src`. */
  source: string
  /** Where Jekyll builds to, as it is written: from the folder of `_config.yml`, or from the root of the disk. */
  destination: string
  /** The folder that holds `_posts`, where that is not the root of the site. */
  collectionsDir: string
  dataDir: string
  defaults: unknown[]
  author: unknown
}

export const configNames = ['_config.yml', '_config.yaml', '_config.toml']

/**
 * Reads `_config.yml`, `_config.yaml` or `_config.toml`, the first that is there. It says what of the site is hidden:
 * one that cannot be read, or that Jekyll would not build from, ends the import.
 *
 * @throws ImportSourceError in one line.
 */
export const readJekyllConfig = async (
  folder: string,
): Promise<{ config: JekyllConfig; findings: ImportFinding[] }> => {
  for (const file of configNames) {
    const bytes = await readSourceFile(folder, file)
    if (bytes === null) continue
    if (!(bytes instanceof Uint8Array)) throw unreadable(bytes.file, bytes.message, bytes.action)
    const { value, findings } = settingsIn(bytes, file)
    return { config: configOf(value, file), findings }
  }
  return { config: configOf({}, ''), findings: [] }
}

const maxBytes = 262_144 // four times what front matter may have; a long one has 20 KB

const settingsIn = (bytes: Uint8Array, file: string): { value: unknown; findings: ImportFinding[] } => {
  const { text, finding } = utf8Text(bytes, file)
  if (text === null) throw unreadable(file, finding.message, finding.action)
  if (Buffer.byteLength(text) > maxBytes) {
    throw unreadable(file, 'It is longer than 256 KB.', 'Shorten it.')
  }
  if (file.endsWith('.toml')) return { value: tomlOf(text, file), findings: [] }
  const { value, findings } = readYaml(text, file, 1)
  const error = findings.find(({ severity }) => severity === 'error')
  if (error) throw unreadable(`${file}:${error.line}`, error.message, error.action)
  return { value, findings }
}

const tomlOf = (text: string, file: string): unknown => {
  try {
    // Dates and other objects of the parser become what JSON has.
    return JSON.parse(JSON.stringify(parseToml(text)))
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw unreadable(file, `The TOML is broken: ${reason}.`, 'Correct it.')
  }
}

const configOf = (value: unknown, file: string): JekyllConfig => {
  const map = value ?? {}
  if (!isMap(map)) throw unreadable(file, 'It is not a list of "key: value" lines.', 'Write one a line.')
  if (Number(map.limit_posts ?? 0) > 0) {
    const action = 'Take the line out, so that all are imported.'
    throw unreadable(
      file,
      `"limit_posts: ${map.limit_posts}" has Jekyll build some of the posts alone.`,
      action,
    )
  }
  const text = (key: string, otherwise = '') => folderOf(map[key] ?? otherwise, key, file)
  return {
    source: text('source'),
    destination: typeof map.destination === 'string' ? map.destination : '_site',
    collectionsDir: text('collections_dir'),
    dataDir: text('data_dir', '_data'),
    include: patternsOf(map.include ?? ['.htaccess'], 'include', file),
    exclude: patternsOf(map.exclude ?? [], 'exclude', file),
    defaults: Array.isArray(map.defaults) ? map.defaults : [],
    author: map.author ?? null,
  }
}

/** A folder of the site, without slashes or dots around it. */
const folderOf = (value: unknown, key: string, file: string): string => {
  if (typeof value !== 'string') throw unreadable(file, `"${key}" is not a text.`, 'Name a folder.')
  const parts = value.split('/').filter((part) => part !== '' && part !== '.')
  if (key === 'source' && (parts.includes('..') || value.startsWith('/'))) {
    throw unreadable(file, `"source" leads out of the folder: ${value}.`, 'Import the folder that it names.')
  }
  return parts.join('/')
}

/** A list; older versions of Jekyll take a text with commas, too. What is no text matches nothing. */
const patternsOf = (value: unknown, key: string, file: string): string[] => {
  if (Array.isArray(value)) return value.filter((pattern) => typeof pattern === 'string')
  if (typeof value === 'string') return value.split(',').map((pattern) => pattern.trim())
  throw unreadable(file, `"${key}" is not a list.`, 'Write a list of names and patterns.')
}

const unreadable = (file: string, problem: string, action: string): ImportSourceError =>
  new ImportSourceError(`${file} cannot be read, which says what of the site is hidden: ${problem} ${action}`)
