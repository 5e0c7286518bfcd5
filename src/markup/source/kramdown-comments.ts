/**
 * The Markdown without what kramdown, Jekyll's Markdown, hides: `{::comment}…{:/comment}` around blocks and within a line,
 * and link definitions that only kramdown takes for such, by which many write notes (`[//]: # not for readers`). In code
 * all of it is text, as it is to kramdown; where it is not clear what is code, it is hidden.
 */
export const withoutKramdownComments = (source: string): string =>
  mayHide.test(source) ? new Remover(source.split('\n')).run() : source

const mayHide = /\{::|\{:\/|\[[^\]\n]+\]:|^\s*(?:`{3}|~{3})/m
const isIndented = /^(?: {4}|\t)/
const isListItem = /^\s*(?:[-*+]|\d+\.)\s/
// A heading, a rule, or a list item, a quotation or a footnote that begins with an empty line: what follows is a new block.
const endsBlock = /^\s*(?:#{1,6}\s.*|[-=*_ ]{3,}|(?:[-*+>]|\d+[.)])\s*|\[\^[^\]]+\]:\s*)$/
const blockStart = /^\s*\{::comment(?:\s[^}]*)?\}\s*$/
const blockStop = /^\s*\{:\/(?:comment)?\}\s*$/
const stop = /\{:\/(?:comment)?\}/
// Alone they are nothing: an end without a start, and what needs none.
const openComment = /^ {0,3}<!--(?!\s*more\b)(?!.*-->)/i
const commentEnd = /-->/
const strayTag = /^\s*(?:\{:\/\w*\}|\{::(?:comment|options)(?:\s[^}]*)?\/\})\s*$/

class Remover {
  readonly #lines: string[]
  readonly #kept: string[] = []
  #at = 0
  #before = ''
  #isInList = false

  constructor(lines: string[]) {
    this.#lines = lines
  }

  run(): string {
    while (this.#at < this.#lines.length) this.#block()
    return this.#kept.join('\n')
  }

  #block(): void {
    const line = this.#lines[this.#at] ?? ''
    const isNew = this.#before.trim() === '' || endsBlock.test(this.#before)
    if (isListItem.test(line)) this.#isInList = true
    else if (isNew && /^ {0,1}\S/.test(line)) this.#isInList = false
    const fenceEnd = this.#fenceEnd(this.#at)
    const isCode = !this.#isInList && isIndented.test(line) && (isNew || isIndented.test(this.#before))
    if (fenceEnd >= 0) this.#keep(fenceEnd + 1, '')
    else if (line.trim() === '' || isCode) this.#keep(this.#at + 1, line)
    else if (strayTag.test(line)) this.#skipTo(this.#at + 1)
    else if (isNew && openComment.test(line) && this.#skipPast(commentEnd)) return
    else if ((isNew || noteDefinition.test(line)) && definition.test(line)) {
      this.#kept.push(this.#isUsed(line) ? asCommonMark(line) : inContainer.exec(line)?.[0].trimEnd() || '')
      this.#skipTo(this.#at + 1)
    } else if (!blockStart.test(line) || !this.#skipPast(blockStop)) this.#paragraph()
  }

  #used: Set<string> | null = null

  /** Whether a link or an image names it. A note that is written as a definition is named by none. */
  #isUsed(line: string): boolean {
    this.#used ??= new Set(
      [...this.#lines.join('\n').matchAll(/\[([^\][]+)\](?!:)/g)].map(([, label = '']) => labelOf(label)),
    )
    const [, isAbbreviation, label = ''] = definition.exec(line) ?? []
    return this.#used.has(labelOf(label)) && isAbbreviation === ''
  }

  #keep(end: number, before: string): void {
    for (; this.#at < end; this.#at++) this.#kept.push(this.#lines[this.#at] ?? '')
    this.#before = before
  }

  #skipTo(line: number): void {
    this.#at = line
    this.#before = ''
  }

  /** Passes over everything to the end of the line that matches; false when none does. */
  #skipPast(pattern: RegExp): boolean {
    const end = this.#find(pattern, this.#at + 1)
    if (end >= 0) this.#skipTo(end + 1)
    return end >= 0
  }

  // What was not found once is not looked for again: the lines before it matter no more.
  readonly #absent = new Set<RegExp>()

  #find(pattern: RegExp, from: number): number {
    if (this.#absent.has(pattern)) return -1
    for (let at = from; at < this.#lines.length; at++) if (pattern.test(this.#lines[at] ?? '')) return at
    this.#absent.add(pattern)
    return -1
  }

  readonly #fences = new Map<number, number>()
  // How many marks of which kind have no end from here on.
  readonly #endless = new Map<string, number>()

  /**
   * Where the code ends that a fence opens in this line; -1 when none does. What has no end is no code to kramdown; to
   * CommonMark all that follows would be, comments included, so that its marks are written as text.
   */
  #fenceEnd(at: number): number {
    const line = this.#lines[at] ?? ''
    const [, indent = '', marks = ''] = fence.exec(line) ?? []
    if (marks === '') return -1
    const known = this.#fences.get(at)
    if (known !== undefined) return known
    const key = `${marks.charAt(0)}${indent.length > 3 ? indent : ''}`
    const isEndless = marks.length >= (this.#endless.get(key) ?? Number.POSITIVE_INFINITY)
    let end = isEndless ? this.#lines.length : at + 1
    while (end < this.#lines.length && !closes(this.#lines[end] ?? '', indent, marks)) end++
    if (end < this.#lines.length) {
      this.#fences.set(at, end)
      return end
    }
    this.#endless.set(key, Math.min(marks.length, this.#endless.get(key) ?? marks.length))
    this.#lines[at] = asText(line)
    return -1
  }

  #paragraph(): void {
    let end = this.#at + 1
    while (end < this.#lines.length && !this.#endsBefore(end)) end++
    const { shown, rest } = withoutSpans(this.#lines.slice(this.#at, end).join('\n'))
    const stopAt = rest === null ? -1 : this.#find(stop, end)
    this.#kept.push(rest === null || stopAt >= 0 ? shown : shown + rest)
    this.#before = this.#lines[end - 1] ?? ''
    this.#at = end
    if (stopAt < 0) return
    // A comment that goes on over blank lines: to kramdown it is none, and to its author it was.
    const last = this.#lines[stopAt] ?? ''
    this.#lines[stopAt] = last.slice(last.search(stop)).replace(stop, '')
    this.#at = stopAt
  }

  #endsBefore(at: number): boolean {
    const line = this.#lines[at] ?? ''
    if (line.trim() === '' || endsBlock.test(this.#lines[at - 1] ?? '')) return true
    return this.#fenceEnd(at) >= 0 || blockStart.test(line) || noteDefinition.test(line)
  }
}

const spanToken = /\\[\s\S]|`+|<!--|\{::(?:comment|options)(?:\s[^}]*?)?(\/)?\}|\{:\/\w*\}/g

/** A paragraph without the comments in it, and what stands from one on that does not end in it. */
const withoutSpans = (text: string): { shown: string; rest: string | null } => {
  let shown = ''
  let from = 0
  spanToken.lastIndex = 0
  for (let token = spanToken.exec(text); token !== null; token = spanToken.exec(text)) {
    const [tag, isWhole] = token
    const after = token.index + tag.length
    if (tag.startsWith('\\')) continue
    if (tag.startsWith('`')) spanToken.lastIndex = endOfCode(text, after, tag)
    else if (tag === '<!--') {
      const end = text.indexOf('-->', after)
      const isMarker = /^\s*more\b/i.test(text.slice(after, after + 20))
      if (end >= 0 && !isMarker) shown += text.slice(from, token.index)
      spanToken.lastIndex = end < 0 ? after : end + 3
      if (end >= 0 && !isMarker) from = end + 3
    } else {
      const isStart = tag.startsWith('{::comment') && isWhole === undefined
      const [end] = isStart ? (new RegExp(stop, 'g').exec(text.slice(after)) ?? []) : ['']
      shown += text.slice(from, token.index)
      if (end === undefined) return { shown, rest: text.slice(token.index) }
      from = isStart ? text.indexOf(end, after) + end.length : after
      spanToken.lastIndex = from
    }
  }
  return { shown: shown + text.slice(from), rest: null }
}

/** Behind the code that these backticks open, where kramdown and CommonMark agree about it; else behind them. */
const endOfCode = (text: string, after: number, ticks: string): number => {
  const end = text.indexOf(ticks, after)
  if (end < 0 || text[end + ticks.length] === '`') return after
  if (ticks === '`' && /\s/.test(text[after] ?? '')) return after
  return end + ticks.length
}

const fence = /^(\s*)(`{3,}|~{3,})[ \t]*([^`]*?)\s*$/

const asText = (line: string): string => line.replace(/[`~]/g, (mark) => (mark === '`' ? '&#96;' : '&#126;'))

const closes = (line: string, indent: string, marks: string): boolean => {
  const [, own = '', all = '', info] = fence.exec(line) ?? []
  if (!all.startsWith(marks) || info !== '') return false
  return indent.length > 3 ? own === indent : own.length <= 3
}

// Kramdown's LINK_DEFINITION_START, and those of abbreviations (`*[HTML]: …`). Footnotes are something else.
const inContainer = /^\s*(?:(?:[-*+]|\d+[.)]|>|\[\^[^\]\n]+\]:)[ \t]+)*/
const definition = new RegExp(`${inContainer.source}(\\*?)\\[([^\\]\\n^][^\\]\\n]*)\\]:[ \\t]*\\S`)

// A list item begins a block; and what is written `[//]:` is a note, also where kramdown would show it.
const noteDefinition =
  /^\s*(?:(?:(?:[-*+]|\d+[.)])[ \t]+)+\[[^\]\n^][^\]\n]*|\[(?:\/\/|comment|#))\]:(?!.*\{::)/i

const labelOf = (label: string): string => label.replace(/\s+/g, ' ').trim().toLowerCase()

/** A definition whose address has spaces, as CommonMark reads it, too. */
const asCommonMark = (line: string): string => {
  const [, label = '', rest = ''] = /^(.*?\[(?!\^)[^\]]+\]:)[ \t]*(.*?)\s*$/.exec(line) ?? []
  const [, written = rest, title = ''] = /^(.*?\S)([ \t]+(?:"[^"]+"|'[^']+'))$/.exec(rest) ?? []
  // With a quote in it, it is none to kramdown either.
  if (/^[^\s<]+$/.test(written) || /^<[^<>]*>$/.test(written) || /[ \t]["']/.test(written)) return line
  const url = written.replace(/[<>\\]/g, (character) => encodeURIComponent(character))
  return `${label} <${url}>${title}`
}
