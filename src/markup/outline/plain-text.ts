import { Parser } from 'htmlparser2'

/**
 * What a reader sees of a title or a name that may hold HTML: tags removed, entities decoded exactly once
 * (`&amp;lt;` is `&lt;`), white space collapsed. Angle brackets that make no HTML tag (`2 < 3`, `Vec<String>`) stay.
 */
export const plainText = (html: string): string => decoded(withoutTags(html)).replace(/\s+/g, ' ').trim()

const withoutTags = (html: string): string => {
  if (!html.includes('<')) return html
  return html
    .replace(comment, '')
    .replace(hidden, '')
    .replace(tag, (written, name: string) => {
      if (!isElement(name)) return written
      return separating.has(name.toLowerCase()) ? ' ' : ''
    })
}

const decoded = (text: string): string => {
  if (!text.includes('&')) return text
  let out = ''
  const parser = new Parser({ ontext: (chunk) => (out += chunk) })
  parser.end(text.replaceAll('<', '&lt;'))
  return out
}

// Neither looks past the next beginning of its kind, or a text of many beginnings would take minutes.
const comment = /<!--(?:(?!<!--).)*?-->/gs
const hidden = /<(script|style)\b[^<>]*>(?:(?!<\1\b).)*?<\/\1\s*>/gis
// Quoted attribute values may hold a ">".
const tag = /<\/?([a-z][a-z0-9-]*)(?=[\s/>])(?:"[^"<]*"|'[^'<]*'|[^'"<>])*>/gi

const separating = new Set('br p div li td th tr hr h1 h2 h3 h4 h5 h6 blockquote'.split(' '))

const elements = new Set(
  `a abbr acronym address area article aside audio b base bdi bdo big blink blockquote body br button canvas caption
  center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption
  figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label
  legend li link main map mark marquee math menu meta meter nav nobr noscript object ol optgroup option output p param
  picture pre progress q rb rp rt rtc ruby s samp script search section select slot small source span strike strong
  style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr`
    .trim()
    .split(/\s+/),
)

/** A name with a hyphen is a custom element; `Vec<String>` has neither a hyphen nor an element's name. */
const isElement = (name: string): boolean => name.includes('-') || elements.has(name.toLowerCase())
