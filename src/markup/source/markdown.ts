import MarkdownIt, { type PluginSimple, type Token } from 'markdown-it'
import footnotes from 'markdown-it-footnote'
import { CannotRender } from '../cannot-render.ts'

/** Markdown (CommonMark, tables, strikethrough, footnotes, embedded HTML) as HTML that is not yet safe to show. */
export const markdownToHtml = (source: string): string => {
  const marks = source.split('[^').length - 1
  if (marks === 0 || marks > mostFootnoteMarks) return render(withoutFootnotes, source, {})
  return render(withFootnotes, source, { docId: footnotePrefix(source) })
}

const render = (markdown: MarkdownIt, source: string, env: object): string => {
  const tokens = markdown.parse(source, env)
  refuseExpansion(tokens, source)
  return markdown.renderer.render(tokens, markdown.options, env)
}

/** An address is written once, and repeated for each link that names it: [a] [a] [a] could be gigabytes. */
const refuseExpansion = (tokens: Token[], source: string): void => {
  let length = 0
  for (const { children } of tokens) {
    for (const { attrs } of children ?? []) for (const [, value] of attrs ?? []) length += value.length
  }
  if (length <= source.length * 2 + mostRepeated) return
  throw new CannotRender(
    `The source repeats its link references until they are ${length} characters long; shorten their addresses and titles.`,
  )
}

const mostRepeated = 1_000_000

// The plug-in copies the whole post for every note: 8,000 notes take 2 s, and a book has some hundreds.
const mostFootnoteMarks = 2_000

const parser = (): MarkdownIt => {
  // CommonMark with GFM's tables and strikethrough, and HTML let through: old posts mix all three.
  // Everything it makes goes through sanitise.ts. Bare URLs stay text, as in Jekyll.
  const markdown = new MarkdownIt('default', { html: true, linkify: false, typographer: false })
  // markdown-it refuses data: images in Markdown but not in HTML; the allow list decides for both.
  markdown.validateLink = () => true
  return markdown
}

const withoutFootnotes = parser()
// Its types name the CommonJS build of markdown-it, which is another type than the module that runs.
const withFootnotes = parser().use(footnotes as unknown as PluginSimple)
// The plug-in's own `^[note]` is neither GFM nor kramdown: there it is text.
withFootnotes.disable('footnote_inline')

/** What goes into the ids of footnotes (`fn1`, `fnref1`) where the author wrote ids like them; else nothing. */
const footnotePrefix = (source: string): string | undefined => {
  if (!writtenFootnoteId.test(source)) return undefined
  const taken = new Set(Array.from(source.matchAll(/note(\d{1,9})/g), ([, number]) => Number(number)))
  let free = 1
  while (taken.has(free)) free++
  return `note${free}`
}

const writtenFootnoteId = /\bid\s*=\s*["']?fn/i
