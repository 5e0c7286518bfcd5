/**
 * Failures that the driver has no SQLSTATE for, in a form that Prisma's adapter hands on: it knows an error of a socket by
 * its `syscall` and `errno`, and one of PostgreSQL by its `severity`.
 */
export class ConnectionLostError extends Error {
  readonly code = 'ECONNRESET'
  readonly syscall = 'query'
  readonly errno = -104

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConnectionLostError'
  }
}

/** Ours in the place of PostgreSQL, by one of its codes. */
export class StatementRefusedError extends Error {
  readonly severity = 'ERROR'
  /** too_many_connections or query_canceled (Appendix A of PostgreSQL's manual). */
  readonly code: '53300' | '57014'

  constructor(code: '53300' | '57014', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'StatementRefusedError'
    this.code = code
  }
}
