import { execFileSync, spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Why Jekyll itself cannot be asked here; null when it can. CI installs it. */
export const noJekyll: string | null =
  spawnSync('ruby', ['-e', 'require "jekyll"']).status === 0 ? null : 'there is no Ruby with Jekyll here'

/** The files that Jekyll builds posts of, for each folder. */
export const builtByJekyll = (folders: string[]): (string[] | { error: string })[] => {
  const script = fileURLToPath(new URL('jekyll-posts.rb', import.meta.url))
  const input = folders.map((folder) => realpathSync(folder)).join('\n')
  const output = execFileSync('ruby', [script], { input, encoding: 'utf8', maxBuffer: 50_000_000 })
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}
