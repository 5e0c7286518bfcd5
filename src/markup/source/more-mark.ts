import { Parser } from 'htmlparser2'

/**
 * Puts a mark where the first `<!--more-->` is (also `<!-- more -->` and WordPress's `<!--more Read on-->`), while the
 * sanitiser drops comments: an empty element whose name is nowhere in the HTML, so that nobody else can have written it. One
 * inside `pre` or `code` is an example of the marker, not one.
 *
 * @returns the HTML, and the name of the mark; null when there is none.
 */
export const markMore = (html: string): { html: string; mark: string | null } => {
  if (!mayHaveMore.test(html)) return { html, mark: null }
  const comment = firstMoreComment(html)
  if (comment === null) return { html, mark: null }
  const mark = freeName(html)
  const before = html.slice(0, comment.start)
  const after = html.slice(comment.end)
  // A paragraph that has nothing else goes with it.
  const opening = /<p>\s*$/.exec(before.slice(-mostBlanks))
  const closing = /^\s*<\/p>\n?/.exec(after.slice(0, mostBlanks))
  return opening && closing
    ? { html: before.slice(0, opening[0].length * -1) + element(mark) + after.slice(closing[0].length), mark }
    : { html: before + element(mark) + after, mark }
}

/** Takes the mark out of sanitised HTML again, and says where it was. */
export const takeMark = (html: string, mark: string | null): { html: string; at: number | null } => {
  const at = mark === null ? -1 : html.indexOf(element(mark))
  if (mark === null || at < 0) return { html, at: null }
  return { html: html.slice(0, at) + html.slice(at + element(mark).length), at }
}

const element = (mark: string): string => `<${mark}></${mark}>`

const mostBlanks = 200

const mayHaveMore = /<!--\s*more\b/i
const moreComment = /^\s*more(?:\s.*)?$/is

/** Longer than any of its kind in the HTML. */
const freeName = (html: string): string => {
  const lengths = Array.from(html.matchAll(/more-mark(x*)/gi), ([, more = '']) => more.length)
  return `more-mark${'x'.repeat(lengths.reduce((most, length) => Math.max(most, length), 0) + 1)}`
}

const firstMoreComment = (html: string): { start: number; end: number } | null => {
  let codeDepth = 0
  let found: { start: number; end: number } | null = null
  const parser = new Parser({
    onopentagname(name) {
      if (name === 'pre' || name === 'code') codeDepth++
    },
    onclosetag(name) {
      if (name === 'pre' || name === 'code') codeDepth--
    },
    oncomment(data) {
      if (found === null && codeDepth === 0 && moreComment.test(data)) {
        found = { start: parser.startIndex, end: parser.endIndex + 1 }
      }
    },
  })
  parser.end(html)
  return found
}
