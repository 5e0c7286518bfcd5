import { asTextIfTooDeep } from './depth.ts'
import { automaticExcerpt, cutAtMore, type Excerpt } from './excerpt.ts'
import { giveHeadingsIds, type Heading } from './heading-ids.ts'
import { htmlToMarkdown } from './html-to-markdown.ts'
import { markdownToHtml } from './markdown.ts'
import { markMore, withoutMarks } from './more-mark.ts'
import { type Image, type Outline, outline } from './outline.ts'
import { sanitise } from './sanitise.ts'
import { countWords } from './words.ts'

export type PostSource = {
  source: string
  format: 'MARKDOWN' | 'HTML'
  /** An excerpt written by hand, in the post's format. Null, undefined and blank mean that there is none. */
  excerpt?: string | null
}

export type Rendered = {
  /** Sanitised HTML: safe to put into a page as it is. */
  content: string
  /** The content as plain text: entities decoded once, block boundaries as newlines. */
  text: string
  /** The content as Markdown, whatever it was written in. */
  markdown: string
  /** Sanitised, well-formed HTML. */
  excerptHtml: string
  excerptText: string
  excerptMarkdown: string
  excerptSource: 'MANUAL' | 'MORE_MARKER' | 'AUTOMATIC'
  images: Image[]
  headings: Heading[]
  wordCount: number
}

/** To be raised when the same source makes something else: posts that an older version saved are rendered again. */
export const rendererVersion = 1

/** Makes everything that readers see of a post from what its author wrote. Pure; never throws. */
export function renderPost({ source, format, excerpt }: PostSource): Rendered {
  const html = sanitise(markMore(toHtml(source, format)))
  const found = outline(html)
  const { html: withIds, headings } = giveHeadingsIds(html, found)
  const content = withoutMarks(withIds)
  return {
    content,
    text: found.text,
    markdown: htmlToMarkdown(content),
    ...excerptOf(excerpt, format, html, found),
    images: found.images,
    headings,
    wordCount: countWords(found.text),
  }
}

function toHtml(source: string, format: PostSource['format']): string {
  return asTextIfTooDeep(format === 'MARKDOWN' ? markdownToHtml(source) : source)
}

function excerptOf(
  written: string | null | undefined,
  format: PostSource['format'],
  html: string,
  found: Outline,
): Pick<Rendered, 'excerptHtml' | 'excerptText' | 'excerptMarkdown' | 'excerptSource'> {
  if (written?.trim()) return excerptFrom('MANUAL', manualExcerpt(written, format))
  const cut = cutAtMore(html, found.more)
  if (cut !== null) return excerptFrom('MORE_MARKER', cut)
  return excerptFrom('AUTOMATIC', automaticExcerpt(found.text))
}

function manualExcerpt(written: string, format: PostSource['format']): Excerpt {
  const html = sanitise(toHtml(written, format)).trim()
  return { html, text: outline(html).text }
}

function excerptFrom(excerptSource: Rendered['excerptSource'], { html, text }: Excerpt) {
  return { excerptHtml: html, excerptText: text, excerptMarkdown: htmlToMarkdown(html), excerptSource }
}
