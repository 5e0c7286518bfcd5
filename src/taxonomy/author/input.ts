import type { ValidationIssue } from '../../lib/errors.ts'
import { textProblem } from '../../lib/text.ts'
import { issue, type NameInput, nameIssues, textIssues } from '../shared/names.ts'

/** What a caller may say of an author. Absent leaves alone, null clears. */
export type AuthorInput = NameInput & {
  bio?: string | null
  websiteUrl?: string | null
  avatarUrl?: string | null
}

/** Every problem of the input. */
export const authorIssues = (input: AuthorInput): ValidationIssue[] => [
  ...nameIssues('author', input),
  ...textIssues('bio', input.bio),
  ...urlIssues('websiteUrl', input.websiteUrl),
  ...urlIssues('avatarUrl', input.avatarUrl),
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
