import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * For whom a statement is run: a caller of the API, who waits and may go away, or nobody, which is background work. It is
 * known here alone, so that no domain need hand it on; it decides how long a statement may take and when it is given up.
 */
const callers = new AsyncLocalStorage<AbortSignal | null>()

/** Runs work for a caller: once the signal says that the caller has gone its statements are cancelled. */
export const forCaller = <T>(gone: AbortSignal, work: () => T): T => callers.run(gone, work)

/** Runs work that a caller began and that has to be done all the same: it is nobody's. */
export const forNobody = <T>(work: () => T): T => callers.run(null, work)

/** The signal of the caller for whom this runs; null for background work. */
export const callerHere = (): AbortSignal | null => callers.getStore() ?? null
