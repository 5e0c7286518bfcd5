import { asTextIfTooDeep } from './depth.ts'
import { automaticExcerpt, cutAtMore, type Excerpt } from './excerpt.ts'
import { giveHeadingsIds } from './heading-ids.ts'
import { htmlToMarkdown } from './html-to-markdown.ts'
import { markdownToHtml } from './markdown.ts'
import { markMore, withoutMarks } from './more-mark.ts'
import { type Outline, outline } from './outline.ts'
import type { PostSource, Rendered } from './rendered.ts'
import { sanitise } from './sanitise.ts'
import { countWords } from './words.ts'

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
