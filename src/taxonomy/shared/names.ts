import { TakenError, ValidationError, type ValidationIssue } from '../../lib/errors.ts'
import { foldKey, textProblem } from '../../lib/text.ts'
import { withoutUnseen } from '../../lib/unseen.ts'
import { slugify, slugProblem } from '../../urls/slug.ts'
import type { Kind } from '../kinds.ts'

/** What a caller may say of a name. Absent leaves alone; a slug that is null is made from the name. */
export type NameInput = { name?: string | null; slug?: string | null }

/** Every problem of a name and a slug. */
export const nameIssues = (kind: Kind, { name, slug }: NameInput): ValidationIssue[] => {
  const ofName = name === undefined ? null : nameProblem(kind, name)
  const ofSlug = typeof slug === 'string' ? slugProblem(slug) : null
  return [...(ofName ? [issue('name', ofName)] : []), ...(ofSlug ? [issue('slug', ofSlug)] : [])]
}

/** The problem of a text beside the name, such as a description. */
export const textIssues = (field: string, text: string | null | undefined): ValidationIssue[] => {
  const problem = text == null ? null : textProblem(text, maxLength.text)
  return problem ? [issue(field, `The ${field} ${problem}.`)] : []
}

export const issue = (field: string, message: string): ValidationIssue => ({
  message,
  path: ['input', field],
})

export const refuse = (issues: ValidationIssue[]): void => {
  if (issues.length > 0) throw new ValidationError(issues)
}

/** The value that an input leaves behind. A text of nothing is no text: both clear. */
export const textOr = (given: string | null | undefined, before: string | null): string | null =>
  given === undefined ? before : given?.trim() ? given : null

/**
 * The slug that was given, or one that the name gives, with a number when it is taken. The caller holds `lockNames`.
 *
 * @throws TakenError when the given one belongs to another.
 */
export const slugFor = async (
  kind: Kind,
  slug: string | null | undefined,
  name: string,
  isTaken: (slug: string) => Promise<boolean>,
): Promise<string> => {
  if (slug == null) return freeSlug(slugify(name) || kind, isTaken)
  if (await isTaken(slug)) {
    throw new TakenError(`The slug "${slug}" belongs to another ${kind}; choose another one.`, [
      'input',
      'slug',
    ])
  }
  return slug
}

/** Which of some rows each word means, by the word: the one with that very slug, else the first with that name in any case. */
export const meant = <Row extends { slug: string; nameKey: string }>(
  words: string[],
  rows: Row[],
): Map<string, Row> => {
  const bySlug = new Map(rows.map((row) => [row.slug, row]))
  const byName = new Map(rows.toReversed().map((row) => [row.nameKey, row]))
  return new Map(
    words.flatMap((word) => {
      const row = bySlug.get(word) ?? byName.get(foldKey(word))
      return row ? [[word, row] as const] : []
    }),
  )
}

/** The slug itself, or with the next free number. */
export const freeSlug = async (
  wanted: string,
  isTaken: (slug: string) => Promise<boolean>,
): Promise<string> => {
  for (let number = 1; ; number++) {
    const slug = number === 1 ? wanted : `${wanted}-${number}`
    if (!(await isTaken(slug))) return slug
  }
}

// A name fits any page and menu; a text is what a page of its own begins with.
const maxLength = { name: 200, text: 5_000 }

const nameProblem = (kind: Kind, name: string | null): string | null => {
  if (name === null) return 'The name cannot be cleared; send a value or leave it out.'
  const problem = textProblem(name, maxLength.name)
  if (problem) return `The name ${problem}.`
  // A zero-width space is no name either.
  return withoutUnseen(name).trim() === '' ? `The name is empty; give the ${kind} a name.` : null
}
