import { NotFoundError, type ValidationIssue } from '../../lib/errors.ts'
import { issue, type NameInput, nameIssues, refuse, textIssues } from './names.ts'

/** What a caller may say of a term of either kind. Absent leaves alone, null clears. */
export type TermInput = NameInput & { description?: string | null }

/** Every problem of the input. */
export const termIssues = (kind: 'category' | 'tag', input: TermInput): ValidationIssue[] => [
  ...nameIssues(kind, input),
  ...textIssues('description', input.description),
]

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
  kind: 'category' | 'tag',
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
