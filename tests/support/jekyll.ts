import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { inject } from 'vitest'
import type { ImportEntry, ImportedPost, ImportFinding } from '../../src/importer/entry.ts'
import { readJekyll } from '../../src/importer/sources/jekyll/jekyll.ts'

/** A folder with these files, removed after the run. */
export const folderOf = async (files: Record<string, string | Uint8Array>): Promise<string> => {
  const folder = await mkdtemp(join(inject('scratch'), 'jekyll-'))
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), content)
  }
  return folder
}

export type Read = { posts: ImportedPost[]; findings: ImportFinding[]; entries: ImportEntry[] }

/** All that the folder yields. */
export const readFolder = async (folder: string, timezone = 'Europe/Amsterdam'): Promise<Read> => {
  const entries: ImportEntry[] = []
  for await (const entry of readJekyll(folder, { timezone, now: new Date() })) entries.push(entry)
  const posts = entries.flatMap((entry) => (entry.kind === 'post' ? [entry.post] : []))
  const findings = entries.flatMap((entry) => (entry.kind === 'finding' ? [entry.finding] : []))
  return { posts, findings, entries }
}

/** All that a folder with these files yields. */
export const readFiles = async (files: Record<string, string | Uint8Array>) =>
  readFolder(await folderOf(files))
