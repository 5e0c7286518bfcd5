import type { Element, ElementContent, Root } from 'hast'
import { Parser } from 'htmlparser2'

// What is beyond these is no text that a person wrote, and would take the Markdown of it minutes and gigabytes.
const mostElements = 10_000
// One after the other, with nothing in or between them.
const mostBlanks = 1_000
const mostCells = 20_000
const widestSpan = 20
const deepestBlocks = 20

/**
 * Sanitised HTML as a tree with nothing in it that Markdown has no word for: emphasis within emphasis of the same kind, and
 * quotes and lists that are nested very deeply, are left out and what is in them stays.
 *
 * @returns null when there is too much of it.
 */
export const treeOf = (html: string): Root | null => {
  const root: Root = { type: 'root', children: [] }
  const open: Open[] = []
  const kinds = new Map<string, number>()
  const tables: Table[] = []
  let elements = 0
  let blanks = 0
  let isTooLarge = false
  const parent = () => open.at(-1)?.into ?? root

  const parser = new Parser({
    onopentag(name, attributes) {
      if (++elements > mostElements || ++blanks > mostBlanks) isTooLarge = true
      if (isTooLarge) return
      const kind = kindOf.get(name) ?? null
      const depth = kind === null ? 0 : (kinds.get(kind) ?? 0)
      if (kind !== null) kinds.set(kind, depth + 1)
      const isMeaningless = kind !== null && depth >= (kind === 'block' ? deepestBlocks : 1)
      const isAstray = tableParts.has(name) && tables.length === 0
      const into = isMeaningless ? parent() : element(isAstray ? 'div' : name, attributes)
      if (into.type === 'element' && !isMeaningless) parent().children.push(into)
      open.push({ kind, into })
      if (name === 'table') tables.push({ rows: 0, cells: 0, widest: 0 })
      count(tables.at(-1), name, attributes)
    },
    ontext(value) {
      if (isTooLarge) return
      if (value.trim() !== '') blanks = 0
      const { children, ...into } = parent()
      // HTML drops one newline straight after <pre>.
      const isFirstOfPre = 'tagName' in into && into.tagName === 'pre' && children.length === 0
      const text = isFirstOfPre ? value.replace(/^\n/, '') : value
      const last = children.at(-1)
      if (last?.type === 'text') last.value += text
      else if (text !== '') children.push({ type: 'text', value: text })
    },
    onclosetag(name) {
      if (isTooLarge) return
      const kind = open.pop()?.kind ?? null
      if (kind !== null) kinds.set(kind, (kinds.get(kind) ?? 0) - 1)
      const table = name === 'table' ? tables.pop() : undefined
      if (table && table.rows * table.widest > mostCells) isTooLarge = true
    },
  })
  parser.end(html)
  return isTooLarge ? null : root
}

/** Outside of a table browsers ignore these, and what is in them is text like any other. */
const tableParts = new Set('caption colgroup col thead tbody tfoot tr td th'.split(' '))

type Open = { kind: string | null; into: Root | Element }

/** What Markdown writes in the same way. */
const kindOf = new Map(
  Object.entries({
    emphasis: 'em i u mark',
    strong: 'strong b',
    delete: 'del s strike',
    code: 'code kbd samp tt var',
    link: 'a',
    quote: 'q',
    block: 'blockquote ul ol dl',
  }).flatMap(([kind, names]) => names.split(' ').map((name): [string, string] => [name, kind])),
)

type Table = { rows: number; cells: number; widest: number }

const count = (table: Table | undefined, name: string, attributes: Record<string, string>): void => {
  if (table === undefined) return
  if (name === 'tr') {
    table.rows++
    table.cells = 0
  } else if (name === 'td' || name === 'th') {
    table.cells += spanOf(attributes.colspan) ?? 1
    table.widest = Math.max(table.widest, table.cells)
  }
}

const element = (tagName: string, attributes: Record<string, string>): Element => {
  const { class: classes, colspan, rowspan, ...properties } = attributes
  return {
    type: 'element',
    tagName,
    properties: {
      ...properties,
      ...(classes !== undefined && { className: classes.split(/\s+/).filter(Boolean) }),
      colSpan: spanOf(colspan),
      rowSpan: spanOf(rowspan),
    },
    children: [] as ElementContent[],
  }
}

const spanOf = (written: string | undefined): number | undefined => {
  const span = Number(written)
  return span >= 2 && span <= widestSpan ? span : undefined
}
