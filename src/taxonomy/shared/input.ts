import { NotFoundError, type ValidationIssue } from '../../lib/errors.ts'
import { textProblem } from '../../lib/text.ts'
import { type Kind, kinds } from '../kinds.ts'
import { issue, type NameInput, nameIssues, refuse, textIssues } from './names.ts'
import type { TreeKind } from './rows.ts'

type FieldOf<K extends Kind> = K extends Kind ? keyof (typeof kinds)[K]['fields'] & string : never

/** What a caller may say of a term. Absent leaves alone, null clears: what has no parent is a root. */
export type TermInput<K extends Kind = Kind> = NameInput & { [F in FieldOf<K>]?: string | null } & {
  [F in K extends TreeKind ? 'parentId' : never]?: string | null
}

/** What is written of a term beside its name and its slug: the fields of its row in the table of kinds. */
export const writtenFieldsOf = (kind: Kind): [field: FieldOf<Kind>, is: 'text' | 'url'][] =>
  Object.entries(kinds[kind].fields) as [FieldOf<Kind>, 'text' | 'url'][]

/** Every problem of the input. */
export const termIssues = (kind: Kind, input: TermInput): ValidationIssue[] => [
  ...nameIssues(kind, input),
  ...writtenFieldsOf(kind).flatMap(([field, is]) =>
    (is === 'url' ? urlIssues : textIssues)(field, input[field]),
  ),
]

/** The URL that an input leaves behind, as browsers write it: they agree on what is odd in it. */
export const urlOr = (given: string | null | undefined, before: string | null): string | null =>
  given === undefined ? before : given === null ? null : new URL(given).href

// What every browser and server takes.
const maxUrlLength = 2_000

const urlIssues = (field: string, url: string | null | undefined): ValidationIssue[] => {
  if (url == null) return []
  const problem = textProblem(url, maxUrlLength)
  if (problem) return [issue(field, `The ${field} ${problem}.`)]
  // A link of another scheme, such as javascript:, would run in the reader's page.
  if (/^https?:\/\//i.test(url) && URL.canParse(url)) return []
  return [
    issue(
      field,
      `The ${field} ${JSON.stringify(url)} is no http or https address; write it like https://example.com/jane.`,
    ),
  ]
}

export type MergeInput = { sourceIds: string[]; targetId: string }

/** The ids of what goes into the target, each once. */
export const sourcesOf = ({ sourceIds, targetId }: MergeInput): string[] => {
  const issues: ValidationIssue[] = []
  if (sourceIds.length === 0) issues.push(issue('sourceIds', 'Nothing is named that could be merged.'))
  if (sourceIds.length > maxSources)
    issues.push(
      issue('sourceIds', `sourceIds has ${sourceIds.length} entries; at most ${maxSources} are allowed.`),
    )
  if (sourceIds.includes(targetId))
    issues.push(issue('sourceIds', 'The target is among the sources; nothing can be merged into itself.'))
  refuse(issues)
  return [...new Set(sourceIds)]
}

/** The rows of a merge in the order of the ids; refuses ids of nothing. */
export const mergedRows = <Row extends { id: string }>(
  kind: Kind,
  sourceIds: string[],
  targetId: string,
  rows: Row[],
): { sources: Row[]; target: Row } => {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const found = (id: string, path: string[]): Row => {
    const row = byId.get(id)
    if (!row) throw new NotFoundError(`There is no ${kind} with the id "${id}".`, ['input', ...path])
    return row
  }
  return {
    sources: sourceIds.map((id, index) => found(id, ['sourceIds', String(index)])),
    target: found(targetId, ['targetId']),
  }
}

// A page of a list.
const maxSources = 100
