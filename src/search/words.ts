/** A stretch of a text with the word by which it is found. */
export type FoundWord = { word: string; start: number; end: number; isLastOfRun: boolean }

/**
 * The words of a text, regardless of capitals, accents and signs, each with where it stands. Scripts that are written
 * without spaces, and Korean, give every two neighbouring characters and the last one alone: found without a dictionary,
 * and the same by every version of this program and of the database.
 */
export function* wordsIn(text: string): Generator<FoundWord> {
  for (const match of text.matchAll(runs)) {
    const [run] = match
    for (const found of wordsOfRun(run, match.index)) if (found.word !== '') yield found
  }
}

/**
 * The words of a text for the index, with a space between, and no more of them than an index entry holds.
 *
 * @param budget in bytes.
 */
export const indexableWords = (text: string, budget = budgets.body): string => {
  const words: string[] = []
  const known = new Set<string>()
  let left = budget
  for (const { word } of wordsIn(text)) {
    // Once more is one position more; a new one has its text and its own entry.
    left -= known.has(word) ? 2 : Buffer.byteLength(word) + entryBytes
    if (left < 0) break
    known.add(word)
    words.push(word)
  }
  return words.join(' ')
}

/** What a caller searches for: all of these. `isPrefix`: the word may go on. */
export type SoughtWord = { word: string; isPrefix: boolean }

/** The words of a query. The last one may still be being typed, and one character of an unspaced script begins a pair. */
export const soughtWords = (query: string): SoughtWord[] => {
  const words = [...wordsIn(query)]
  const sought = words.flatMap(({ word, isLastOfRun, end }, index) => {
    const before = words[index - 1]
    // The last pair of a run says all that its last character would.
    if (isLastOfRun && before?.end === end) return []
    return [{ word, isPrefix: isLastOfRun || index === words.length - 1 }]
  })
  const byWord = new Map(sought.map((one) => [`${one.word}${one.isPrefix}`, one]))
  return [...byWord.values()]
}

// A tsvector holds 1,048,575 bytes, and in a language with stems every word twice.
const budgets = { body: 350_000 }
const entryBytes = 8
// A lexeme holds 2,046 bytes; longer than this is no word, yet its beginning can be found.
const maxWordLength = 100

const letters = String.raw`[\p{L}\p{N}\p{M}]`
const spaceless = `[${['Hani', 'Hira', 'Kana', 'Hang', 'Bopo', 'Thai', 'Laoo', 'Khmr', 'Mymr'].map((script) => `\\p{scx=${script}}`).join('')}]`
const runs = new RegExp(`[${letters}&&${spaceless}]+|[${letters}--${spaceless}]+`, 'gv')
const unspaced = new RegExp(`^${spaceless}`, 'v')
// A character with its marks, the half-width voiced ones of Japanese among them.
const units = /.[\p{M}\u{FF9E}\u{FF9F}]*/gsu

/** A run of marks alone, without a letter to stand on, is a word of nothing. */
const wordsOfRun = (run: string, at: number): Iterable<FoundWord> =>
  unspaced.test(run) ? pairsIn(run, at) : [{ ...standing(run, at, at + run.length), isLastOfRun: false }]

function* pairsIn(run: string, at: number): Generator<FoundWord> {
  let before: { text: string; start: number } | null = null
  for (const match of run.matchAll(units)) {
    const unit = { text: match[0], start: at + match.index }
    const end = unit.start + unit.text.length
    if (before) yield { ...standing(before.text + unit.text, before.start, end), isLastOfRun: false }
    before = unit
  }
  if (before) yield { ...standing(before.text, before.start, at + run.length), isLastOfRun: true }
}

const standing = (text: string, start: number, end: number) => ({ word: fold(text), start, end })

const fold = (text: string): string => {
  const folded = isAscii.test(text) ? text.toLowerCase() : foldMarks(text)
  return folded.length > maxWordLength ? folded.slice(0, maxWordLength).toWellFormed() : folded
}

const isAscii = /^[\x20-\x7e]*$/

/** Accents go; the marks of other scripts are letters of their own and stay. */
const foldMarks = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replaceAll('ς', 'σ')
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '')
