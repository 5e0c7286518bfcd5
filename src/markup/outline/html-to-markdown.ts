import { defaultHandlers, type Handle, type State, toMdast } from 'hast-util-to-mdast'
import { gfmStrikethroughToMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTableToMarkdown } from 'mdast-util-gfm-table'
import { toMarkdown } from 'mdast-util-to-markdown'
import { treeOf } from '../sanitise/tree.ts'
import { nested } from './nesting.ts'
import { outline } from './outline.ts'

/**
 * Sanitised HTML as CommonMark with tables and strikethrough. What Markdown has no word for is left out and its text
 * stays. Text is escaped: what was text in the HTML is text, and no markup, to whoever renders the Markdown. HTML of very
 * many elements, or whose Markdown would be four times as long, is given as its text alone.
 */
export const htmlToMarkdown = (html: string): string => {
  if (html.trim() === '') return ''
  const markdown = structureOf(html)
  return markdown === null || markdown.length > html.length * maxGrowth + 200 ? textOf(html) : markdown
}

// A line within twenty quotes has a prefix of forty characters.
const maxGrowth = 4

const structureOf = (html: string): string | null => {
  const hast = treeOf(html)
  if (hast === null) return null
  try {
    const tree = toMdast(hast, { handlers: { a: link, iframe: linkToVideo } })
    // A whole tree, as it was parsed from a fragment; only of a single element would it be anything else.
    return toMarkdown(withoutSwarms(nested(tree as Tree)), style).trimEnd()
  } catch (error) {
    // The libraries hand on the children of an element as arguments, of which there can be too many.
    if (error instanceof RangeError) return null
    throw error
  }
}

type Tree = Parameters<typeof toMarkdown>[0]

// The library tries how each goes with all others of its paragraph.
const mostEmphasis = 100
const emphasis = new Set(['emphasis', 'strong', 'delete'])
const paragraphs = new Set(['paragraph', 'heading', 'tableCell'])

/** A paragraph of very many emphasised words has them as text. */
const withoutSwarms = <Node extends Tree>(node: Node): Node => {
  if (!('children' in node)) return node
  if (!paragraphs.has(node.type)) for (const child of node.children) withoutSwarms(child)
  else if (countEmphasis(node) > mostEmphasis)
    Object.assign(node, { children: node.children.flatMap(unwrapped) })
  return node
}

const countEmphasis = (node: Tree): number => {
  if (!('children' in node)) return 0
  return node.children.reduce<number>(
    (count, child) => count + countEmphasis(child),
    emphasis.has(node.type) ? 1 : 0,
  )
}

const unwrapped = (node: Tree): Tree[] => {
  if (!('children' in node)) return [node]
  const children = node.children.flatMap(unwrapped)
  return emphasis.has(node.type) ? children : [Object.assign(node, { children })]
}

/** The text as paragraphs and lines in which nothing is markup. */
const textOf = (html: string): string =>
  outline(html)
    .text.split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/[\\`*_[\]<>&~|]/g, '\\$&')
        .replace(/^(?:[#+=-]|\d{1,9}(?=[.)]))/, escapeStart),
    )
    .join('\n')
    .replace(/([^\n])\n(?=[^\n])/g, '$1\\\n')

/** `1.` is escaped behind its number. */
const escapeStart = (start: string): string => (/\d/.test(start) ? `${start}\\` : `\\${start}`)

const style: Parameters<typeof toMarkdown>[1] = {
  bullet: '-',
  rule: '-',
  extensions: [gfmTableToMarkdown({ tablePipeAlign: false }), gfmStrikethroughToMarkdown()],
}

type Element = Parameters<Handle>[1]

/** What leads nowhere, such as the target of another link, is its text. */
const link = (state: State, node: Element): ReturnType<Handle> => {
  // Of phrasing it makes phrasing: the library's types say less.
  return node.properties.href ? defaultHandlers.a(state, node) : (state.all(node) as ReturnType<Handle>)
}

/** Markdown has no frames: a reader still gets to the video. */
const linkToVideo = (state: State, { properties }: Element): ReturnType<Handle> => {
  const url = String(properties.src ?? '')
  const value = String(properties.title ?? url)
  return { type: 'link', url: state.resolve(url), children: [{ type: 'text', value }] }
}
