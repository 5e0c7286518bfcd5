import { plainText } from '../content/plain-text.ts'
import { isMap } from './front-matter.ts'
import type { ImportFinding } from './item.ts'

/**
 * Reads front matter by key and type. What has the wrong type becomes an error that names key and line; what nobody
 * asked for is left for `rest()`. Null, a blank text and an absent key are the same.
 */
export class Fields {
  readonly findings: ImportFinding[] = []
  readonly #data: Record<string, unknown>
  readonly #lines: Map<string, number>
  readonly #file: string
  readonly #used = new Set<string>()

  constructor(data: Record<string, unknown>, lines: Map<string, number>, file: string) {
    this.#data = data
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
    if (typeof value === 'boolean' || value === null) return value
    this.wrongType(key, 'true or false')
    return null
  }

  /** A list of texts, or one text that `split` makes a list of. */
  list(key: string, split: (text: string) => string[] = (text) => [text]): string[] {
    const value = this.take(key)
    const items = Array.isArray(value) ? value : split(scalarText(value) ?? '')
    const texts = items.map(scalarText)
    if (isMap(value) || texts.includes(undefined)) this.wrongType(key, 'a text or a list of texts')
    return texts.filter((text) => text !== undefined).filter((text) => text.trim() !== '')
  }

  /** The value of whatever type, which the caller checks. */
  take(key: string): unknown {
    this.#used.add(key)
    return this.#data[key] ?? null
  }

  /** Says that the value has to be kept as metadata after all, since a field does not hold all of it. */
  keep(key: string): void {
    this.#used.delete(key)
  }

  wrongType(key: string, expected: string): void {
    const value = this.#data[key]
    this.error(
      key,
      'field-type',
      `"${key}" must be ${expected}, and is ${kindOf(value)}.`,
      `Write ${expected} there, or rename the key to keep the value as metadata.`,
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

/** The text of a scalar, '' of null, undefined of a list or a map. */
export function scalarText(value: unknown): string | undefined {
  if (value === null) return ''
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

function kindOf(value: unknown): string {
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object') ? 'a list with maps or lists in it' : 'a list'
  if (isMap(value)) return 'a map'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
