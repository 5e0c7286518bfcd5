import { textProblem } from '../text.ts'
import type { ImportEntry, ImportFinding } from './item.ts'
import { problem, Refused } from './outcome.ts'

type StoredEntry = Exclude<ImportEntry, { kind: 'finding' }>

/**
 * Refuses what no database text can hold (NUL, half of a surrogate pair), wherever it stands, and what is longer than
 * the API itself would take. A source that has looked already passes.
 *
 * @throws Refused with a finding for each field.
 */
export const refuseUnstorable = (entry: StoredEntry): void => {
  const [name, fields] = fieldsOf(entry)
  const findings: ImportFinding[] = []
  for (const [field, value] of Object.entries(fields)) {
    for (const text of textsIn(value)) {
      const wrong = textProblem(text, maxLength[field] ?? Number.POSITIVE_INFINITY)
      if (wrong === null) continue
      const isLong = wrong.startsWith('is ')
      const action = isLong ? 'Shorten it.' : 'Remove the character.'
      const rule = isLong ? 'too-long' : 'unstorable-character'
      findings.push(problem(name, rule, `The field "${field}" ${wrong}.`, action))
      break
    }
  }
  if (findings.length > 0) throw new Refused(findings)
}

const term = 200
const indexed = 800 // an index entry of PostgreSQL has at most 2,704 bytes, and a UTF-16 unit up to 3

const maxLength: Record<string, number> = {
  title: 1_000,
  excerpt: 20_000,
  source: 5_000_000,
  layout: term,
  name: term,
  slug: term,
  authors: term,
  categories: term,
  tags: term,
  file: indexed,
  path: indexed,
  redirectFrom: indexed,
  guid: indexed,
  sourceId: indexed,
  legacyId: indexed,
}

const fieldsOf = (entry: StoredEntry): [string, object] => {
  if (entry.kind === 'post') return [entry.post.file, entry.post]
  if (entry.kind === 'author') return [`author ${entry.author.slug}`, entry.author]
  return [`category ${entry.category.slug}`, entry.category]
}

/** Every text in a value, keys included. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield key
      yield* textsIn(inner)
    }
  }
}
