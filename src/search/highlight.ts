import type { FoundWord } from './words.ts'
import { wordsIn } from './words.ts'

// Three lines of a list of hits.
const passageLength = 240
// A reader sees a few words of what leads to the first hit.
const leadLength = 40

/**
 * The passage of a text that has the most of the words sought, as HTML: what matches in `<mark>`, everything else escaped.
 * A text without them gives its beginning.
 *
 * @param isHit says of a word as the index has it whether it is one of those sought.
 */
export const highlight = (text: string, isHit: (word: string) => boolean): string => {
  const words = [...wordsIn(text)]
  const hits = words.filter(({ word }) => isHit(word))
  const start = startOf(words, hits)
  const end = endOf(words, start)
  const marked = marksOf(hits.filter((hit) => hit.start >= start && hit.end <= end))
  let html = start > 0 ? '…' : ''
  let at = start
  for (const mark of marked) {
    html += `${escaped(text.slice(at, mark.start))}<mark>${escaped(text.slice(mark.start, mark.end))}</mark>`
    at = mark.end
  }
  const rest = text.slice(at, end).trimEnd()
  return html + escaped(rest) + (text.slice(end).trim() === '' ? '' : '…')
}

/** Where the passage with the most different words begins, a little before its first hit. */
const startOf = (words: FoundWord[], hits: FoundWord[]): number => {
  let best = { start: 0, count: 0 }
  for (const [index, { start }] of hits.entries()) {
    const seen = new Set<string>()
    for (let at = index; (hits[at]?.end ?? Infinity) <= start + passageLength - leadLength; at++)
      seen.add(hits[at]?.word ?? '')
    if (seen.size > best.count) best = { start, count: seen.size }
  }
  if (best.start <= leadLength) return 0
  return words.find((word) => word.start >= best.start - leadLength)?.start ?? 0
}

const endOf = (words: FoundWord[], start: number): number => {
  const limit = start + passageLength
  const next = words.find((word) => word.start > start && word.end > limit)
  return next === undefined ? Infinity : Math.max(next.start, start + 1)
}

/** Pairs of characters overlap: what touches is one mark. */
const marksOf = (hits: FoundWord[]): { start: number; end: number }[] => {
  const marks: { start: number; end: number }[] = []
  for (const { start, end } of hits) {
    const last = marks.at(-1)
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else marks.push({ start, end })
  }
  return marks
}

const escaped = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[&<>"']/g, (sign) => entities[sign] ?? sign)

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
