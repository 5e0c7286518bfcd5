/** A failure of the operator's settings or surroundings: printed as its message alone, without a stack. */
export class OperatorError extends Error {
  readonly exitCode: number

  /** @param exitCode 1 for a failure, 78 (EX_CONFIG of sysexits.h) for wrong settings. */
  constructor(message: string, exitCode = 1, options?: ErrorOptions) {
    super(message, options)
    this.name = 'OperatorError'
    this.exitCode = exitCode
  }
}

export type ErrorCode = 'BAD_USER_INPUT' | 'NOT_FOUND' | 'VERSION_CONFLICT' | 'INVALID_STATE' | 'TAKEN'

/** What a caller must expect of a mutation: a member of its result union, never a top-level error. */
export abstract class ExpectedError extends Error {
  abstract readonly code: ErrorCode
  /** The way to the input at fault, such as `['input', 'slug']`; empty when no single field is. */
  readonly path: string[]

  constructor(message: string, path: string[] = []) {
    super(message)
    this.name = new.target.name
    this.path = path
  }
}

export type ValidationIssue = { message: string; path: string[] }

// More than anybody mends at once; an input may have as many problems as it has bytes.
const maxIssues = 20

const atMost = (issues: ValidationIssue[]): ValidationIssue[] => {
  if (issues.length <= maxIssues) return issues
  const shown = issues.slice(0, maxIssues - 1)
  const message = `There are ${issues.length - shown.length} more problems; mend these first.`
  return [...shown, { message, path: ['input'] }]
}

/** Every problem of an input at once; of more than twenty the last one says how many more there are. */
export class ValidationError extends ExpectedError {
  readonly code = 'BAD_USER_INPUT' as const
  readonly issues: ValidationIssue[]

  constructor(all: ValidationIssue[]) {
    const issues = atMost(all)
    super(issues.map((issue) => issue.message).join(' '), issues[0]?.path ?? [])
    this.issues = issues
  }
}

/** What does not exist, or is not for this caller: both answer the same. */
export class NotFoundError extends ExpectedError {
  readonly code = 'NOT_FOUND' as const
}

/** The state does not allow the action. */
export class InvalidStateError extends ExpectedError {
  readonly code = 'INVALID_STATE' as const
}

/** A slug, a path or a name that another one has. */
export class TakenError extends ExpectedError {
  readonly code = 'TAKEN' as const
}

/** A save that was made from an older version than the current one. */
export class VersionConflictError extends ExpectedError {
  readonly code = 'VERSION_CONFLICT' as const
  readonly currentId: string

  constructor(message: string, currentId: string) {
    super(message, ['input', 'expectedVersion'])
    this.currentId = currentId
  }
}

/** The codes of top-level errors: `extensions.code` of an answer. */
export type RequestErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'BAD_USER_INPUT'
  | 'PAGE_SIZE_EXCEEDED'
  | 'INVALID_CURSOR'
  | 'CURSOR_EXPIRED'
  | 'SERVICE_UNAVAILABLE'

/** A request that cannot be answered as asked: shown to its caller as it is. */
export class RequestError extends Error {
  readonly code: RequestErrorCode

  constructor(code: RequestErrorCode, message: string) {
    super(message)
    this.name = 'RequestError'
    this.code = code
  }
}
