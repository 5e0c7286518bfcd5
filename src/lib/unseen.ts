// What a text may hold that its reader does not see, or takes for something else.

// Control and format characters, which move, hide or turn round what stands beside them; line and paragraph separators;
// letters and marks that have no ink (Hangul fillers, variation selectors, the blank of Braille); half a surrogate pair.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/u
const everyUnseen = new RegExp(unseen, 'gu')

/** The first character that nobody sees, as `U+202E`; null when there is none. */
export const unseenIn = (text: string): string | null => {
  const [found] = unseen.exec(text) ?? []
  return found === undefined ? null : codePoint(found)
}

export const withoutUnseen = (text: string): string => text.replace(everyUnseen, '')

/** A text on one line in which everything is seen: what comes from outside is printed in a terminal like this. */
export const escapeUnseen = (text: string): string =>
  text.replace(everyUnseen, (found) => `\\u{${found.codePointAt(0)?.toString(16)}}`)

/** The same for JSON, whose value stays what it was. */
export const escapeUnseenInJson = (json: string): string =>
  json.replace(everyUnseen, (found) =>
    Array.from({ length: found.length }, (_, index) => `\\u${hex(found.charCodeAt(index))}`).join(''),
  )

/**
 * The one spelling of texts that look the same: Unicode's form KC (full width, ligatures, letters of mathematics). Thai and
 * Lao AM stay one letter, as they are written.
 */
export const plainForm = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/\u0e4d([\u0e48-\u0e4b]?)\u0e32/g, '$1\u0e33')
    .replace(/\u0ecd([\u0ec8-\u0ecb]?)\u0eb2/g, '$1\u0eb3')

/**
 * A word that mixes scripts so that it looks as if it were all Latin, such as "about" with a Cyrillic a, with Latin letters
 * in their place; null when there is none. A word that is all of one script stays what it is.
 */
export const latinise = (text: string): string | null => {
  const plain = text.replace(/[\p{L}\p{M}\p{N}]+/gu, (word) => {
    const isMixed = /[a-z]/i.test(word) && [...word].some((letter) => twins.has(letter))
    const looksLatin = [...word].every(
      (letter) => twins.has(letter) || !/(?!\p{Script=Latin})\p{L}/u.test(letter),
    )
    return isMixed && looksLatin ? withTwins(word, twins) : word
  })
  return plain === text ? null : plain
}

/** Two texts with the same skeleton could be taken for one another: case, marks, spaces and similar letters do not count. */
export const skeletonOf = (text: string): string =>
  withTwins(plainForm(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase(), similar)
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')

const withTwins = (text: string, map: ReadonlyMap<string, string>): string =>
  [...text].map((letter) => map.get(letter) ?? letter).join('')

const pairs = (letters: string, latin: string): [string, string][] => {
  const to = [...latin]
  return [...letters].map((letter, index) => [letter, to[index] ?? ''])
}

// Cyrillic, Greek, Armenian, Coptic and phonetic letters that have the shape of a Latin one.
const twins = new Map([
  ...pairs('аеорсухѕіјһԁԛԝӏѵү', 'aeopcyxsijhdqwlvy'),
  ...pairs('АВЕКМНОРСТУХЅІЈԌԚԜҮ', 'ABEKMHOPCTYXSIJGQWY'),
  ...pairs('ονΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ovABEZHIKMNOPTYX'),
  ...pairs('օսհոցⲟⲥɑɡ', 'ouhngocag'),
])

// Beyond these, what is taken for another letter at a glance.
const similar = new Map([
  ...twins,
  ...pairs('кмтгвнп', 'kmtrbhn'),
  ...pairs('αβειγκρτυχηω', 'abeiykptuxnw'),
  ...pairs('1l|ıɩ0$5', 'iiiiioss'),
])

const codePoint = (character: string): string => `U+${hex(character.codePointAt(0) ?? 0).toUpperCase()}`
const hex = (code: number): string => code.toString(16).padStart(4, '0')
