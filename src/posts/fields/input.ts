import { ValidationError, type ValidationIssue } from '../../lib/errors.ts'
import { textProblem } from '../../lib/text.ts'
import { type ByName, type Kind, kindNames, kinds } from '../../taxonomy/kinds.ts'
import { ensureTerms, findTerms } from '../../taxonomy/shared/ensure.ts'
import { pathProblem, slugProblem } from '../../urls/slug.ts'
import type { Write } from '../../write/write.ts'
import { type Snapshot, termIdsBy } from '../revisions/snapshot.ts'
import { givenValues, maxSourceLength, type PostFieldsInput, postFieldNames, postFields } from './fields.ts'

/** What a caller may say about a post. Absent leaves alone, null clears. */
export type PostInput = PostFieldsInput & Partial<ByName<'plural', string[] | null>>

// A page of a list. A post of twenty years of blogs has a dozen at most.
const maxTerms = 100
const maxTermLength = 200

/**
 * The snapshot that the input makes of another one.
 *
 * @throws ValidationError with every issue at once.
 */
export const withInput = async (w: Write, base: Snapshot, input: PostInput): Promise<Snapshot> => {
  const issues: ValidationIssue[] = [
    ...textIssues(input),
    ...partIssues(input),
    ...pathIssues(input),
    ...otherIssues(input),
  ]
  const found = await knownIdsOf(w, input, issues)
  if (issues.length > 0) throw new ValidationError(issues)
  const made = await madeIdsOf(w, input)
  return {
    ...givenValues(input, base),
    ...termIdsBy((kind) => found.get(kind) ?? made.get(kind) ?? base[kinds[kind].idsField]),
  }
}

/** What is wrong with the texts of an input, before anything is looked up. */
export const textIssues = (input: PostInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  for (const field of postFieldNames) {
    const [text, { maxLength }] = [input[field], postFields[field]]
    const problem = maxLength && typeof text === 'string' ? textProblem(text, maxLength) : null
    if (problem) issues.push(issue(field, `The ${field} ${problem}.`))
  }
  for (const field of postFieldNames) {
    if (postFields[field].isRequired && input[field] === null)
      issues.push(issue(field, `The ${field} cannot be cleared; send a value or leave it out.`))
  }
  if (typeof input.title === 'string' && input.title.trim() === '') {
    issues.push(issue('title', 'The title is empty; give the post a title.'))
  }
  return issues
}

/** Of the texts within fields that have parts. */
const partIssues = (input: PostInput): ValidationIssue[] =>
  postFieldNames.flatMap((field) => {
    const { partMaxLength } = postFields[field]
    if (!partMaxLength) return []
    return Object.entries(input[field] ?? {}).flatMap(([part, text]) => {
      const problem = typeof text === 'string' ? textProblem(text, partMaxLength) : null
      return problem ? [issue(field, `The ${part} of ${field} ${problem}.`, part)] : []
    })
  })

const pathIssues = (input: PostInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  const slug = typeof input.slug === 'string' ? slugProblem(input.slug) : null
  if (slug) issues.push(issue('slug', slug))
  const path = typeof input.path === 'string' ? pathProblem(input.path) : null
  if (path) issues.push(issue('path', path))
  return issues
}

const otherIssues = (input: PostInput): ValidationIssue[] => {
  const issues: ValidationIssue[] = []
  const { metadata } = input
  if (metadata != null && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    issues.push(issue('metadata', 'The metadata must be a JSON object.'))
  } else if (metadata != null && !isStorable(metadata)) {
    issues.push(
      issue(
        'metadata',
        'The metadata contains a NUL character, half of a surrogate pair, or a key "__proto__"; remove it.',
      ),
    )
  }
  for (const field of kindNames.map((kind) => kinds[kind].plural)) {
    const count = input[field]?.length ?? 0
    if (count > maxTerms)
      issues.push(
        issue(
          field,
          `${field} has ${count} entries; at most ${maxTerms} are allowed. Name those that matter most.`,
        ),
      )
    for (const [index, word] of (input[field] ?? []).entries()) {
      const problem = word.trim() === '' ? 'is empty; leave it out' : textProblem(word, maxTermLength)
      if (problem) issues.push(issue(field, `Entry ${index + 1} of ${field} ${problem}.`, String(index)))
    }
  }
  return issues
}

/**
 * Whether every key and text of a JSON value can be stored; its depth is bounded by the request's limits. Prisma copies
 * objects key by key, on which `__proto__` would get lost without a word.
 */
const isStorable = (value: unknown): boolean => {
  if (typeof value === 'string') return textProblem(value, maxSourceLength) === null
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(
    ([key, entry]) => key !== '__proto__' && isStorable(key) && isStorable(entry),
  )
}

type Ids = Map<Kind, string[]>

/** Of the kinds whose terms have to be there already, by what the input says of them. */
const knownIdsOf = async (w: Write, input: PostInput, issues: ValidationIssue[]): Promise<Ids> => {
  const ids: Ids = new Map()
  for (const kind of kindNames.filter((kind) => !kinds[kind].isMadeByPosts)) {
    const { plural, isFoundByName } = kinds[kind]
    const given = input[plural]
    if (given === undefined) continue
    const words = lookedUp(given)
    const found = await findTerms(w.tx, kind, words)
    for (const word of words.filter((word) => !found.has(word))) {
      const message = isFoundByName
        ? `There is no ${kind} "${word}"; create it first or correct its slug or name.`
        : `There is no ${kind} with the slug "${word}"; create it first or correct the slug.`
      issues.push(issue(plural, message))
    }
    ids.set(kind, unique(words.flatMap((word) => found.get(word)?.id ?? [])))
  }
  return ids
}

/** Of the kinds whose terms are made where there are none yet. */
const madeIdsOf = async (w: Write, input: PostInput): Promise<Ids> => {
  const ids: Ids = new Map()
  for (const kind of kindNames.filter((kind) => kinds[kind].isMadeByPosts)) {
    const given = input[kinds[kind].plural]
    if (given === undefined) continue
    const words = unique(given ?? [])
    const found = await ensureTerms(w, kind, words)
    ids.set(kind, unique(words.flatMap((word) => found.get(word)?.id ?? [])))
  }
  return ids
}

/** Each word once, but for those that no row can have, and none of too many: they are issues already. */
const lookedUp = (words: string[] | null): string[] =>
  words === null || words.length > maxTerms
    ? []
    : unique(words).filter((word) => word.trim() !== '' && textProblem(word, maxTermLength) === null)

const issue = (field: string, message: string, ...rest: string[]): ValidationIssue => ({
  message,
  path: ['input', field, ...rest],
})

const unique = <T>(values: T[]): T[] => [...new Set(values)]
