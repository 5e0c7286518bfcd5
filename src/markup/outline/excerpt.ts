import { outline } from './outline.ts'
import { firstWords } from './word-count.ts'

export type Excerpt = { html: string; text: string }

/** What stands before the mark of `<!--more-->`, with the elements closed that are open there; null when it shows nothing. */
export const cutAtMore = (html: string, at: number | null): Excerpt | null => {
  if (at === null) return null
  let head = withoutTrailingBreaks(html.slice(0, at))
  const open = openTags(head)
  // An element that the mark leaves empty is not opened at all.
  for (let last = open.at(-1); last !== undefined && last.end === head.length; last = open.at(-1)) {
    head = withoutTrailingBreaks(head.slice(0, last.start))
    open.pop()
  }
  const cut =
    head +
    open
      .map(({ name }) => `</${name}>`)
      .reverse()
      .join('')
  const { text, images } = outline(cut)
  return text === '' && images.length === 0 ? null : { html: cut, text }
}

/** The first 55 words of the text, as one paragraph: what WordPress shows of a post without an excerpt. */
export const automaticExcerpt = (text: string): Excerpt => {
  const first = firstWords(text, automaticExcerptWords)
  const isLong = first.words.length > automaticExcerptLength
  const words = isLong ? first.words.slice(0, automaticExcerptLength).toWellFormed() : first.words
  const excerpt = first.isCut || isLong ? `${words.replace(/[\s.,;:!?…–—-]+$/, '')}…` : words
  return { html: excerpt === '' ? '' : `<p>${escaped(excerpt)}</p>`, text: excerpt }
}

const automaticExcerptWords = 55 // WordPress's excerpt_length
const automaticExcerptLength = 1000 // 55 words are near 350 characters; what has no spaces (base64, a log) is cut here

// The sanitiser writes tags one way only: no ">" in an attribute, void elements with a slash.
const writtenTag = /<(\/?)([a-z][a-z0-9]*)[^>]*?(\/?)>/g

/** The elements that sanitised HTML has opened and not closed where it is cut off, the outermost first. */
const openTags = (head: string): { name: string; start: number; end: number }[] => {
  const open: { name: string; start: number; end: number }[] = []
  for (const { 0: tag, 1: isClose, 2: name = '', 3: isVoid, index: start } of head.matchAll(writtenTag)) {
    if (isClose) open.pop()
    else if (!isVoid) open.push({ name, start, end: start + tag.length })
  }
  return open
}

const withoutTrailingBreaks = (html: string): string => {
  let kept = html.trimEnd()
  while (kept.endsWith('<br />')) kept = kept.slice(0, -'<br />'.length).trimEnd()
  return kept
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
