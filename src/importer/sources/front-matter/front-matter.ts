import { Buffer } from 'node:buffer'
import type { ImportFinding } from '../../entry.ts'
import { utf8Text } from '../files/utf8.ts'
import { readYaml } from './yaml.ts'

export type FrontMatter = {
  /** Without prototype, values as JSON has them, keys in the written order. */
  data: Record<string, unknown>
  /** The line in the file that each key of `data` stands on. */
  lines: Map<string, number>
  /** What stands between the two `---` lines. */
  text: string
  /** Everything after the closing line, byte for byte. */
  body: string
  /** The line in the file that the body starts at; the first line is 1. */
  bodyLine: number
  /** Warnings: the post can be used. */
  findings: ImportFinding[]
}

/** A file's YAML front matter and its body; or, with `frontMatter` null, the errors that tell why it cannot be read. */
export type FrontMatterRead = { frontMatter: FrontMatter } | { frontMatter: null; findings: ImportFinding[] }

/** Reads a file with YAML front matter: UTF-8, with or without BOM, LF or CRLF, closed by `---` or `...` as in Jekyll. */
export const readFrontMatter = (bytes: Uint8Array, file: string): FrontMatterRead => {
  const failed = (line: number, rule: string, message: string, action: string): FrontMatterRead => ({
    frontMatter: null,
    findings: [{ file, line, rule, message, action, severity: 'error' }],
  })
  const { text, finding } = utf8Text(bytes, file)
  if (text === null) return { frontMatter: null, findings: [finding] }
  const parts = split(text)
  if (parts === null) return failed(1, ...missing(text))
  if (Buffer.byteLength(parts.yaml) > maxBytes) return failed(1, ...tooLarge)
  const { value, lines, findings } = readYaml(parts.yaml, file, 2)
  if (findings.some(({ severity }) => severity === 'error')) return { frontMatter: null, findings }
  if (value !== null && !isMap(value)) return failed(2, ...notAMap)
  return {
    frontMatter: {
      data: value ?? Object.create(null),
      lines: lines as Map<string, number>,
      text: parts.yaml,
      body: parts.body,
      bodyLine: newlinesIn(text.slice(0, text.length - parts.body.length)) + 1,
      findings,
    },
  }
}

/** Whether a value that YAML gave is a map. */
export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const maxBytes = 65_536 // a hundred times a long one; a file without a closing line must not all be parsed as YAML

type Problem = [rule: string, message: string, action: string]

const tooLarge: Problem = [
  'front-matter-too-large',
  'The front matter is longer than 64 KB.',
  'Move long texts into the body, or close the front matter with "---" where it ends.',
]
const notAMap: Problem = [
  'front-matter-not-a-map',
  'The front matter is not a list of "key: value" lines.',
  'Write one "key: value" a line.',
]

const missing = (text: string): Problem => {
  if (opening.test(text)) {
    return [
      'front-matter-unclosed',
      'The front matter has no closing "---" line.',
      'Add the line "---" after it.',
    ]
  }
  const action = text.startsWith('+++')
    ? 'This is TOML front matter, as Hugo and Zola have it, which is not read yet: write it as YAML between two "---" lines.'
    : 'Start the file with a "---" line, the fields, and another "---" line; or move it out of the folder.'
  return ['front-matter-missing', 'The file has no YAML front matter.', action]
}

const opening = /^---[ \t]*\r?\n/
const closing = /(?<=\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/g

const split = (text: string): { yaml: string; body: string } | null => {
  const start = opening.exec(text)?.[0].length
  if (start === undefined) return null
  closing.lastIndex = start
  const end = closing.exec(text)
  return end && { yaml: text.slice(start, end.index), body: text.slice(end.index + end[0].length) }
}

const newlinesIn = (text: string): number => text.split('\n').length - 1
