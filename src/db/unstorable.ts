/** The classes of PostgreSQL's refusal of a NUL character: in a text, and in JSON (Appendix A of its manual). */
const codes = ['22021', '22P05']

/** Whether the database refused a text that no PostgreSQL text can be: one with a NUL character. Whoever sent it is at fault. */
export const isUnstorableText = (error: unknown): boolean => {
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: { originalCode?: string } } } }
  return codes.includes(meta?.driverAdapterError?.cause?.originalCode ?? '')
}
