import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export type Block = { file: string; line: number; language: string; text: string }

/** Every fenced block of the README and of the documents. */
export const blocks = (): Block[] =>
  globSync(['*.md', 'docs/**/*.md'], { cwd: root })
    .sort()
    .flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
        file,
        line: text.slice(0, match.index).split('\n').length,
        language: match[1] ?? '',
        text: match[2] ?? '',
      }))
    })
