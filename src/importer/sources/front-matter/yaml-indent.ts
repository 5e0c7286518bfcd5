/**
 * Indents what YAML wants indented and Jekyll's parser does not: the further lines of a text in quotes, or of a list
 * or map in brackets, that stand no deeper than their key. No line is added or removed, and quoted text folds the
 * same. Everything else is left as it is.
 */
export const indentContinuations = (text: string): string => {
  const scanner = new Scanner()
  return text
    .split('\n')
    .map((line) => scanner.line(line))
    .join('\n')
}

const dashes = /^ *(?:- +)*/
const quotedKey = /^(?:"[^"]*"|'[^']*') *:(?= |\r?$)/
const plainStart = /^[^\s"'#[\]{},&*!|>%@`-]/

/** A line's indent, perhaps with list dashes, and what follows the colon of its key: `- title: "…`. */
const keyed = (line: string): { start: string; value: string } => {
  const start = dashes.exec(line)?.[0] ?? ''
  const rest = line.slice(start.length)
  const plainEnd = plainStart.test(rest) ? rest.search(/:(?= |\r?$)/) + 1 : 0
  return { start, value: rest.slice(quotedKey.exec(rest)?.[0].length ?? plainEnd) }
}

const properties = /^\s*(?:[&!]\S* +)*/

class Scanner {
  /** The column of the key whose value goes on over lines. */
  #column = 0
  #quote = ''
  #depth = 0
  #isBlockText = false

  line(line: string): string {
    const column = line.search(/[^ ]/)
    const isBlank = line.trim() === ''
    if (this.#quote !== '' || this.#depth > 0) {
      this.#scan(line, 0)
      return isBlank || column > this.#column ? line : ' '.repeat(this.#column + 1) + line
    }
    if (this.#isBlockText && (isBlank || column > this.#column)) return line
    this.#begin(line)
    return line
  }

  #begin(line: string): void {
    const { start, value: written } = keyed(line)
    const value = written.replace(properties, '')
    this.#column = start.length
    this.#isBlockText = /^[|>]/.test(value)
    if (/^["'[{]/.test(value)) this.#scan(line, line.length - value.length)
  }

  /** Follows quotes and brackets from a place where a value begins or goes on, to its end or the line's. */
  #scan(line: string, from: number): void {
    let before = from === 0 ? ',' : ''
    for (let at = from; at < line.length; at++) {
      const character = line.charAt(at)
      if (this.#quote !== '') at = this.#scanQuoted(line, at)
      else if ((character === '"' || character === "'") && /^[[{,:]?$/.test(before)) this.#quote = character
      else if (character === '#' && /\s/.test(line.charAt(at - 1))) return
      else if (character === '[' || character === '{') this.#depth++
      else if (character === ']' || character === '}') this.#depth--
      if (this.#quote === '' && this.#depth <= 0) {
        this.#depth = 0
        return
      }
      if (/\S/.test(character)) before = character
    }
  }

  #scanQuoted(line: string, at: number): number {
    const character = line.charAt(at)
    if (this.#quote === '"' && character === '\\') return at + 1
    if (character !== this.#quote) return at
    if (this.#quote === "'" && line.charAt(at + 1) === "'") return at + 1
    this.#quote = ''
    return at
  }
}
