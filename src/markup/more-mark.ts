import { Parser } from 'htmlparser2'

/** Stands for `<!--more-->` while the HTML is sanitised, which drops comments. A Unicode noncharacter: no text has it. */
export const moreMark = '\uFDD0'

/**
 * Puts the mark where the first `<!--more-->` is (also `<!-- more -->` and WordPress's `<!--more Read on-->`). One
 * inside `pre` or `code` is an example of the marker, not one.
 */
export function markMore(html: string): string {
  const clean = withoutMarks(html)
  if (!mayHaveMore.test(clean)) return clean
  const comment = firstMoreComment(clean)
  if (comment === null) return clean
  const marked = clean.slice(0, comment.start) + moreMark + clean.slice(comment.end)
  return marked.replace(paragraphOfItsOwn, moreMark)
}

/** The HTML without the mark. */
export function withoutMarks(html: string): string {
  return html.includes(moreMark) ? html.replaceAll(moreMark, '') : html
}

const mayHaveMore = /<!--\s*more\b/i
const moreComment = /^\s*more(?:\s.*)?$/is
const paragraphOfItsOwn = new RegExp(`<p>\\s*${moreMark}\\s*</p>\\n?`)

function firstMoreComment(html: string): { start: number; end: number } | null {
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
