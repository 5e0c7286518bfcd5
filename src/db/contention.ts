// PostgreSQL's serialization_failure and deadlock_detected (Appendix A of its manual): its rule for both is to try again.
const sqlStates = new Set(['40001', '40P01'])
// Prisma's name for both, where the statement was its own.
const prismaCode = 'P2034'

/** Whether the database ended a transaction only because it and another one stood in each other's way. */
export const isContention = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { code, meta } = error as Error & {
    code?: string
    meta?: { driverAdapterError?: { cause?: { originalCode?: string } } }
  }
  return code === prismaCode || sqlStates.has(meta?.driverAdapterError?.cause?.originalCode ?? '')
}
