/**
 * Gathers the text of HTML as a browser would copy it (the HTML standard's innerText): white space is collapsed
 * but in `pre`, a paragraph is followed by an empty line, other blocks by a newline, table cells by a tab.
 */
export class BlockText {
  #out = ''
  /** The last two characters: to look them up in a string that grows would copy all of it each time. */
  #end = ''
  #breaks = 0
  #tabs = 0
  #space = false
  #preDepth = 0
  #hiddenDepth = 0
  #atStartOfPre = false

  open(name: string): void {
    if (hidden.has(name)) this.#hiddenDepth++
    else if (name === 'br') this.#breakLine(Math.min(this.#breaks + 1, 2))
    else this.#breakLine(breaksAround(name))
    if (name === 'pre') {
      this.#preDepth++
      this.#atStartOfPre = true
    }
  }

  add(chunk: string): void {
    if (this.#hiddenDepth > 0 || chunk === '') return
    if (this.#preDepth > 0) this.#addAsIs(chunk)
    else this.#addCollapsed(chunk)
  }

  close(name: string): void {
    if (hidden.has(name)) this.#hiddenDepth--
    if (name === 'pre') this.#preDepth--
    if (name === 'td' || name === 'th') this.#tabs++
    else this.#breakLine(breaksAround(name))
  }

  /** The text so far, without white space around it. */
  value(): string {
    return this.#out.trim()
  }

  #addAsIs(chunk: string): void {
    // HTML drops one newline straight after <pre>.
    const text = this.#atStartOfPre ? chunk.replace(/^\r?\n/, '') : chunk
    this.#atStartOfPre = false
    if (text === '') return
    this.#flush()
    this.#write(text.replaceAll('\r\n', '\n'))
  }

  #addCollapsed(chunk: string): void {
    const text = chunk.replace(/[ \t\n\r\f]+/g, ' ')
    if (text.startsWith(' ')) this.#space = true
    const inner = text.slice(text.startsWith(' ') ? 1 : 0, text.endsWith(' ') ? -1 : undefined)
    if (inner === '') return
    this.#flush()
    this.#write(inner)
    this.#space = text.endsWith(' ')
  }

  #breakLine(lines: number): void {
    if (lines > this.#breaks) this.#breaks = lines
  }

  #flush(): void {
    if (this.#out !== '') {
      if (this.#breaks > 0) this.#write('\n'.repeat(Math.max(0, this.#breaks - trailingNewlines(this.#end))))
      else if (this.#tabs > 0) this.#write('\t'.repeat(this.#tabs))
      else if (this.#space && !/[\n\t ]$/.test(this.#end)) this.#write(' ')
    }
    this.#breaks = 0
    this.#tabs = 0
    this.#space = false
  }

  #write(text: string): void {
    this.#out += text
    this.#end = (this.#end + text).slice(-2)
  }
}

// What stands in these is shown only by browsers that lack the element.
const hidden = new Set(['iframe', 'video', 'audio', 'rp'])

const paragraphs = new Set(
  'p h1 h2 h3 h4 h5 h6 blockquote pre ul ol dl table figure hr address details'.split(' '),
)
const lines = new Set(
  'div li dt dd tr caption thead tbody tfoot section article aside header footer nav main hgroup figcaption summary center'.split(
    ' ',
  ),
)

const breaksAround = (name: string): number => {
  if (paragraphs.has(name)) return 2
  return lines.has(name) ? 1 : 0
}

const trailingNewlines = (text: string): number => {
  if (!text.endsWith('\n')) return 0
  return text.endsWith('\n\n') ? 2 : 1
}
