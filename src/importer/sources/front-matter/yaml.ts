import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
} from 'yaml'
import type { ImportFinding } from '../../entry.ts'
import { indentContinuations } from './yaml-indent.ts'
import { keyOf, RefusedYaml, YamlReader } from './yaml-values.ts'

export type YamlRead = {
  /** JSON values; maps are objects without prototype, so that `__proto__` is a key like others. Null after an error. */
  value: unknown
  /** The line in the file of each key of the outermost map, or of each item of the outermost list. */
  lines: Map<string | number, number>
  findings: ImportFinding[]
}

/**
 * Reads YAML that nobody vouches for: core schema, no tags of its own, few aliases; of a duplicate key
 * the last one counts, with a warning. A number that would not print as it is written (1.10, 0x1F, above 2^53) is
 * text. `firstLine` is the line of the file that the text starts at.
 */
export const readYaml = (text: string, file: string, firstLine: number): YamlRead => {
  const { document, lineCounter } = parse(text)
  const lineAt = (offset: number) => lineCounter.linePos(offset).line + firstLine - 1
  const failed = (offset: number, rule: string, message: string, action: string): YamlRead => ({
    value: null,
    lines: new Map(),
    findings: [{ file, line: lineAt(offset), rule, message, action, severity: 'error' }],
  })
  try {
    const [error] = document.errors
    // The first one only: the others come from having lost the thread there.
    if (error) return failed(error.pos[0], 'yaml-invalid', `The YAML is broken: ${said(error)}.`, quoteIt)
    const reader = new YamlReader(document)
    const value = reader.value(document.contents)
    const warnings: ImportFinding[] = reader.warnings.map(({ offset, ...warning }) => ({
      file,
      line: lineAt(offset),
      ...warning,
      severity: 'warning',
    }))
    return { value, lines: outermostLines(document.contents, lineAt), findings: warnings }
  } catch (error) {
    if (error instanceof RefusedYaml) return failed(error.offset, error.rule, error.message, error.action)
    if (error instanceof RangeError)
      return failed(0, 'yaml-too-large', 'The YAML is nested too deeply.', flattenIt)
    throw error
  }
}

type Parsed = { document: Document.Parsed; lineCounter: LineCounter }

const parse = (text: string): Parsed => {
  const asWritten = parseOnce(text)
  return asWritten.document.errors.length === 0 ? asWritten : parseOnce(indentContinuations(text))
}

const parseOnce = (text: string): Parsed => {
  const lineCounter = new LineCounter()
  return { document: parseDocument(text, { ...options, lineCounter }), lineCounter }
}

const options = {
  version: '1.2',
  schema: 'core',
  merge: false,
  uniqueKeys: false,
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const

const quoteIt = 'Correct the line; a value that holds ": ", " #" or quotes needs quotes around it.'
const flattenIt = 'Write it with fewer levels.'

const said = (error: YAMLError): string =>
  error.message.replace(/^Missing closing (["'])quote$/, 'a text that begins with $1 has no closing $1')

const outermostLines = (contents: unknown, lineAt: (offset: number) => number): YamlRead['lines'] => {
  const lines: YamlRead['lines'] = new Map()
  if (isMap(contents)) {
    for (const { key } of contents.items) {
      if (isScalar(key) && key.range) lines.set(keyOf(key, contents), lineAt(key.range[0]))
    }
  } else if (isSeq(contents)) {
    contents.items.forEach((item, index) => {
      const range = isScalar(item) || isMap(item) || isSeq(item) || isAlias(item) ? item.range : null
      if (range) lines.set(index, lineAt(range[0]))
    })
  }
  return lines
}
