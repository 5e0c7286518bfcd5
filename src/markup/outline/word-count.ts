/** How many words a text has. In scripts written without spaces (Chinese, Japanese, Thai …) a dictionary finds them. */
export const countWords = (text: string): number => {
  const tokens = text.match(/\S+/g) ?? []
  if (!withoutSpaces.test(text)) return tokens.filter((token) => letterOrDigit.test(token)).length
  let count = 0
  for (const token of tokens) {
    if (withoutSpaces.test(token)) count += wordSegments(token).length
    else if (letterOrDigit.test(token)) count++
  }
  return count
}

/** The first `limit` words, cut between two words, with white space collapsed; `isCut` says whether more follow. */
export const firstWords = (text: string, limit: number): { words: string; isCut: boolean } => {
  const kept: string[] = []
  let left = limit
  for (const [token] of text.matchAll(/\S+/g)) {
    if (left === 0) return { words: kept.join(' '), isCut: true }
    if (!withoutSpaces.test(token)) {
      kept.push(token)
      left--
      continue
    }
    const words = wordSegments(token)
    const end = words[left]?.index
    if (end !== undefined) {
      kept.push(token.slice(0, end))
      return { words: kept.join(' '), isCut: true }
    }
    kept.push(token)
    left -= words.length
  }
  return { words: kept.join(' '), isCut: false }
}

const letterOrDigit = /[\p{L}\p{N}]/u
const withoutSpaces =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u
// No locale: the segmenter chooses its dictionary by script.
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

const wordSegments = (token: string): Intl.SegmentData[] =>
  [...segmenter.segment(token)].filter((segment) => segment.isWordLike)
