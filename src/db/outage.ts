/**
 * What keeps the database from doing what it is asked, through no fault of what is asked: it is away, busy, full, takes no
 * writes, or took longer than anybody waits.
 */
export type Outage = {
  kind: 'away' | 'busy' | 'full' | 'read-only' | 'too-slow'
  /** What has happened and what to do, for whoever asked. */
  message: string
  /** When to ask again. */
  retryAfterSeconds: number
}

const outages: Record<Outage['kind'], Outage> = {
  away: {
    kind: 'away',
    message: 'The database does not answer. Try again in a few seconds.',
    retryAfterSeconds: 5,
  },
  busy: {
    kind: 'busy',
    message:
      'The database is busy, and this had to give way: nothing was changed. Try again in a few seconds.',
    retryAfterSeconds: 5,
  },
  full: {
    kind: 'full',
    message:
      'The database cannot write to its disk, which may be full: nothing was changed. What is there can be read; writes work again once there is room.',
    retryAfterSeconds: 60,
  },
  'read-only': {
    kind: 'read-only',
    message:
      'The database takes no writes at present: nothing was changed. What is there can be read. Try again in a minute.',
    retryAfterSeconds: 60,
  },
  'too-slow': {
    kind: 'too-slow',
    message:
      'The database took too long for a part of this and gave it up; of a mutation nothing was changed. Ask for less at once, or try again later.',
    retryAfterSeconds: 30,
  },
}

// SQLSTATE (Appendix A of PostgreSQL's manual), the first that fits.
const bySqlState: [RegExp, Outage['kind']][] = [
  // Read-only transaction, as of a standby or a primary that was demoted.
  [/^25006$/, 'read-only'],
  // Idle in a transaction for too long, or a transaction that was: this process stood still meanwhile.
  [/^25P0[34]$/, 'too-slow'],
  // Cancelled, most often by its time limit.
  [/^57014$/, 'too-slow'],
  // Disk full, or failing.
  [/^(53100|58030)$/, 'full'],
  // Too many connections, out of memory; somebody else's lock; a deadlock, or a conflict, that several tries did not get
  // around.
  [/^(53\w{3}|55P03|40001|40P01)$/, 'busy'],
  // The connection; shutting down, crashed, starting up, dropped, idle for too long.
  [/^(08\w{3}|57P0\d)$/, 'away'],
]
const byPrismaCode: Record<string, Outage['kind']> = {
  P1001: 'away',
  P1002: 'away',
  P1008: 'away',
  P1017: 'away',
  P2024: 'busy',
  // A transaction that was not begun, or not over, in time; what had been done in it is undone.
  P2028: 'too-slow',
  P2034: 'busy',
  P2037: 'busy',
}
const byAdapterKind: Record<string, Outage['kind']> = {
  DatabaseNotReachable: 'away',
  ConnectionClosed: 'away',
  SocketTimeout: 'away',
  TooManyConnections: 'busy',
  TransactionWriteConflict: 'busy',
}
const socketCode = /^(ECONN\w+|EPIPE|ETIMEDOUT|EHOST\w+|ENET\w+|ENOTFOUND|EAI_\w+)$/

/** What is the matter with the database, where an error says that something is, and not with what was asked of it. */
export const outageOf = (error: unknown): Outage | null => {
  if (!(error instanceof Error)) return null
  const { code = '', meta } = error as Error & {
    code?: string
    meta?: { driverAdapterError?: { cause?: AdapterCause } }
  }
  // An error of a transaction's beginning is the adapter's own.
  const cause = meta?.driverAdapterError?.cause ?? (error.cause as AdapterCause | undefined)
  const kind =
    bySqlState.find(([states]) => states.test(cause?.originalCode ?? '') || states.test(code))?.[1] ??
    byAdapterKind[cause?.kind ?? ''] ??
    byPrismaCode[code] ??
    (socketCode.test(code) ? 'away' : undefined)
  return kind ? outages[kind] : null
}

/** Whether an error says that the database fails whatever it is asked, or whatever is to be written, for now. */
export const isOutage = (error: unknown): boolean => {
  const { kind } = outageOf(error) ?? {}
  return kind === 'away' || kind === 'full' || kind === 'read-only'
}

type AdapterCause = { kind?: string; originalCode?: string }
