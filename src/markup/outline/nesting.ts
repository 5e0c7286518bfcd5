import type { toMarkdown } from 'mdast-util-to-markdown'

type Tree = Parameters<typeof toMarkdown>[0]
type Child = Extract<Tree, { children: unknown }>['children'][number]

/**
 * A tree as Markdown nests: in a line (a paragraph, a heading, a cell, a link) nothing that takes lines of its own, in an item of
 * a list or a quote nothing but paragraphs and the like. HTML may have a code block within a heading, or text in a list beside its
 * items; written as they stand, what was text there would be markup to whoever renders the Markdown.
 */
export const nested = <Node extends Tree>(node: Node): Node => {
  if (node.type === 'inlineCode') node.value = oneLine(node.value)
  if (!('children' in node)) return node
  if (isLine(node))
    return Object.assign(node, { children: withoutNeedlessGaps(node.children.flatMap(phrasesOf)) })
  for (const child of node.children) nested(child)
  return blocks.has(node.type) ? Object.assign(node, { children: asParagraphs(node.children) }) : node
}

const blocks = new Set(['listItem', 'blockquote'])
const lines = new Set(['paragraph', 'heading', 'tableCell'])
const spans = new Set(['link', 'emphasis', 'strong', 'delete'])
const phrases = new Set([...spans, 'text', 'break', 'image', 'inlineCode'])

const isLine = ({ type }: Tree): boolean => lines.has(type) || spans.has(type)

/** What may stand in a line as it is; of all else what is in it. */
const phrasesOf = (node: Child): Child[] => {
  if (node.type === 'inlineCode' || node.type === 'code') {
    const value = oneLine(node.value)
    return value === '' ? [] : [{ type: 'inlineCode', value }]
  }
  if (phrases.has(node.type)) return [nested(node)]
  return 'children' in node ? [gap, ...node.children.flatMap(phrasesOf), gap] : []
}

const oneLine = (code: string): string => code.replace(/\s*[\n\r]\s*/g, ' ')

const gap: Child = { type: 'text', value: ' ' }

/** Between what stood on two lines there is one, and none around it. */
const withoutNeedlessGaps = (nodes: Child[]): Child[] => {
  const last = nodes.findLastIndex((node) => node !== gap)
  return nodes.slice(0, last + 1).filter((node, at) => node !== gap || (at > 0 && nodes[at - 1] !== gap))
}

/** Phrases that stand between paragraphs are one themselves. */
const asParagraphs = (nodes: Child[]): Child[] => {
  const all: Child[] = []
  let paragraph: Child[] | null = null
  for (const node of nodes) {
    if (!phrases.has(node.type)) {
      paragraph = null
      all.push(node)
    } else if (paragraph) paragraph.push(node)
    else {
      paragraph = [node]
      all.push({ type: 'paragraph', children: paragraph } as Child)
    }
  }
  return all
}
