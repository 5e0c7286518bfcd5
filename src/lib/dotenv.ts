import { lstatSync, readFileSync, statSync } from 'node:fs'
import { OperatorError } from './errors.ts'

/** A setting in `.env`, and what makes its value doubtful: Compose, which reads the same file, reads another one there. */
export type DotenvEntry = { name: string; value: string; line: number; doubt: string | null }

/**
 * What `.env` says, in Compose's grammar. A file that is there and cannot be read is never taken for none: without its
 * DATABASE_URL the program would go on, with another database.
 *
 * @throws OperatorError (exit code 78).
 */
export const readDotenv = (path: string): DotenvEntry[] => {
  const text = textOf(path)
  return text === null ? [] : parseDotenv(text, path)
}

// More than any settings need, and no disk's image by mistake.
const maxBytes = 1_000_000

const textOf = (path: string): string | null => {
  const bytes = bytesOf(path)
  if (bytes === null) return null
  const isUtf16 = [0xfeff, 0xfffe].includes(bytes.length > 1 ? bytes.readUInt16BE() : 0) || bytes.includes(0)
  if (isUtf16) throw refusal(`${path} is in UTF-16, or no text. Save it as UTF-8.`)
  try {
    // A byte order mark goes with it.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll(/\r\n?/g, '\n')
  } catch {
    throw refusal(`${path} is not in UTF-8. Save it as UTF-8.`)
  }
}

const bytesOf = (path: string): Buffer | null => {
  try {
    // A link to nowhere is a file that is missed.
    if (!lstatSync(path, { throwIfNoEntry: false })) return null
    if (statSync(path).size > maxBytes) throw new Error('it has more than 1 MB')
    return readFileSync(path)
  } catch (error) {
    throw refusal(
      `${path} cannot be read (${(error as Error).message}). Make it a file that this user may read, or remove it.`,
    )
  }
}

const blank = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y
const head = /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][\w.-]*)[^\S\n]*=[^\S\n]*/y
const single = /'([^']*)'/y
const double = /"((?:[^"\\]|\\[\s\S])*)"/y
const rest = /[^\n]*/y

/** Exported for its tests. */
export const parseDotenv = (text: string, path = '.env'): DotenvEntry[] => {
  const entries: DotenvEntry[] = []
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found) at += found[0].length
    return found
  }
  while (at < text.length) {
    if (take(blank)) continue
    const line = text.slice(0, at).split('\n').length
    const wrong = (what: string) => refusal(`${path}, line ${line}: ${what}`)
    const name = take(head)?.[1]
    if (name === undefined) throw wrong('is not NAME=value. A comment begins with #.')
    if (/['"]/.test(text[at] ?? '')) {
      const literal = take(single)?.[1]
      const escaped = literal === undefined ? take(double)?.[1] : undefined
      if (literal === undefined && escaped === undefined)
        throw wrong(`the value of ${name} has no closing quote.`)
      if (!take(blank))
        throw wrong(`there is more after the closing quote of ${name}. Put quotes around all of it.`)
      entries.push({
        name,
        line,
        ...(literal === undefined ? unescaped(escaped ?? '') : { value: literal, doubt: null }),
      })
    } else entries.push({ name, line, ...bare(take(rest)?.[0] ?? '') })
  }
  return entries
}

const quoteIt = 'Put it in single quotes.'
const variable = `has a $, behind which Compose would look for a variable. ${quoteIt}`

const bare = (text: string) => {
  const value = text.replace(/\s#.*$/, '').trim()
  if (value.startsWith('#')) return { value, doubt: `begins with #, like a comment. ${quoteIt}` }
  if (value.startsWith('`'))
    return { value, doubt: `begins with \`, which not everybody takes for a quote. ${quoteIt}` }
  return { value, doubt: value.includes('$') ? variable : null }
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' }

const unescaped = (raw: string) => {
  const value = raw.replaceAll(/\\([\s\S])/g, (whole, character: string) => escapes[character] ?? whole)
  const plain = raw.replaceAll(/\\[nrt\\"$]/g, '')
  if (plain.includes('\\')) return { value, doubt: `has a \\ that stands for nothing. ${quoteIt}` }
  return { value, doubt: plain.includes('$') ? variable : null }
}

const refusal = (message: string) => new OperatorError(message, 78)
