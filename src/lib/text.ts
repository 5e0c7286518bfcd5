import { withoutUnseen } from './unseen.ts'

/**
 * The key by which titles and names are sorted and compared: case-folded, composed and without what nobody sees, the same on
 * every database.
 */
export const foldKey = (text: string): string =>
  withoutUnseen(text.normalize('NFKC').replace(/\s/g, ' '))
    .toLowerCase()
    .trim()
    .replace(/\s+/g, ' ')
    .slice(0, maxKeyLength)
    .toWellFormed()

const maxKeyLength = 800 // keys are indexed: an index entry of PostgreSQL holds 2,704 bytes, a UTF-16 unit takes up to 3

/** Why PostgreSQL or a reader could not take this text as it is, or null. */
export const textProblem = (text: string, maxLength: number): string | null => {
  if (text.includes('\0')) return 'contains a NUL character, which no database text can hold; remove it'
  if (!text.isWellFormed()) return 'contains half of a surrogate pair; send well-formed Unicode'
  if (text.length > maxLength) return `is ${text.length} characters long; at most ${maxLength} are allowed`
  return null
}
