// Prisma's codes for a server that is away, too slow to connect to, or out of connections.
const prismaCodes = new Set(['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028'])
const adapterKinds = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
])
// PostgreSQL's own: class 08 is a connection exception; it is shutting down, crashing or starting up.
const sqlStates = /^(08\w{3}|57P0[123])$/
// pg's pool, when every connection is at work for longer than `connectionTimeoutMillis`; it has no code.
const poolTimeout = 'timeout exceeded when trying to connect'
const socketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])

/** Whether an error says that the database is away, as against something being wrong with the statement. */
export const isOutage = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { code, meta } = error as Error & {
    code?: string
    meta?: { driverAdapterError?: { cause?: AdapterCause } }
  }
  const cause = meta?.driverAdapterError?.cause
  return (
    error.message.includes(poolTimeout) ||
    (code !== undefined && (prismaCodes.has(code) || sqlStates.test(code) || socketCodes.has(code))) ||
    (cause?.kind !== undefined && adapterKinds.has(cause.kind)) ||
    (cause?.originalCode !== undefined && sqlStates.test(cause.originalCode))
  )
}

type AdapterCause = { kind?: string; originalCode?: string }
