/**
 * Lets the program live when a part of an answer is refused that nobody waits for any longer. Where one item of a list is too
 * much, the executor leaves the other items to themselves, and each that is still being read is refused a moment later: by
 * itself that is a rejection which nobody handles, and would end the process. The caller has the refusal already. Any other
 * one ends the process as before.
 */
export const outliveLateRefusals = (): void => {
  process.on('unhandledRejection', (reason) => {
    const { extensions } = (reason ?? {}) as { extensions?: { code?: unknown } }
    if (extensions?.code !== 'QUERY_TOO_COMPLEX') throw reason
  })
}
