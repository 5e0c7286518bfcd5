import { Parser } from 'htmlparser2'
import type { Image } from '../rendered.ts'
import { BlockText } from './block-text.ts'

export type FoundHeading = {
  level: number
  text: string
  /** Where its opening tag is in the HTML: from `<` to just after `>`. */
  tagStart: number
  tagEnd: number
  id: string | null
}

export type Outline = {
  text: string
  images: Image[]
  headings: FoundHeading[]
  /** Every id in the HTML, so that a made one does not repeat one of them. */
  ids: Set<string>
}

/** Reads sanitised HTML once and says what is in it. */
export const outline = (html: string): Outline => {
  const text = new BlockText()
  const images: Image[] = []
  const headings: FoundHeading[] = []
  const ids = new Set<string>()
  let heading: FoundHeading | null = null

  const parser = new Parser({
    onopentag(name, attributes) {
      text.open(name)
      if (headingTag.test(name)) {
        const id = attributes.id || null
        const [tagStart, tagEnd] = [parser.startIndex, parser.endIndex + 1]
        heading = { level: Number(name[1]), text: '', tagStart, tagEnd, id }
        headings.push(heading)
      } else if (attributes.id) {
        ids.add(attributes.id)
      }
      if (name === 'img') {
        if (attributes.src) images.push(imageOf(attributes, attributes.src))
        if (heading) heading.text += ` ${attributes.alt ?? ''} `
      } else if (name === 'br' && heading) {
        heading.text += ' '
      }
    },
    ontext(chunk) {
      text.add(chunk)
      if (heading) heading.text += chunk
    },
    onclosetag(name) {
      text.close(name)
      if (heading && headingTag.test(name)) {
        heading.text = heading.text.replace(/\s+/g, ' ').trim()
        heading = null
      }
    },
  })
  parser.end(html)
  return { text: text.value(), images, headings, ids }
}

const headingTag = /^h[1-6]$/

const imageOf = (attributes: Record<string, string>, url: string): Image => ({
  url: url.trim(),
  alt: attributes.alt ?? null,
  title: attributes.title ?? null,
  width: pixels(attributes.width),
  height: pixels(attributes.height),
})

/** `200` and `200px` are pixels; `50%` and `12em` say nothing about the image's size. */
const pixels = (written: string | undefined): number | null => {
  const digits = /^\s*(\d{1,6})(?:px)?\s*$/i.exec(written ?? '')?.[1]
  return digits === undefined ? null : Number(digits)
}
