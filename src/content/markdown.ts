import MarkdownIt from 'markdown-it'

// CommonMark with GFM's tables and strikethrough, and HTML let through: old posts mix all three.
// Everything it makes goes through sanitise.ts. Bare URLs stay text, as in Jekyll.
const markdown = new MarkdownIt('default', { html: true, linkify: false, typographer: false })

// markdown-it refuses data: images in Markdown but not in HTML; the allow list decides for both.
markdown.validateLink = () => true

/** Markdown (CommonMark, tables, strikethrough, embedded HTML) as HTML that is not yet safe to show. */
export function markdownToHtml(source: string): string {
  return markdown.render(source)
}
