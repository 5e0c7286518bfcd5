import { plainText } from '../../../markup/outline/plain-text.ts'
import type { ImportFinding } from '../../entry.ts'
import { merged } from '../jekyll/defaults.ts'
import { type FrontMatter, isMap } from './front-matter.ts'

type Values = Record<string, unknown>

/**
 * Reads front matter by key and type. What has the wrong type is no value: it is kept as metadata, with a warning that
 * names key and line. What nobody asked for is left for `rest()`. Null, a blank text and an absent key are the same.
 */
export class Fields {
  readonly findings: ImportFinding[] = []
  /** What the front matter says over what the site says of all its posts. */
  readonly all: Values
  readonly #data: Values
  readonly #lines: Map<string, number>
  readonly #file: string
  readonly #used = new Set<string>()

  constructor({ data, lines }: Pick<FrontMatter, 'data' | 'lines'>, file: string, defaults: Values = {}) {
    this.#data = data
    this.all = merged(defaults, data)
    this.#lines = lines
    this.#file = file
  }

  /** Text as written; a number or true and false as they are written. */
  text(key: string): string | null {
    const value = this.take(key)
    const text = scalarText(value)
    if (text === undefined) this.wrongType(key, 'a text')
    return text?.trim() ? text : null
  }

  /** Text without tags, entities decoded. */
  name(key: string): string | null {
    return plainText(this.text(key) ?? '') || null
  }

  flag(key: string): boolean | null {
    const value = this.take(key)
    const flag = flagOf(value)
    if (flag === undefined) this.wrongType(key, 'true or false')
    return flag ?? null
  }

  /** A list of texts, or one text that `split` makes a list of. Of a list in the list the texts count, too. */
  list(key: string, split: (text: string) => string[] = (text) => [text]): string[] {
    const value = this.take(key)
    const items: unknown[] = Array.isArray(value) ? value : split(scalarText(value) ?? '')
    if (isMap(value) || items.some((item) => scalarText(item) === undefined)) {
      this.wrongType(key, 'a text or a list of texts')
    }
    const texts = items.flat(maxNesting).map(scalarText)
    return texts.filter((text) => text !== undefined).filter((text) => text.trim() !== '')
  }

  /** The value of whatever type, which the caller checks. */
  take(key: string): unknown {
    this.#used.add(key)
    return this.all[key] ?? null
  }

  has(key: string): boolean {
    return this.all[key] != null
  }

  /** Whether the post itself says it, and not only the site of all its posts. */
  isOwn(key: string): boolean {
    return this.#data[key] != null
  }

  /** Says that the value has to be kept as metadata after all, since a field does not hold all of it. */
  keep(key: string): void {
    this.#used.delete(key)
  }

  /** Nothing is told of what the site says of all its posts: each of them would tell it again. */
  wrongType(key: string, expected: string): void {
    this.keep(key)
    if (!this.isOwn(key)) return
    const value = this.#data[key]
    this.warn(
      key,
      'field-type',
      `"${key}" must be ${expected}, and is ${kindOf(value)}; it is kept as metadata alone.`,
      `Write ${expected} there, or rename the key.`,
    )
  }

  error(key: string, rule: string, message: string, action: string): void {
    this.#find(key, rule, message, action, 'error')
  }

  warn(key: string, rule: string, message: string, action: string): void {
    this.#find(key, rule, message, action, 'warning')
  }

  /** All that was not used, in the written order, without prototype. */
  rest(): Record<string, unknown> {
    const rest: Record<string, unknown> = Object.create(null)
    for (const [key, value] of Object.entries(this.#data)) if (!this.#used.has(key)) rest[key] = value
    return rest
  }

  #find(key: string, rule: string, message: string, action: string, severity: 'error' | 'warning'): void {
    const line = this.#lines.get(key) ?? null
    this.findings.push({ file: this.#file, line, rule, message, action, severity })
  }
}

/** The first keys, and how many more there are. */
export const listed = (keys: string[]): string => {
  const more = keys.length > shownKeys ? ` and ${keys.length - shownKeys} more` : ''
  return keys.slice(0, shownKeys).join(', ') + more
}

const shownKeys = 10

/** True or false, as YAML 1.1 writes them, too, or as a text; null of nothing; undefined where it is unclear. */
export const flagOf = (value: unknown): boolean | null | undefined => {
  const text = scalarText(value ?? null)
    ?.trim()
    .toLowerCase()
  if (text === '') return null
  if (text === undefined) return undefined
  if (['true', 'yes', 'on', 'y', '1'].includes(text)) return true
  return ['false', 'no', 'off', 'n', '0'].includes(text) ? false : undefined
}

const maxNesting = 32 // of YAML, as it is read

/** The text of a scalar, '' of null, undefined of a list or a map. */
export const scalarText = (value: unknown): string | undefined => {
  if (value === null) return ''
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

const kindOf = (value: unknown): string => {
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object') ? 'a list with maps or lists in it' : 'a list'
  if (isMap(value)) return 'a map'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
