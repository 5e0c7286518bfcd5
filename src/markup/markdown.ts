import MarkdownIt, { type PluginSimple } from 'markdown-it'
import footnotes from 'markdown-it-footnote'

/** Markdown (CommonMark, tables, strikethrough, footnotes, embedded HTML) as HTML that is not yet safe to show. */
export function markdownToHtml(source: string): string {
  const marks = source.split('[^').length - 1
  if (marks === 0 || marks > mostFootnoteMarks) return withoutFootnotes.render(source)
  return withFootnotes.render(source, { docId: footnotePrefix(source) })
}

// The plug-in copies the whole post for every note: 8,000 notes take 2 s, and a book has some hundreds.
const mostFootnoteMarks = 2_000

const withoutFootnotes = parser()
// Its types name the CommonJS build of markdown-it, which is another type than the module that runs.
const withFootnotes = parser().use(footnotes as unknown as PluginSimple)
// The plug-in's own `^[note]` is neither GFM nor kramdown: there it is text.
withFootnotes.disable('footnote_inline')

function parser(): MarkdownIt {
  // CommonMark with GFM's tables and strikethrough, and HTML let through: old posts mix all three.
  // Everything it makes goes through sanitise.ts. Bare URLs stay text, as in Jekyll.
  const markdown = new MarkdownIt('default', { html: true, linkify: false, typographer: false })
  // markdown-it refuses data: images in Markdown but not in HTML; the allow list decides for both.
  markdown.validateLink = () => true
  return markdown
}

/** What goes into the ids of footnotes (`fn1`, `fnref1`) where the author wrote ids like them; else nothing. */
function footnotePrefix(source: string): string | undefined {
  if (!writtenFootnoteId.test(source)) return undefined
  for (let number = 1; ; number++) {
    const prefix = `note${number}`
    if (!source.includes(prefix)) return prefix
  }
}

const writtenFootnoteId = /\bid\s*=\s*["']?fn/i
