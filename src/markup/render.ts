import { CannotRender } from './cannot-render.ts'
import { automaticExcerpt, cutAtMore, type Excerpt } from './outline/excerpt.ts'
import { giveHeadingsIds } from './outline/heading-ids.ts'
import { htmlToMarkdown } from './outline/html-to-markdown.ts'
import { outline } from './outline/outline.ts'
import { countWords } from './outline/word-count.ts'
import type { PostSource, Rendered } from './rendered.ts'
import { asTextIfTooDeep } from './sanitise/depth.ts'
import { sanitise } from './sanitise/sanitise.ts'
import { withoutHidden } from './source/hidden.ts'
import { markdownToHtml } from './source/markdown.ts'
import { markMore, takeMark } from './source/more-mark.ts'

/**
 * Makes everything that readers see of a post from what its author wrote. Pure. Nothing but the ids of headings is added behind
 * the gate, as the gate would let them through: to sanitise the result again changes nothing.
 *
 * @throws CannotRender when it would be too large.
 */
export const renderPost = ({ source, format, excerpt, dialect }: PostSource): Rendered => {
  const marked = markMore(toHtml({ source, format, dialect }))
  const { html, at } = takeMark(sanitise(marked.html, marked.mark ?? undefined), marked.mark)
  const found = outline(html)
  const { html: content, headings } = giveHeadingsIds(html, found)
  refuseTooLarge({ characters: content.length, headings: headings.length, images: found.images.length })
  return {
    content,
    text: found.text,
    markdown: htmlToMarkdown(content),
    ...excerptOf({ source: excerpt ?? '', format, dialect }, { html, at, text: found.text }),
    images: found.images,
    headings,
    wordCount: countWords(found.text),
  }
}

// A book has some hundred of each; all of them are kept with the post, and read with it.
const most = { characters: 10_000_000, headings: 10_000, images: 10_000 }

const refuseTooLarge = (found: typeof most): void => {
  for (const what of ['characters', 'headings', 'images'] as const) {
    if (found[what] <= most[what]) continue
    throw new CannotRender(
      `The source makes HTML of ${found[what]} ${what}; at most ${most[what]} are kept. Split it into several posts.`,
    )
  }
}

const toHtml = (written: PostSource): string => {
  const { format } = written
  const source = withoutHidden(written)
  return asTextIfTooDeep(format === 'MARKDOWN' ? markdownToHtml(source) : source)
}

const excerptOf = (
  written: PostSource,
  content: { html: string; at: number | null; text: string },
): Pick<Rendered, 'excerptHtml' | 'excerptText' | 'excerptMarkdown' | 'excerptSource'> => {
  if (written.source.trim()) return excerptFrom('MANUAL', manualExcerpt(written))
  const cut = cutAtMore(content.html, content.at)
  if (cut !== null) return excerptFrom('MORE_MARKER', cut)
  return excerptFrom('AUTOMATIC', automaticExcerpt(content.text))
}

const manualExcerpt = (written: PostSource): Excerpt => {
  const html = sanitise(toHtml(written)).trim()
  return { html, text: outline(html).text }
}

const excerptFrom = (excerptSource: Rendered['excerptSource'], { html, text }: Excerpt) => ({
  excerptHtml: html,
  excerptText: text,
  excerptMarkdown: htmlToMarkdown(html),
  excerptSource,
})
