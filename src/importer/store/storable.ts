import { textProblem } from '../../lib/text.ts'
import { kinds } from '../../taxonomy/kinds.ts'
import type { ImportEntry, ImportFinding } from '../entry.ts'
import { problem, Refused } from '../outcome.ts'

type StoredEntry = Exclude<ImportEntry, { kind: 'finding' }>

/**
 * Refuses what cannot be kept, wherever it stands (NUL, half of a surrogate pair, a key `__proto__`), and what is longer
 * than the API itself would take. A source that has looked already passes.
 *
 * @throws Refused with a finding for each field.
 */
export const refuseUnstorable = (entry: StoredEntry): void => {
  const [name, fields] = fieldsOf(entry)
  const findings: ImportFinding[] = []
  for (const [field, value] of Object.entries(fields)) {
    for (const text of textsIn(value)) {
      const wrong = problemOf(text, maxLength[field])
      if (wrong === null) continue
      const [rule, what, action] = wrong
      findings.push(problem(name, rule, `The field "${field}" ${what}.`, action))
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
  ...Object.fromEntries(Object.values(kinds).map(({ plural }) => [plural, term])),
  file: indexed,
  path: indexed,
  redirectFrom: indexed,
  guid: indexed,
  sourceId: indexed,
  legacyId: indexed,
}

const problemOf = (
  { text, isKey }: Text,
  limit = Number.POSITIVE_INFINITY,
): [string, string, string] | null => {
  if (isKey && text === '__proto__') return ['unstorable-key', 'has the key "__proto__"', 'Rename the key.']
  if (text.length > limit) {
    return ['too-long', `is ${text.length} characters long; at most ${limit} are allowed`, 'Shorten it.']
  }
  const what = textProblem(text, limit)
  return what === null ? null : ['unstorable-character', what, 'Remove the character.']
}

const fieldsOf = (entry: StoredEntry): [string, object] => {
  if (entry.kind === 'post') return [entry.post.file, entry.post]
  return [`${entry.kind} ${entry.term.slug}`, entry.term]
}

type Text = { text: string; isKey: boolean }

/** Every text in a value, keys included. Prisma copies objects key by key, on which `__proto__` would get lost. */
function* textsIn(value: unknown): Generator<Text> {
  if (typeof value === 'string') yield { text: value, isKey: false }
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      yield { text: key, isKey: true }
      yield* textsIn(inner)
    }
  }
}
