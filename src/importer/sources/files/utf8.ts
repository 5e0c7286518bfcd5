import { Buffer, isUtf8 } from 'node:buffer'
import type { ImportFinding } from '../../entry.ts'

export type Utf8Text = { text: string; finding?: undefined } | { text: null; finding: ImportFinding }

/** A file's bytes as text, without BOM; or the error that names the line where they are none (not UTF-8, NUL). */
export const utf8Text = (bytes: Uint8Array, file: string): Utf8Text => {
  const problem = problemOf(bytes)
  if (problem) return { text: null, finding: { file, ...problem, severity: 'error' } }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return { text: text.startsWith('\uFEFF') ? text.slice(1) : text }
}

const problemOf = (bytes: Uint8Array): Omit<ImportFinding, 'file' | 'severity'> | null => {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { line: 1, rule: 'not-utf-8', message: 'The file is in UTF-16.', action: 'Save it as UTF-8.' }
  }
  const nul = bytes.indexOf(0)
  if (nul >= 0) {
    const line = linesOf(bytes.subarray(0, nul)).length
    return { line, rule: 'nul-character', message: 'The file has a NUL character.', action: 'Remove it.' }
  }
  if (isUtf8(bytes)) return null
  const line = linesOf(bytes).findIndex((each) => !isUtf8(each)) + 1
  return {
    line,
    rule: 'not-utf-8',
    message: 'The line is not valid UTF-8.',
    action: 'Save the file as UTF-8.',
  }
}

/** No byte of a longer UTF-8 sequence is a newline: lines can be told apart in bytes that may not be UTF-8. */
const linesOf = (bytes: Uint8Array): Uint8Array[] => {
  const lines: Uint8Array[] = []
  let start = 0
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return [...lines, bytes.subarray(start)]
}
