import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import type { ImportEntry, ImportedPost, ImportFinding } from '../../src/importer/item.ts'
import { readJekyll } from '../../src/importer/jekyll.ts'

const folders: string[] = []

afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

/** A folder with these files, removed after the test. */
export async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'presswire-jekyll-'))
  folders.push(folder)
  for (const [file, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), content)
  }
  return folder
}

export type Read = { posts: ImportedPost[]; findings: ImportFinding[]; entries: ImportEntry[] }

/** All that the folder yields. */
export async function readFolder(folder: string, timezone = 'Europe/Amsterdam'): Promise<Read> {
  const entries: ImportEntry[] = []
  for await (const entry of readJekyll(folder, { timezone })) entries.push(entry)
  const posts = entries.flatMap((entry) => (entry.kind === 'post' ? [entry.post] : []))
  const findings = entries.flatMap((entry) => (entry.kind === 'finding' ? [entry.finding] : []))
  return { posts, findings, entries }
}

/** All that a folder with these files yields. */
export const readFiles = async (files: Record<string, string | Uint8Array>) =>
  readFolder(await folderOf(files))
