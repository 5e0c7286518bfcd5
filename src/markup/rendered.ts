export type PostSource = {
  source: string
  format: 'MARKDOWN' | 'HTML'
  /** An excerpt written by hand, in the post's format. Null, undefined and blank mean that there is none. */
  excerpt?: string | null
  /** Of what was imported: parts of it are hidden there. */
  dialect?: SourceDialect | null
}

export type SourceDialect = 'JEKYLL' | 'KRAMDOWN'

export type Image = {
  url: string
  /** Null when the author gave none; '' when they said that the image is decoration. */
  alt: string | null
  title: string | null
  /** Pixels; null when not given or not a whole number of pixels. */
  width: number | null
  height: number | null
}

export type Heading = { level: number; id: string; text: string }

/** What readers see of a post. */
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
export const rendererVersion = 3
