import type { ImportFinding } from './entry.ts'

/** What became of one entry of a source. */
export type Stored = {
  /** Null for what is not a post: only posts are counted. */
  result: 'created' | 'changed' | 'unchanged' | 'skipped' | null
  /** Who could notice a difference: nobody, those with a key, or everyone. */
  touched: 'nothing' | 'private' | 'public'
  /** Whether readers see the post, or saw it until now: only those are counted for everybody. */
  isPublic?: boolean
  findings: ImportFinding[]
}

/** Keeps an entry out, and says why. */
export class Refused extends Error {
  override name = 'Refused'
  readonly findings: ImportFinding[]

  constructor(findings: ImportFinding[]) {
    super(findings.map(({ message }) => message).join(' '))
    this.findings = findings
  }
}

/** An error: what is named did not go in. */
export const problem = (file: string, rule: string, message: string, action: string): ImportFinding => ({
  file,
  line: null,
  rule,
  message,
  action,
  severity: 'error',
})

/** A warning: what is named went in all the same. */
export const notice = (file: string, rule: string, message: string, action: string): ImportFinding => ({
  ...problem(file, rule, message, action),
  severity: 'warning',
})
