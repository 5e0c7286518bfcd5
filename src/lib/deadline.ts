/** What `work` comes to, or `late` where that takes longer than `ms`: then it goes on, and nobody is told how it ends. */
export const within = async <T>(ms: number, work: Promise<T>): Promise<T | 'late'> => {
  const { promise: late, resolve } = Promise.withResolvers<'late'>()
  const timer = setTimeout(resolve, ms, 'late')
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
