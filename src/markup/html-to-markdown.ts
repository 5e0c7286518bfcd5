import { fromHtml } from 'hast-util-from-html'
import { defaultHandlers, type Handle, type State, toMdast } from 'hast-util-to-mdast'
import { gfmStrikethroughToMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTableToMarkdown } from 'mdast-util-gfm-table'
import { toMarkdown } from 'mdast-util-to-markdown'

/**
 * Sanitised HTML as CommonMark with tables and strikethrough. What Markdown has no word for is left out and its text
 * stays. Text is escaped: what was text in the HTML is text, and no markup, to whoever renders the Markdown.
 */
export function htmlToMarkdown(html: string): string {
  if (html.trim() === '') return ''
  const tree = toMdast(fromHtml(html, { fragment: true }), {
    handlers: { a: link, iframe: linkToVideo },
  })
  // A whole tree, as it was parsed from a fragment; only of a single element would it be anything else.
  return toMarkdown(tree as Parameters<typeof toMarkdown>[0], style).trimEnd()
}

const style: Parameters<typeof toMarkdown>[1] = {
  bullet: '-',
  rule: '-',
  extensions: [gfmTableToMarkdown({ tablePipeAlign: false }), gfmStrikethroughToMarkdown()],
}

type Element = Parameters<Handle>[1]

/** What leads nowhere, such as the target of another link, is its text. */
function link(state: State, node: Element): ReturnType<Handle> {
  // Of phrasing it makes phrasing: the library's types say less.
  return node.properties.href ? defaultHandlers.a(state, node) : (state.all(node) as ReturnType<Handle>)
}

/** Markdown has no frames: a reader still gets to the video. */
function linkToVideo(state: State, { properties }: Element): ReturnType<Handle> {
  const url = String(properties.src ?? '')
  const value = String(properties.title ?? url)
  return { type: 'link', url: state.resolve(url), children: [{ type: 'text', value }] }
}
