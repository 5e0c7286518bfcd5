import anyAscii from 'any-ascii'
import { escapeUnseen, latinise, plainForm, unseenIn, withoutUnseen } from '../lib/unseen.ts'

/**
 * A slug for a text in any script: lower-case ASCII letters, digits and hyphens, cut between two words.
 * Empty only for a text that has no letter and no digit (punctuation, emoji).
 */
export const slugify = (text: string, maxLength = 200): string => {
  const named = text.normalize('NFC').replace(pictographs, ' ').replace(symbolsOfNames, nameOfSymbol)
  const slug = hyphenated(anyAscii(named))
  if (slug !== '') return cut(slug, maxLength)
  return letterOrDigit.test(text) ? cut(codePoints(text), maxLength) : ''
}

/** Why a slug that someone chose cannot be used, as a sentence that says what to do; null when it can. */
export const slugProblem = (slug: string): string | null => {
  const length = [...slug].length
  if (length < 1 || length > 200) return `The slug has ${length} characters; give it 1 to 200.`
  if (slug !== slug.normalize('NFC')) {
    return `The slug "${slug}" is not in Unicode normal form C; write "${advisedSlug(slug)}".`
  }
  if (slug === '.' || slug === '..')
    return `The slug "${slug}" means a folder in an address; choose another one.`
  if (slug !== slug.toLowerCase()) {
    return `The slug "${slug}" has upper-case letters; write "${advisedSlug(slug)}".`
  }
  if (!slugCharacters.test(slug)) {
    return `The slug "${escapeUnseen(slug)}" may have letters and digits of any script, "-", "_" and "."; write "${advisedSlug(slug)}" or the like.`
  }
  const unseen = unseenIn(slug)
  if (unseen !== null)
    return `The slug "${escapeUnseen(slug)}" has a character that nobody sees (${unseen}); write "${advisedSlug(slug)}".`
  if (slug !== plainForm(slug))
    return `The slug "${slug}" does not look like what it is; write "${advisedSlug(slug)}".`
  const latin = latinise(slug)
  if (latin !== null)
    return `The slug "${slug}" mixes letters of several scripts that look alike; write "${latin}".`
  return null
}

/** Why a path that someone chose cannot be used, as a sentence that says what to do; null when it can. */
export const pathProblem = (path: string): string | null => {
  if (path.length > maxPathLength) {
    return `The path has ${path.length} characters; at most ${maxPathLength} are allowed.`
  }
  if (!path.startsWith('/')) return `The path "${path}" must start with a slash; write "/${path}".`
  const unseen = unseenIn(path.replace(joiners, ''))
  if (unseen !== null) {
    return `The path has control characters, others that nobody sees or broken Unicode (${unseen}); remove them.`
  }
  if (path !== path.normalize('NFC')) {
    return `The path "${path}" is not in Unicode normal form C; send it as "${path.normalize('NFC')}".`
  }
  const plain = path.replace(twins, (twin) => twin.normalize('NFKC'))
  const latin = latinise(plain)
  if (path !== plain || latin !== null) {
    return `The path "${path}" does not look like what it is; write "${latin ?? plain}".`
  }
  if (/[?#\\]/.test(path)) return `The path "${path}" must not have "?", "#" or "\\"; give the path alone.`
  if (path.includes('//')) return `The path "${path}" has an empty part; write one slash instead of two.`
  if (/\/\.\.?(?:\/|$)/.test(path))
    return `The path "${path}" has a "." or ".." part; write where it leads to.`
  if (/%[0-9a-f]{2}/i.test(path)) {
    return `The path "${path}" has percent-escapes; write the characters they stand for.`
  }
  if (brokenEscape.test(path)) {
    return `The path "${path}" has a "%" that follows no letter and no digit; write the character that it was to stand for, or a word.`
  }
  return null
}

/** A slug that can be used, as near as can be to one that cannot. */
const advisedSlug = (slug: string): string => {
  const seen = withoutUnseen(slug)
  const plain = plainForm(plainForm(seen).toLowerCase())
  const latin = latinise(plain) ?? plain
  return slugCharacters.test(latin) ? latin : slugify(seen) || 'a-word'
}

// As in "100%" it is a sign like any other; elsewhere it is what is left of an escape.
const brokenEscape = /(?<![\p{L}\p{N}])%/u
const maxPathLength = 800 // an index entry of PostgreSQL holds 2,704 bytes, and a character up to three

const letterOrDigit = /[\p{L}\p{N}]/u
// Marks, too: Devanagari, Thai and Arabic words cannot be written without them.
const slugCharacters = /^[\p{L}\p{M}\p{N}._-]+$/u
// Within a word of a script whose letters join, they are seen by what they do to their neighbours.
const joiners =
  /(?<=[\p{M}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}])[\u200c\u200d](?=[\p{L}\p{M}])/gu
// Full-width letters and digits, ligatures and the alphabets of mathematics: other signs may be compatible, but look so.
const twins = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\ufb00-\ufb06\u{1d400}-\u{1d7ff}]/gu
const pictographs = /\p{Extended_Pictographic}/gu
// C, C++ and C# are three tags.
const symbolsOfNames = /(?<=[\p{L}\p{N}])(?:\++|#)(?![\p{L}\p{N}])/gu

const nameOfSymbol = (symbol: string): string => (symbol === '#' ? '-sharp' : '-plus'.repeat(symbol.length))

const hyphenated = (ascii: string): string =>
  ascii
    .toLowerCase()
    .replaceAll("'", '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')

const cut = (slug: string, maxLength: number): string => {
  if (slug.length <= maxLength) return slug
  const start = slug.slice(0, maxLength + 1)
  const lastHyphen = start.lastIndexOf('-')
  // One word that is longer than everything is cut inside.
  return lastHyphen > 0 ? start.slice(0, lastHyphen) : start.slice(0, maxLength)
}

/** For the few letters that have no romanisation. */
const codePoints = (text: string): string => {
  const letters = text.match(new RegExp(letterOrDigit, 'gu')) ?? []
  return letters.map((letter) => `u${(letter.codePointAt(0) ?? 0).toString(16)}`).join('-')
}
