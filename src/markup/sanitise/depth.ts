import { Parser } from 'htmlparser2'

/**
 * HTML as it is, or, when its elements are nested deeper than any post's, the text that it is. The parsers move their
 * whole stack for every element: 200,000 unclosed ones (1 MB) would take 10 s.
 */
export const asTextIfTooDeep = (html: string): string => {
  if (!hasManyTags(html) || !isDeeperThan(deepest, html)) return html
  return html.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

const deepest = 2_000

const hasManyTags = (html: string): boolean => {
  if (html.length < deepest * '<b>'.length) return false
  let count = 0
  for (let at = html.indexOf('<'); at >= 0; at = html.indexOf('<', at + 1)) if (++count > deepest) return true
  return false
}

const isDeeperThan = (limit: number, html: string): boolean => {
  let depth = 0
  const parser = new Parser({ onopentagname: () => depth++, onclosetag: () => depth-- })
  // Piece by piece, so that it can stop as soon as it knows.
  for (let at = 0; at < html.length; at += pieceLength) {
    parser.write(html.slice(at, at + pieceLength))
    if (depth > limit) return true
  }
  return false
}

const pieceLength = 16_384
